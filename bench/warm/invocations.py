"""Runs invocations of the extracted zip: ``python -I -S invocations.py TREE PROBE``.

PROBE is the folder of ``ops/package/probe.py``, whose context it takes. Standard input is that of
the probe, with ``each``, the number of deliveries of each event, and ``memory_after``, numbers of
events after which the memory is read. The last line of the output is a JSON array with an object
for each invocation: its result, milliseconds of its own, threads started, MB where asked for.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
from array import array
from typing import Any

_threads = 0


def _count_threads() -> None:
    start = threading.Thread.start

    def counted(thread: threading.Thread) -> None:
        global _threads  # noqa: PLW0603 - one process counts one series
        _threads += 1
        start(thread)

    threading.Thread.start = counted  # type: ignore[assignment,method-assign] # it counts


def _resident_mb() -> float:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - as start.py's
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def main(tree: str, probe: str) -> None:
    """Start the function, deliver the events, and write the figures."""
    request = json.load(sys.stdin)
    sys.path.insert(0, probe)
    context = importlib.import_module("probe").Context(request)
    sys.path[0] = tree
    index: Any = importlib.import_module("index")
    index.initializer(context)
    watches: list[Any] = []
    made = index.Stopwatch

    def stopwatch() -> Any:  # noqa: ANN401 - the function's
        watches.append(made())
        return watches[-1]

    index.Stopwatch = stopwatch
    _count_threads()
    count = len(request["events"]) * request["each"]
    # Made before the first one, so that the figures themselves do not add to the memory.
    results, own, threads = [""] * count, array("d", [0.0] * count), array("i", [0] * count)
    memory: dict[int, float] = {}
    for number in range(count):
        before = _threads
        try:
            [results[number]] = index.handler(request["events"][number // request["each"]], context)
        except Exception as error:  # noqa: BLE001 - a server may be late; the others count
            results[number] = type(error).__name__
        own[number] = watches.pop().by_name()["own"] * 1000
        threads[number] = _threads - before
        if (number + 1) / request["each"] in request["memory_after"]:
            memory[number] = _resident_mb()
    figures = [
        {"result": result, "own_ms": ms, "threads": started}
        for result, ms, started in zip(results, own, threads, strict=True)
    ]
    for number, megabytes in memory.items():
        figures[number]["mb"] = megabytes
    sys.stdout.write("\n" + json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
