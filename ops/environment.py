"""``python -m ops.environment FOLDER``: make the project's Python environment, or find it.

It runs before any package is installed. An environment in use is not emptied: packages are brought
up to date where they are, since processes may run on them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

_MARK = ".quota-invoice-ocr"  # in each folder that this program makes, from the beginning
_READY = ".ready"  # holds the project's folder; written when all packages are installed


def prepare(folder: Path, project: Path) -> str:
    """Make the environment, unless the folder is the one of this project already.

    A copied or moved project contains the environment of its former folder, whose programs hold
    the former path: it is made anew, as is one whose Python does not start.

    Returns:
        The reason why the folder cannot be used; empty if it can.
    """
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file"
    if folder.is_dir() and any(folder.iterdir()):
        if not _is_ours(folder):
            return f"{folder} is not an environment of this project; name another folder: VENV=…"
        other = _other_project(folder, project)
        if other and project not in folder.resolve().parents:
            return f"{folder} is the environment of {other}; name another folder: VENV=…"
        if not other and _starts(folder):
            return ""
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    venv.create(folder, with_pip=True, symlinks=True)
    return ""


def _is_ours(folder: Path) -> bool:
    former = (folder / _READY).is_file() and (folder / "pyvenv.cfg").is_file()  # without a mark
    return former or (folder / _MARK).is_file()


def _other_project(folder: Path, project: Path) -> str:
    """Return the folder of the project that the environment serves, if it is another."""
    ready = folder / _READY
    served = ready.read_text(encoding="utf-8").strip() if ready.is_file() else ""
    return "" if served == str(project) else served


def _starts(folder: Path) -> bool:
    command = [str(folder / "bin" / "python"), "-c", "import pip"]
    try:
        return not subprocess.run(command, check=False, capture_output=True).returncode  # noqa: S603 - as made above
    except OSError:
        return False


def main(folder: str) -> str:
    """Prepare a folder; return an error message, or an empty text."""
    try:
        problem = prepare(Path(folder), Path.cwd())
    except (OSError, subprocess.CalledProcessError) as error:
        problem = f"{folder} cannot be made a Python environment: {error}"
    return problem and f"error: {problem}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]) or 0)
    except KeyboardInterrupt:
        sys.exit("stopped; the same command continues")
