"""The present rules reach the records of a stage, by its choices and the operator's credentials."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from accounting.bucket import read_access
from local.cloud import BUCKET, Cloud
from ops.rederive.rules import rederive_all
from ops.remote.accounting_access import stage_environment
from ops.stage import Stage
from quota_invoice.obs.store import ObsStore
from tests.unit.handler.test_rederive import FORMER, REVIEW, A, read

pytest.importorskip("huaweicloudsdklts", reason="make test installs the SDKs")

from ops.sdk.clients import bucket_client

CHOICES = {"bucket": BUCKET, "results_prefix": "records/", "index_prefix": "found/"}
INPUT, RECORD, OTHER = "incoming/a.jpg", "records/a.jpg.json", "results/a.jpg.json"


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    "names",
    [("HW_ACCESS_KEY", "HW_SECRET_KEY"), ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")],
)
def test_the_records_of_a_stage_get_the_present_findings(
    cloud: Cloud, stage: Stage, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, former = bucket_client(stage), read(1).store.records[A]
    objects = {INPUT: b"image", RECORD: former, OTHER: former, REVIEW: {"code": "corrected"}}
    for key, content in objects.items():
        body = content if isinstance(content, bytes) else json.dumps(content)
        assert client.putContent(BUCKET, key, body).status == 200

    local = cloud.environment()
    for name, used in zip(("HW_ACCESS_KEY", "HW_SECRET_KEY"), names, strict=True):
        monkeypatch.delenv(name)
        monkeypatch.setenv(used, local[name])
    settings = {**stage.variables["settings"], "OBS_PATH_STYLE": True, "KEEP_HISTORY": False}
    chosen = replace(stage, variables={**stage.variables, **CHOICES, "settings": settings})
    account, credentials = read_access(stage_environment(chosen))
    store = ObsStore.connect(account, credentials)
    assert rederive_all(account, store, "", lambda *_: None, is_dry=False) == {"rederived": 1}

    found = {key: store.read(BUCKET, key) for key in (RECORD, OTHER, REVIEW)}
    record = found[RECORD] or {}
    assert record["rules"]["version"] != FORMER["version"]
    assert (found[OTHER], found[REVIEW]) == (former, {"code": "corrected"})
    assert [entry.key for entry in store.listing(BUCKET, "index/")] == []
    assert len(list(store.listing(BUCKET, "found/"))) == 1
