"""A backfill of a stage needs no variables of its bucket and function."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from local.cloud import BUCKET, Cloud
from ops.backfill.__main__ import main
from ops.backfill.account import stage_account
from ops.credentials import resolver
from ops.remote import deployed
from ops.stage import Stage
from quota_invoice.settings.credentials import Credentials
from tests.infra.deployed.conftest import OUTPUTS
from tests.support.paths import SAMPLES

pytest.importorskip("huaweicloudsdklts", reason="make test installs the SDKs")

from ops.sdk.clients import bucket_client

SAMPLE = SAMPLES / "shanghai-10-yuan-clean.png"
app = Typer()
app.command()(main)


def test_the_backlog_of_a_stage_is_sent_to_its_function(
    cloud: Cloud, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = {"bucket": BUCKET, "input_prefix": "elsewhere/"}  # no upload there is announced
    chosen = replace(stage, variables={**stage.variables, **choices})
    outputs = {**OUTPUTS, "function_urn": cloud.runtime.function.urn}
    monkeypatch.setattr(deployed, "deployed_stage", lambda *_: (chosen, outputs))
    for name in ("BUCKET", "FUNCTION_URN"):
        monkeypatch.setenv(name, "those of another stage")
    bucket_client(stage).putContent(BUCKET, "elsewhere/a.png", SAMPLE.read_bytes())
    found = CliRunner().invoke(app, ["--stage", "dev", "--state", str(tmp_path)])
    assert found.exit_code == 0, found.output
    assert "1 were sent" in found.output
    assert cloud.runtime.wait_until_idle(60)


def test_an_agency_is_assumed_with_the_operators_own_key(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = replace(stage, variables={**stage.variables, "bucket": BUCKET})
    monkeypatch.setattr(deployed, "deployed_stage", lambda *_: (chosen, OUTPUTS))
    asked: list[str] = []

    def assume(found: Credentials, *_: object) -> Credentials:
        asked.append(found.access_key)
        return Credentials("of the agency", "secret", "token")

    monkeypatch.setattr(resolver, "assume_agency", assume)
    monkeypatch.setenv("HW_ASSUME_ROLE_AGENCY_NAME", "ops")
    monkeypatch.setenv("HW_ASSUME_ROLE_DOMAIN_NAME", "ours")
    account = stage_account("dev", "")
    assert account.credentials.access_key == "of the agency"
    assert set(asked) == {os.environ["HW_ACCESS_KEY"]}


def test_a_stage_that_does_not_exist_is_one_line() -> None:
    found = CliRunner().invoke(app, ["--stage", "none"])
    assert found.exit_code == 2
    assert "error: there is no stage none" in found.output
