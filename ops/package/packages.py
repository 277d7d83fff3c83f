"""Reads the function's installed packages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from ops.errors import OpsError


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes:
        name: the name in its metadata.
        version: the version in its metadata.
        licence: the licence in its metadata; empty if they have none.
        files: its files by path, without files that installers generate.
    """

    name: str
    version: str
    licence: str
    files: dict[str, bytes]


def read_packages(folder: Path) -> list[Package]:
    """Read every package below a folder, sorted by name.

    Raises:
        OpsError: the folder has no packages.
    """
    found = [_read(info) for info in folder.glob("*.dist-info")]
    if not found:
        raise OpsError(f"{folder} holds no packages; `make package` installs them")
    return sorted(found, key=lambda package: package.name.lower())


def _read(info: Path) -> Package:
    headers = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
    files = {}
    with (info / "RECORD").open(encoding="utf-8", newline="") as lines:
        for name, *_ in csv.reader(lines):
            inside = not name.startswith(("..", "/"))  # its programs are installed outside
            if inside and "__pycache__" not in name:
                files[name] = (info.parent / name).read_bytes()
    licence = headers["License-Expression"] or headers["License"] or ""
    return Package(headers["Name"], headers["Version"], licence.strip(), files)
