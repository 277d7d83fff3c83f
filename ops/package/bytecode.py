"""Compiles byte-code for the runtime's Python that stays valid after the zip is extracted.

Extraction changes time stamps, and Python would recompile byte-code that is checked against them at
every cold start: the byte-code is compiled without this check.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.errors import OpsError

RUNTIME = "3.12"  # a test compares it with template.yaml
_SECONDS = 300
_COMPILE = """
import compileall, py_compile, sys
sys.exit(not compileall.compile_dir(
    sys.argv[1], maxlevels=99, quiet=1, force=True, stripdir=sys.argv[1],
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH))
"""


def runtime_python(named: str | None = None) -> Path | None:
    """Find a Python of the runtime's version: the named one, on the PATH, or installed by pyenv.

    Returns:
        Its path; None if this machine has none.

    Raises:
        OpsError: the named one has another version.
    """
    if named:
        path = Path(shutil.which(named) or named)
        if _version(path) != RUNTIME:
            raise OpsError(f"{named} is not Python {RUNTIME}")
        return path
    return next((path for path in _candidates() if _version(path) == RUNTIME), None)


def compile_tree(python: Path, tree: Path) -> None:
    """Compile every module of a tree; the byte-code is written beside it.

    Raises:
        OpsError: a module cannot be compiled.
    """
    # Byte-code contains sets in hash order: the seed makes it reproducible.
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": "0"}
    completed = subprocess.run(  # noqa: S603 - the Python that was found
        [python, "-S", "-s", "-W", "ignore", "-c", _COMPILE, tree],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=_SECONDS,
    )
    if completed.returncode:
        raise OpsError(f"no byte-code: {(completed.stdout + completed.stderr).strip()[-500:]}")


def _candidates() -> Iterator[Path]:
    name = f"python{RUNTIME}"
    found = shutil.which(name)
    if found:
        yield Path(found)
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    # Version managers install each version beside the others.
    for folder in (versions, Path(sys.base_prefix).parent):
        yield from sorted(folder.glob(f"*{RUNTIME}*/bin/{name}"))


def _version(path: Path) -> str:
    """Return the version of an interpreter; empty if it does not run, such as pyenv's shim."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        completed = subprocess.run(  # noqa: S603 - a Python that was found
            [path, "-I", "-S", "-c", code],
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except OSError:
        return ""
    return completed.stdout.strip()
