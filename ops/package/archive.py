"""Makes the zip: what it holds, in which order and with which dates depends on the inputs alone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows
_MODES = {True: 0o755, False: 0o644}


def write_tree(tree: Path, content: Mapping[str, bytes]) -> None:
    """Write files into an empty folder."""
    for name, data in content.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_tree(tree: Path) -> dict[str, bytes]:
    """Read all files below a folder, sorted by path."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in paths}


def write_zip(target: Path, content: Mapping[str, bytes]) -> None:
    """Write a zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # Unix, whose modes these are
            entry.external_attr = (0o100000 | _MODES[".so" in name]) << 16
            archive.writestr(entry, content[name], zipfile.ZIP_DEFLATED, 9)


def as_json(document: Mapping[str, Any]) -> bytes:
    """Give a document as bytes, for reading by people too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
