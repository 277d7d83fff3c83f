"""The locks agree on versions, so that the tests run the deployed versions in one environment."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT

PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in PIN.findall((ROOT / name).read_text(encoding="utf-8")):
        found.setdefault(package.lower(), set()).add(version)
    return found


@pytest.mark.parametrize("name", ["locks/deploy.lock", "locks/function.lock"])
def test_common_packages_have_the_versions_of_the_main_lock(name: str) -> None:
    main = pins("locks/local.lock")
    other = {package: found for package, found in pins(name).items() if package in main}
    assert other
    assert {package: found for package, found in other.items() if not found <= main[package]} == {}


def test_the_zip_contains_the_functions_requirements() -> None:
    required, locked = pins("handler/requirements.txt"), pins("locks/function.lock")
    assert {package: locked.get(package) for package in required} == required
