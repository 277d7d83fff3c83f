"""The usual mistakes of a new operator: each is one clear line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ops.errors import hint
from tests.infra.conftest import Account
from tests.support.paths import ROOT
from tests.support.servers import Answer, serving

WRONG = {"error_code": "APIG.0301", "error_msg": "Incorrect IAM authentication information"}


def errors(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("error:")]


@pytest.mark.parametrize("command", ["validate", "plan", "deploy", "outputs", "destroy"])
def test_an_unknown_stage_is_answered_with_those_that_exist(
    stage: Account, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (stage.folder / "test.yaml").rename(stage.folder / "production.yaml")
    monkeypatch.setenv("HOME", str(stage.folder))  # no credentials: they can wait
    monkeypatch.delenv("HW_ACCESS_KEY")
    monkeypatch.delenv("HW_SECRET_KEY")
    code, output = stage.run(command)
    assert code == 1
    [line] = errors(output)
    assert "there is no stage test" in line
    assert "has production; to add it: cp stages/dev.yaml stages/test.yaml" in line


def test_no_credentials_is_one_line(stage: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(stage.folder))
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY"):
        monkeypatch.delenv(name)
    for command in ("plan", "deploy", "destroy"):
        code, output = stage.run(command)
        assert (code, len(errors(output))) == (1, 1), output
        assert "there are no credentials" in output


def test_wrong_credentials_are_named_with_their_source(stage: Account) -> None:
    assert stage.run("deploy")[0] == 0
    refusal = Answer(401, {"Content-Type": "application/json"}, json.dumps(WRONG).encode())
    with serving(lambda _: refusal) as server:
        stage.choose(
            bucket="invoices",
            endpoints={"fgs": server.url},
            settings={"OBS_ENDPOINT": server.url, "OBS_PATH_STYLE": "true"},
        )
        code, output = stage.run("deploy")
    assert code == 1, output
    [line] = errors(output)
    assert "FunctionGraph: 401 APIG.0301" in line
    assert "are the credentials right and still valid?" in line
    assert "Credentials: HW_ACCESS_KEY and HW_SECRET_KEY" in output
    assert "made-up" not in output


@pytest.mark.parametrize(
    ("problem", "named"),
    [
        ("the bucket refused to put a: 403 SignatureDoesNotMatch", True),
        ("the bucket refused to put a: 403 InvalidAccessKeyId", True),
        ("the bucket refused to put a: 403 AccessDenied", False),
    ],
)
def test_only_refused_credentials_are_suspected(problem: str, *, named: bool) -> None:
    assert bool(hint(problem)) == named


@pytest.mark.parametrize("package", ["ops", "local", "bench"])
def test_ctrl_c_while_a_command_loads_is_one_line(package: str) -> None:
    code = f"import {package}; raise KeyboardInterrupt"
    done = subprocess.run(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert (done.stdout, done.stderr) == ("", "stopped\n")
