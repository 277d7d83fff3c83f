"""Starts once: ``python -I -S start.py TREE MODULE``, in a fresh process of the runtime's Python.

It imports a module from a tree, and calls its initializer if it has one. The last line of the
output is a JSON array: milliseconds, those of the CPU with the interpreter's own, peak MB.
"""

import resource
import sys
import time

HIGHEST = "VmHWM:"  # pathlib would be imported before the clock starts


class Context:
    """The platform's context: what an initializer asks for."""

    # ruff: noqa: N802, D102 - the platform's names, and its documentation

    def getRequestID(self) -> str:
        return "bench"

    def getUserData(self, key: str) -> "str | None":
        return {"BUCKET": "invoices"}.get(key)

    def getProjectID(self) -> str:
        return "0" * 32

    def getMemorySize(self) -> int:
        return 1024

    def getSecurityAccessKey(self) -> str:
        return "AK"

    def getSecuritySecretKey(self) -> str:
        return "SK"

    def getSecurityToken(self) -> str:
        return "ST"


def start(tree: str, name: str) -> None:
    """Import the module, call its initializer, and write the figures."""
    started = time.perf_counter()
    sys.path.insert(0, tree)
    module = __import__(name)
    if hasattr(module, "initializer"):
        module.initializer(Context())
    seconds = time.perf_counter() - started
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - see HIGHEST
            peak = next(int(line.split()[1]) for line in status if line.startswith(HIGHEST)) / 1024
    except OSError:  # not on Linux, where the other figure would be that of the parent process
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"\n[{seconds * 1000:.2f}, {time.process_time() * 1000:.2f}, {peak:.2f}]\n")


if __name__ == "__main__":
    start(sys.argv[1], sys.argv[2])
