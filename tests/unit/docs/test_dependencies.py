"""The table of dependencies has each package that the project names or imports."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT
from tests.support.repository.imports import PACKAGES
from tests.support.repository.pages import table_below, text_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

TEXT = text_of("docs/dependencies.md")
ROWS = {row[0].strip("`"): row for row in table_below(TEXT, "Package")}
BROUGHT = {row[0].strip("`"): row for row in table_below(TEXT, "Imported package")}
INDIRECT = {name: row[1].strip("`") for name, row in BROUGHT.items()}
FUNCTION = "function"
# Of the packages whose licence names the files in them as well, or has no name of SPDX.
WITH_PARTS = re.compile(r"^([^,]+), with .+$")


def names(requirements: list[str]) -> set[str]:
    return {Requirement(line.partition(" #")[0]).name for line in requirements}


def named() -> dict[str, set[str]]:
    """The extras by package, from the files that the installer reads."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "handler" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    extras = {
        **project["optional-dependencies"],
        FUNCTION: [line for line in lines if line and not line.startswith("#")],
    }
    assert project["dependencies"] == []
    found: dict[str, set[str]] = {}
    for extra, requirements in extras.items():
        for name in names(requirements):
            found.setdefault(name, set()).add(extra)
    return found


def test_each_package_is_in_the_table_with_its_extras() -> None:
    assert {name: set(row[1].split(", ")) for name, row in ROWS.items()} == named()
    assert all(len(row) == 4 and all(row) for row in ROWS.values())


def test_each_package_that_is_imported_is_in_a_table() -> None:
    distributions = importlib.metadata.packages_distributions()
    wanted = {
        distribution
        for module in imported()
        for distribution in distributions.get(module, [])
        if distribution != "quota-invoice-ocr"
    }
    known = {canonicalize_name(name) for name in (*ROWS, *INDIRECT)}
    assert len(wanted) > 20
    assert sorted(name for name in wanted if canonicalize_name(name) not in known) == []


def imported() -> set[str]:
    """The top-level names of all absolute imports in the project's packages."""
    found: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {each.name.partition(".")[0] for each in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add((node.module or "").partition(".")[0])
    return found - set(sys.stdlib_module_names)


def test_a_package_that_comes_with_another_is_required_by_it() -> None:
    brought = {name for name, bringer in INDIRECT.items() if name in required_by(bringer)}
    of_newer_pythons = {"grpcio"}  # of the stand-in, which has no release for Python 3.10
    assert brought >= set(INDIRECT) - of_newer_pythons


def required_by(package: str) -> set[str]:
    """The packages that an installed package requires; none if it is not installed."""
    try:
        return names(importlib.metadata.requires(package) or [])
    except importlib.metadata.PackageNotFoundError:
        return set()


def test_the_licences_are_those_of_the_packages() -> None:
    compared = 0
    assert all(len(row) == 4 and all(row) for row in BROUGHT.values())
    for name, row in (ROWS | BROUGHT).items():
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:  # of an extra that is not installed
            continue
        if expression := metadata.json.get("license_expression"):
            stated = WITH_PARTS.sub(r"\1", row[3])
            assert (name, stated) == (name, expression)
            compared += 1
    assert compared > 10
