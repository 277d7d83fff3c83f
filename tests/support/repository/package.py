"""The function's zip, which the first process of a run that needs it makes."""

from __future__ import annotations

import fcntl
import sys
import zipfile
from pathlib import Path

from ops.package.build import build

PACKAGES = Path(sys.prefix) / "function"
"""The function's packages; absent if `make test` has not installed them."""


def built_once(run_folder: Path) -> Path:
    """Return the zip."""
    zip_file = run_folder / "function.zip"
    with (run_folder / "function.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return zip_file if zip_file.exists() else build(PACKAGES, zip_file).zip_file


def extracted_once(run_folder: Path) -> Path:
    """Return the folder of the extracted zip; its valid byte-code is not written again."""
    zip_file, folder = built_once(run_folder), run_folder / "function"
    with (run_folder / "function.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with zipfile.ZipFile(zip_file) as archive:
                archive.extractall(folder)
    return folder
