"""The locks agree on versions, so that the tests run the deployed versions in one environment."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT

PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


# The locks whose packages one environment may hold together.
TOGETHER = ("bench", "browser", "deploy", "local", "packet", "quality", "spark")


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


@pytest.mark.parametrize("python", ["3.10.0", "3.11.0", "3.12.0", "3.13.0"])
def test_all_locks_of_one_environment_have_one_version_of_each_package(python: str) -> None:
    versions: dict[str, set[str]] = {}
    for name in TOGETHER:
        text = (ROOT / "locks" / f"{name}.lock").read_text(encoding="utf-8")
        for line in re.findall(r"^[\w.-]+(?:\[.*\])?==[^\\\n]+", text, re.MULTILINE):
            pin = Requirement(line)
            environment = {"python_full_version": python, "python_version": python[:4]}
            if pin.marker is None or pin.marker.evaluate(environment):
                versions.setdefault(pin.name.lower(), set()).add(str(pin.specifier))
    assert len(versions) > 100
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_the_environment_has_each_package_that_its_packages_require() -> None:
    command = [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - pip
    assert checked.stdout == "No broken requirements found.\n"
