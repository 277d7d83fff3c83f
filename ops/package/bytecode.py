"""Byte-code for the runtime's Python, which stays valid wherever the zip is extracted.

Time stamps change when a zip is unpacked, and byte-code that is checked against them would be made
anew at every cold start: it is told not to look.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.package.selection import PackageError

RUNTIME = (3, 12)  # as template.yaml has it: a test compares them
_SECONDS = 300
_COMPILE = """
import compileall, py_compile, sys
sys.exit(not compileall.compile_dir(
    sys.argv[1], maxlevels=99, quiet=1, force=True, stripdir=sys.argv[1],
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH))
"""


def runtime_python(named: str | None = None) -> Path | None:
    """Find a Python of the runtime's version: the one named, on the PATH, or pyenv's.

    Returns:
        Its path; None if there is none on this machine.

    Raises:
        PackageError: the one named is of another version.
    """
    if named:
        path = Path(shutil.which(named) or named)
        if _version(path) != RUNTIME:
            raise PackageError(f"{named} is not Python {_dotted()}")
        return path
    return next((path for path in _candidates() if _version(path) == RUNTIME), None)


def compile_tree(python: Path, tree: Path) -> None:
    """Put byte-code beside every module of a tree.

    Raises:
        PackageError: a module cannot be compiled.
    """
    # Sets of constants are written in the order of their hashes.
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": "0"}
    done = subprocess.run(  # noqa: S603 - the Python that was found
        [python, "-S", "-s", "-W", "ignore", "-c", _COMPILE, tree],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise PackageError(f"no byte-code: {(done.stdout + done.stderr).strip()[-500:]}")


def _candidates() -> Iterator[Path]:
    name = f"python{_dotted()}"
    found = shutil.which(name)
    if found:
        yield Path(found)
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    # Version managers keep each beside the others, such as the one that runs this.
    for folder in (versions, Path(sys.base_prefix).parent):
        yield from sorted(folder.glob(f"*{_dotted()}*/bin/{name}"))


def _version(path: Path) -> tuple[int, int] | None:
    """Ask an interpreter for its version; one that does not run, such as pyenv's shim, has none."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603 - a Python that was found
            [path, "-I", "-S", "-c", code],
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except OSError:
        return None
    found = re.fullmatch(r"(\d+)\.(\d+)\s*", done.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _dotted() -> str:
    return ".".join(map(str, RUNTIME))
