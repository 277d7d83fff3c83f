"""The zip is reproducible, small and complete, and works in isolation."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.errors import OpsError
from ops.package.__main__ import app
from ops.package.build import LARGEST, build
from ops.package.bytecode import runtime_python
from ops.package.check import check
from ops.package.selection import Rule, select
from tests.support.paths import ROOT
from tests.support.repository.package import PACKAGES, extracted_once

COLD_START = ROOT / "bench" / "cold" / "start.py"
CONTENT = {
    "sdk/__init__.py": b"from sdk.used import Used\nfrom sdk.unused import Unused\n",
    "sdk/used.py": b"",
    "sdk/unused.py": b"",
}


def test_the_same_packages_give_the_same_bytes_with_any_build_tools(
    function_zip: Path, tmp_path: Path
) -> None:
    packages = tmp_path / "packages"
    shutil.copytree(PACKAGES, packages, copy_function=os.symlink)
    [wheel] = packages.glob("crcmod-*.dist-info/WHEEL")
    text = wheel.read_text().replace("setuptools (", "setuptools (1000")
    assert text != wheel.read_text()
    wheel.unlink()
    wheel.write_text(text)
    again = build(packages, tmp_path / "again.zip")
    assert again.zip_file.read_bytes() == function_zip.read_bytes()


def test_it_is_small(function_zip: Path) -> None:
    assert function_zip.stat().st_size <= LARGEST == 9_000_000


def test_the_handler_is_the_root_and_licences_are_included(function_zip: Path) -> None:
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
    beside = json.loads(function_zip.with_suffix(".json").read_bytes())
    assert beside == {**manifest, "left_out": beside["left_out"]}


def test_byte_code_is_valid_without_a_check_of_time_stamps(function_zip: Path) -> None:
    if runtime_python() is None:
        pytest.skip("this machine has no Python of the runtime's version")
    with zipfile.ZipFile(function_zip) as archive:
        modules = [name for name in archive.namelist() if name.endswith(".py")]
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        flags = {archive.read(name)[4:8] for name in compiled}
    assert len(compiled) == len(modules)
    assert flags == {b"\x01\x00\x00\x00"}  # hash-based, unchecked


@pytest.mark.exhaustive
@pytest.mark.timeout(400)
def test_it_works_in_isolation(function_zip: Path, reads_once: tuple[str, ...]) -> None:
    found = check(function_zip, ocr=reads_once)
    assert {path.partition(",")[0] for path in found.paths} >= {
        "read by its URL",
        "a PDF of two pages",
        "a PDF encrypted by RC4-128",
        "a PDF encrypted by AES-256",
        "not an image",
        "found by a sweep",
    }


def test_the_zip_has_all_that_the_function_imports(run_folder: Path) -> None:
    """A start does not run the imports inside functions."""
    python = runtime_python()
    if python is None or not PACKAGES.exists():
        pytest.skip("this machine has no Python of the runtime's version, or not the packages")
    trees = [ast.parse(file.read_bytes()) for file in (ROOT / "handler").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {ast.unparse(node) for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))}
    imports = sorted(found - {"from __future__ import annotations"})
    assert "from quota_invoice.pipeline import Pipeline" in imports
    program = "\n".join(["import sys", "sys.path.insert(0, sys.argv[1])", *imports])
    tree = extracted_once(run_folder)
    subprocess.run([python, "-I", "-S", "-B", "-c", program, tree], check=True)  # noqa: S603 - its own imports


def test_a_start_leaves_no_file_in_the_home_folder(function_zip: Path, tmp_path: Path) -> None:
    """The OCR SDK would keep an id there, for its own User-Agent."""
    tree, home = tmp_path / "function", tmp_path / "home"
    home.mkdir()
    with zipfile.ZipFile(function_zip) as archive:
        archive.extractall(tree)
    command = [sys.executable, "-I", "-S", "-B", str(COLD_START), str(tree), "index"]
    environment = {"PATH": os.defpath, "HOME": str(home)}
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - the program above
    assert b'"step": "start"' in done.stdout
    assert list(home.iterdir()) == []


def test_imports_of_left_out_files_are_removed() -> None:
    rule = Rule("unused", ("sdk/*.py",), ("sdk/used.py", "sdk/__init__.py"), ("sdk/__init__.py",))
    selection = select(CONTENT, [rule])
    assert selection.content == {
        "sdk/__init__.py": b"from sdk.used import Used\n",
        "sdk/used.py": b"",
    }
    assert selection.left_out == {"unused": (1, 0)}
    assert selection.trimmed == {"sdk/__init__.py": 1}


def test_a_pattern_without_a_match_is_an_error() -> None:
    with pytest.raises(OpsError, match="gone"):
        select(CONTENT, [Rule("old", ("sdk/gone.py",))])


@pytest.mark.exhaustive
def test_a_machine_without_the_runtimes_python_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PATH", "PYENV_ROOT"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "versions" / "3.11"))
    zip_file = tmp_path / "function.zip"
    done = CliRunner().invoke(app, ["build", "--packages", str(PACKAGES), "--zip", str(zip_file)])
    assert done.exit_code == 0, done.output
    [line] = [line for line in done.output.splitlines() if line.startswith("warning:")]
    assert "there is no Python 3.12 on this machine, so the zip has no byte-code" in line
    assert "make package RUNTIME_PYTHON=…" in line
    assert not any(name.endswith(".pyc") for name in zipfile.ZipFile(zip_file).namelist())
