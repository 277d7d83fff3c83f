"""Builds ``function.zip`` and its manifest from ``handler/`` and the packages."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.package.archive import as_json, read_tree, write_tree, write_zip
from ops.package.authorities import by_subject
from ops.package.bytecode import RUNTIME, compile_tree, runtime_python
from ops.package.packages import Package, read_packages
from ops.package.selection import Selection, read_rules, select
from ops.package.stand_ins import place, read_stand_ins
from ops.stage import ROOT
from quota_invoice.invoice.expiry_rules import Table, parse_table
from quota_invoice.sockets import AUTHORITIES

# Bytes of the zip, which a cold start downloads and extracts. The library that counts the pages of
# PDFs has 0.8 MB of them.
LARGEST = 9 * 1000 * 1000
_MANIFEST = "manifest.json"
_AUTHORITIES = "certifi/cacert.pem"
_LAST_DAYS = "quota_invoice/invoice/expiry.yaml"


@dataclass(frozen=True)
class BuildResult:
    """The zip and its properties.

    Attributes:
        zip_file: the zip.
        manifest: its content, which is also ``manifest.json`` in the zip, and the files left out.
        bytes: the size of the zip.
        sha256: the digest of the zip.
    """

    zip_file: Path
    manifest: dict[str, Any]
    bytes: int
    sha256: str


def build(packages: Path, zip_file: Path, python: str | None = None) -> BuildResult:
    """Build the zip.

    Args:
        packages: the folder of the installed, pinned packages.
        zip_file: the path of the zip; the manifest is written beside it, as ``.json``.
        python: an interpreter of the runtime's version; None to search for one.

    Raises:
        OpsError: the rules or stand-ins do not match the packages, ``expiry.yaml`` has a wrong
            line, or the zip is too large.
    """
    interpreter = runtime_python(python)
    installed = read_packages(packages)
    selection = select(_merged(installed), read_rules())
    own = _own_files()
    _require_usable(parse_table(own[_LAST_DAYS].decode("utf-8-sig", "replace")))
    place(selection, read_stand_ins())
    _add_authorities(selection.content)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        write_tree(tree, {**selection.content, **own})
        if interpreter:
            compile_tree(interpreter, tree)
        content = read_tree(tree)
    manifest = _manifest(installed, selection, content, own, compiled=bool(interpreter))
    content[_MANIFEST] = as_json(manifest)
    manifest["left_out"] = _left_out(selection)
    write_zip(zip_file, content)
    size = zip_file.stat().st_size
    if size > LARGEST:
        raise OpsError(f"{zip_file} has {size:,} bytes, more than {LARGEST:,}")
    zip_file.with_suffix(".json").write_bytes(as_json(manifest))
    digest = hashlib.sha256(zip_file.read_bytes()).hexdigest()
    return BuildResult(zip_file, manifest, size, digest)


def _merged(installed: list[Package]) -> dict[str, bytes]:
    """Merge the packages into one tree, as their installation does."""
    merged: dict[str, bytes] = {}
    for package in installed:
        if twice := merged.keys() & package.files.keys():
            raise OpsError(f"{package.name} overwrites {min(twice)} of another package")
        merged.update(package.files)
    return merged


def _add_authorities(content: dict[str, bytes]) -> None:
    """Add the certificate authorities as a folder, beside the file of all of them."""
    folder = _AUTHORITIES.replace("cacert.pem", AUTHORITIES)
    files = by_subject(content[_AUTHORITIES].decode("utf-8"))
    content.update({f"{folder}/{name}": data for name, data in files.items()})


def _own_files() -> dict[str, bytes]:
    """Read the content of ``handler/``, and the licence."""
    files = read_tree(ROOT / "handler")
    own = {name: data for name, data in files.items() if "__pycache__" not in name}
    return {**own, "LICENSE": (ROOT / "LICENSE").read_bytes()}


def _require_usable(table: Table) -> None:
    """Refuse a table of last days with a line that no invoice would ever meet."""
    if table.unusable:
        lines = "; ".join(table.unusable)
        raise OpsError(
            f"handler/{_LAST_DAYS}: not a full name of a province or city and its last day, such "
            f"as 广东省: 2025-06-30: {lines}"
        )


def _manifest(
    installed: list[Package],
    selection: Selection,
    content: dict[str, bytes],
    own: dict[str, bytes],
    *,
    compiled: bool,
) -> dict[str, Any]:
    """Return the content of the zip: names, versions, licences, sizes before compression."""
    return {
        "python": RUNTIME,
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
        "trimmed": [
            {"file": name, "imports_removed": count} for name, count in selection.trimmed.items()
        ],
    }


def _left_out(selection: Selection) -> list[dict[str, Any]]:
    """Return the number and the size of the files that the zip does not contain, by reason.

    They are not in the zip's own manifest. Each build of a package writes some of these files anew,
    for example with the version of its build tool, and the zip must have the same bytes again.
    """
    return [
        {"why": why, "files": files, "bytes": size}
        for why, (files, size) in selection.left_out.items()
    ]
