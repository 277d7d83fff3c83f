"""Makes ``function.zip`` and its manifest from ``handler/`` and the packages."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.package.archive import as_json, read_tree, write_tree, write_zip
from ops.package.bytecode import RUNTIME, compile_tree, runtime_python
from ops.package.packages import Package, read_packages
from ops.package.selection import PackageError, Selection, read_rules, select

ROOT = Path(__file__).parents[2]
LARGEST = 6 * 1000 * 1000  # bytes of the zip
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BuildResult:
    """What was made.

    Attributes:
        zip_file: the zip.
        manifest: what is in it, and what is not; also ``manifest.json`` in the zip.
        bytes: the zip's size.
        sha256: of the zip.
    """

    zip_file: Path
    manifest: dict[str, Any]
    bytes: int
    sha256: str


def build(packages: Path, zip_file: Path, python: str | None = None) -> BuildResult:
    """Make the zip.

    Args:
        packages: folder into which the pinned packages were installed.
        zip_file: where to; the manifest goes beside it, as ``.json``.
        python: an interpreter of the runtime's version, if it should not be looked for.

    Raises:
        PackageError: packages and rules do not fit, or the zip is too large.
    """
    interpreter = runtime_python(python)
    installed = read_packages(packages)
    selection = select(_merged(installed), read_rules())
    own = _own_files()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        write_tree(tree, {**selection.content, **own})
        if interpreter:
            compile_tree(interpreter, tree)
        content = read_tree(tree)
    manifest = _manifest(installed, selection, content, own, compiled=bool(interpreter))
    content[MANIFEST] = as_json(manifest)
    write_zip(zip_file, content)
    size = zip_file.stat().st_size
    if size > LARGEST:
        raise PackageError(f"{zip_file} has {size:,} bytes, more than {LARGEST:,}")
    zip_file.with_suffix(".json").write_bytes(content[MANIFEST])
    digest = hashlib.sha256(zip_file.read_bytes()).hexdigest()
    return BuildResult(zip_file, manifest, size, digest)


def _merged(installed: list[Package]) -> dict[str, bytes]:
    """Put the packages into one tree, as their installation does."""
    merged: dict[str, bytes] = {}
    for package in installed:
        if twice := merged.keys() & package.files.keys():
            raise PackageError(f"{package.name} overwrites {min(twice)} of another package")
        merged.update(package.files)
    return merged


def _own_files() -> dict[str, bytes]:
    """Read what is ours: the content of ``handler/``, and the licence."""
    files = read_tree(ROOT / "handler")
    own = {name: data for name, data in files.items() if "__pycache__" not in name}
    return {**own, "LICENSE": (ROOT / "LICENSE").read_bytes()}


def _manifest(
    installed: list[Package],
    selection: Selection,
    content: dict[str, bytes],
    own: dict[str, bytes],
    *,
    compiled: bool,
) -> dict[str, Any]:
    """Say what is in the zip: names, versions, licences, sizes before compression."""
    python = ".".join(map(str, RUNTIME))
    return {
        "python": python,
        "byte_code": compiled,
        "files": len(content) + 1,
        "bytes": sum(map(len, content.values())),
        "function": {"files": len(own), "bytes": sum(map(len, own.values()))},
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "licence": package.licence,
                "files": len(kept := package.files.keys() & content.keys()),
                "bytes": sum(len(content[name]) for name in kept),
            }
            for package in installed
        ],
        "left_out": [
            {"why": why, "files": files, "bytes": size}
            for why, (files, size) in selection.left_out.items()
        ],
        "trimmed": [
            {"file": name, "imports_removed": count} for name, count in selection.trimmed.items()
        ],
    }
