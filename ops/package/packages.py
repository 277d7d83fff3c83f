"""The function's packages, as the install step left them in a folder of their own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from ops.package.selection import PackageError


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes:
        name: as its metadata say.
        version: likewise.
        licence: likewise; empty if they say nothing.
        files: its content by path, without what installers make.
    """

    name: str
    version: str
    licence: str
    files: dict[str, bytes]


def read_packages(folder: Path) -> list[Package]:
    """Read every package below a folder, sorted by name.

    Raises:
        PackageError: there is none.
    """
    found = [_read(info) for info in folder.glob("*.dist-info")]
    if not found:
        raise PackageError(f"{folder} holds no packages; `make package` installs them")
    return sorted(found, key=lambda package: package.name.lower())


def _read(info: Path) -> Package:
    headers = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
    files = {}
    with (info / "RECORD").open(encoding="utf-8", newline="") as lines:
        for name, *_ in csv.reader(lines):
            inside = not name.startswith(("..", "/"))  # what lies outside are its programs
            if inside and "__pycache__" not in name:
                files[name] = (info.parent / name).read_bytes()
    licence = headers["License-Expression"] or headers["License"] or ""
    return Package(headers["Name"], headers["Version"], licence.strip(), files)
