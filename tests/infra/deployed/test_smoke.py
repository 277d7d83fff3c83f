"""The smoke test waits for the rights of a new stage, and counts the invocations of an upload."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from local.cloud import BUCKET, Cloud
from ops.errors import OpsError
from ops.stage import Stage
from quota_invoice.invoice.duplicates import Appearance
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.infra.deployed.conftest import OUTPUTS
from tests.support.paths import SAMPLES
from tests.support.servers import Answer, Asked, Server, serving

pytest.importorskip("huaweicloudsdklts", reason="make test installs the SDKs")

from ops.remote.smoke import remove, smoke, wait_for_deliveries
from ops.sdk.clients import bucket_client

SAMPLE = SAMPLES / "shanghai-10-yuan-clean.png"
KEY = "incoming/a +%.jpg"
UNANNOUNCED = {**OUTPUTS, "input_prefix": "elsewhere/"}  # the function ignores its uploads


def lts(lines: Callable[[], list[str]]) -> Callable[[Asked], Answer]:
    """A log service that shows these lines, each request's anew."""

    def answer(asked: Asked) -> Answer:
        del asked
        logs = [{"content": line, "line_num": f"{n}"} for n, line in enumerate(lines())]
        body = json.dumps({"count": len(logs), "logs": logs[:99]}).encode()
        return Answer(body=body, headers={"Content-Type": "application/json"})

    return answer


def with_log(stage: Stage, server: Server) -> Stage:
    endpoints = {**stage.endpoints, "lts": server.url}
    return replace(stage, variables={**stage.variables, "endpoints": endpoints})


def line(step: str, key: str, request: str = "r") -> str:
    return json.dumps({"request_id": request, "step": step, "key": key})


def test_the_functions_own_log_shows_that_a_bucket_without_a_filter_announces_records(
    cloud: Cloud, stage: Stage, log_file: Path
) -> None:
    """The local bucket announces every object, as a trigger does whose filter is ignored."""
    since = log_file.stat().st_size
    found = smoke(stage, OUTPUTS, SAMPLE, 60, keep=False)
    assert cloud.runtime.wait_until_idle(60)

    def lines() -> list[str]:
        return log_file.read_bytes()[since:].decode().splitlines()

    with serving(lts(lines)) as server:
        counted = wait_for_deliveries(with_log(stage, server), OUTPUTS, found.key, 5, pause=0)
    assert counted.of_key == found.uploads == 1
    assert counted.of_outputs >= 1
    assert "the event filter is ignored" in counted.conclusion


@pytest.mark.parametrize(
    ("lines", "conclusion"),
    [
        ([], "the log does not show the upload yet"),
        (["START request", line("event", ""), line("upload", "incoming/b.jpg")], "not show"),
        (
            [line("upload", "incoming/a +%.jpg"), line("recognize", "results/x.json")],
            "filter works",
        ),
        ([line("upload", "incoming/a +%.jpg"), line("upload", "index/1/2/3")], "is ignored"),
        ([line("upload", "incoming/a +%.jpg"), line("sweep", "")], "not show"),  # by a sweep
    ],
)
def test_the_log_tells_whether_the_filter_works(
    stage: Stage, lines: list[str], conclusion: str
) -> None:
    with serving(lts(lambda: lines)) as server:
        shown = with_log(stage, server)
        found = wait_for_deliveries(shown, OUTPUTS, KEY, 5, seconds=0, settle=0, pause=0)
    assert conclusion in found.conclusion


def test_lines_that_appear_after_the_uploads_line_are_waited_for(stage: Stage) -> None:
    """The filter does not work only because no record was announced in the first seconds."""
    shown = iter([[], *[[line("upload", "incoming/a.jpg", "1")]] * 9])
    late = [line("upload", "incoming/a.jpg", "1"), line("upload", "results/a.jpg.json", "2")]
    with serving(lts(lambda: next(shown, late))) as server:
        found = wait_for_deliveries(
            with_log(stage, server), OUTPUTS, "incoming/a.jpg", 5, seconds=60, pause=0
        )
    assert (found.of_key, found.of_outputs) == (1, 1)


def test_a_new_stage_gets_the_sample_again_until_its_rights_act(stage: Stage) -> None:
    client = bucket_client(stage)
    outputs = {**UNANNOUNCED, "results_prefix": "their-results/"}
    told: list[str] = []
    invoice = {"code": "144031909110", "number": "91234561"}

    def let_the_rights_act(text: str) -> None:
        told.append(text)
        [sample] = client.listObjects(BUCKET, prefix="elsewhere/").body.contents
        path = sample.key.partition("/")[2]
        record = {
            "status": "recognized",
            "source": {"key": sample.key, "uploaded_at": "2026-11-22T00:00:30Z"},
            "invoices": [invoice],
        }
        client.putContent(BUCKET, f"their-results/{path}.json", json.dumps(record))
        appearance = Appearance(sample.key, "2026-11-22T00:00:30Z")
        entry = DEFAULT_LAYOUT.appearance_key(invoice["code"], invoice["number"], appearance)
        client.putContent(BUCKET, entry, "{}")

    found = smoke(
        stage,
        outputs,
        SAMPLE,
        0.1,
        keep=False,
        rights_seconds=600,
        tell=let_the_rights_act,
    )
    assert found.record["invoices"] == [invoice]
    assert found.uploads == 2
    [text] = told
    assert "rights of a new stage act after 5 to 15 minutes" in text
    index = DEFAULT_LAYOUT.appearances_prefix(invoice["code"], invoice["number"])
    for prefix in ("elsewhere/", "their-results/", index):
        assert client.listObjects(BUCKET, prefix=prefix).body.contents == []


def test_a_stage_with_records_is_not_waited_for(stage: Stage) -> None:
    bucket_client(stage).putContent(BUCKET, "results/before.jpg.json", "{}")
    told: list[str] = []
    with pytest.raises(OpsError, match="after 0.1 s; make logs"):
        smoke(stage, UNANNOUNCED, SAMPLE, 0.1, keep=False, rights_seconds=600, tell=told.append)
    assert told == []


def test_objects_that_it_may_not_remove_are_named(
    cloud: Cloud, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function's role may put an input, and not remove it."""
    role = cloud.agency.credentials()
    owner = bucket_client(stage)
    told: list[str] = []
    found = smoke(stage, OUTPUTS, SAMPLE, 60, keep=True)
    for name in ("access_key", "secret_key"):
        monkeypatch.setenv(f"HW_{name.upper()}", getattr(role, name))
    monkeypatch.setenv("HW_SECURITY_TOKEN", role.security_token or "")
    keys = [found.key, found.record_key, "results/none.json"]
    remove(bucket_client(stage), BUCKET, keys, told.append)
    assert told == [f"The bucket refused to remove what the smoke test made: {found.key}"]
    owner.deleteObject(BUCKET, found.key)
