"""The zip: the same from the same, small, whole, and good by itself."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ops.package.build import LARGEST, build
from ops.package.bytecode import runtime_python
from ops.package.check import check
from ops.package.selection import PackageError, Rule, select
from tests.infra.conftest import PACKAGES

CONTENT = {
    "sdk/__init__.py": b"from sdk.used import Used\nfrom sdk.unused import Unused\n",
    "sdk/used.py": b"",
    "sdk/unused.py": b"",
}


def test_the_same_inputs_give_the_same_bytes(function_zip: Path, tmp_path: Path) -> None:
    again = build(PACKAGES, tmp_path / "again.zip")
    assert again.zip_file.read_bytes() == function_zip.read_bytes()


def test_it_is_small(function_zip: Path) -> None:
    assert function_zip.stat().st_size <= LARGEST == 6_000_000


def test_handler_is_its_root_and_licences_are_kept(function_zip: Path) -> None:
    with zipfile.ZipFile(function_zip) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
    assert {"index.py", "quota_invoice/__init__.py", "LICENSE", "manifest.json"} <= names
    assert manifest["files"] == len(names)
    assert not [name for name in names if name.startswith(("local/", "ops/", "tests/"))]
    for package in manifest["packages"]:
        assert package["version"]
        assert package["licence"]
    licensed = {name.partition("-")[0] for name in names if "dist-info/" in name}
    assert {"pillow", "certifi", "requests", "huaweicloudsdkocr"} <= licensed
    assert json.loads(function_zip.with_suffix(".json").read_bytes()) == manifest


def test_byte_code_is_not_checked_against_time_stamps(function_zip: Path) -> None:
    if runtime_python() is None:
        pytest.skip("there is no Python of the runtime's version here")
    with zipfile.ZipFile(function_zip) as archive:
        modules = [name for name in archive.namelist() if name.endswith(".py")]
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        flags = {archive.read(name)[4:8] for name in compiled}
    assert len(compiled) == len(modules)
    assert flags == {b"\x01\x00\x00\x00"}  # hash-based, unchecked


@pytest.mark.timeout(400)
def test_it_works_with_nothing_else_on_the_path(function_zip: Path) -> None:
    found = check(function_zip)
    assert len(found.paths) >= 6


def test_imports_of_what_is_left_out_go_with_it() -> None:
    rule = Rule("unused", ("sdk/*.py",), ("sdk/used.py", "sdk/__init__.py"), ("sdk/__init__.py",))
    selection = select(CONTENT, [rule])
    assert selection.content == {
        "sdk/__init__.py": b"from sdk.used import Used\n",
        "sdk/used.py": b"",
    }
    assert selection.left_out == {"unused": (1, 0)}
    assert selection.trimmed == {"sdk/__init__.py": 1}


def test_a_rule_that_means_nothing_any_more_is_an_error() -> None:
    with pytest.raises(PackageError, match="gone"):
        select(CONTENT, [Rule("old", ("sdk/gone.py",))])
