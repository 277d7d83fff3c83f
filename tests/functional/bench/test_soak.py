"""The soak test: its uploads, its counts, and a small run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from bench.soak.__main__ import main
from bench.soak.exchange_log import ExchangeLog
from bench.soak.inputs import Sample, is_right, plan, samples
from bench.soak.ocr_calls import UNEXPLAINED, count_ocr_calls
from local.faults import FAULTS, OPERATIONS, Exchange
from local.faults.wire import Request
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.paths import SAMPLES

KEY = "incoming/a.png"
RESULT = {"code": "144031909110", "number": "91234561", "location": "广东省", "amount": "￥50.00"}


def exchange(
    operation: str, began: float, key: str = KEY, caller: str = "A", **more: Any
) -> Exchange:
    body = json.dumps(more.pop("document", {})).encode()
    raw = f"POST / HTTP/1.1\r\nAuthorization: X Access={caller}, Signature=s\r\n\r\n".encode()
    request = Request(raw, "POST", "/", body, keeps_alive=True)
    found = Exchange(request, operation, key, more.pop("fault", None), began, began + 0.1)
    found.status = more.pop("status", 200)
    return found


def put(began: float, etag: str = "e", status: str = "recognized", **result: str) -> Exchange:
    layout = DEFAULT_LAYOUT
    make_key = layout.record_key if status == "recognized" else layout.failure_key
    document = {"status": status, "source": {"etag": etag}, "result": result or RESULT}
    return exchange("put", began, make_key(KEY), document=document)


def check(began: float, caller: str) -> Exchange:
    return exchange("get", began, DEFAULT_LAYOUT.record_key(KEY), caller)


def log_of(*exchanges: Exchange) -> ExchangeLog:
    log = ExchangeLog([KEY])
    for one in exchanges:
        log(one)
    return log


def causes_of(*exchanges: Exchange, kills: list[float] | None = None) -> Counter[str]:
    total, causes, _ = count_ocr_calls(log_of(*exchanges), {KEY: [(0.0, "e")]}, kills or [])
    assert total == sum(one.operation == "recognize" for one in exchanges)
    return causes


def test_the_first_call_needs_no_cause() -> None:
    assert causes_of(check(1, "A"), exchange("recognize", 2), put(3)) == {}


def test_a_fault_explains_a_repeated_call() -> None:
    first = exchange("recognize", 2, fault="cut")
    assert causes_of(check(1, "A"), first, exchange("recognize", 3)) == {"fault: recognize": 1}


def test_a_kill_explains_a_repeated_call() -> None:
    calls = exchange("recognize", 2), exchange("recognize", 5, caller="B")
    assert causes_of(check(1, "A"), calls[0], check(4, "B"), calls[1], kills=[3]) == {"kill": 1}


def test_a_call_is_concurrent_if_no_record_existed_when_its_invocation_checked() -> None:
    found = causes_of(
        *(check(1, "A"), check(1.5, "B"), exchange("recognize", 2), put(3)),
        exchange("recognize", 4, caller="B"),
    )
    assert found == {"concurrent": 1}


def test_a_call_is_unexplained_if_a_record_existed_even_after_a_kill() -> None:
    found = causes_of(
        *(check(1, "A"), exchange("recognize", 2), put(3), check(4, "B")),
        exchange("recognize", 5, caller="B"),
        kills=[3.5],
    )
    assert found == {UNEXPLAINED: 1}


@pytest.mark.parametrize(
    ("writes", "count"),
    [
        ([put(1), put(2)], 0),
        ([put(1, "d"), put(2)], 0),
        ([put(1, status="failed"), put(2)], 0),
        ([put(1), put(2, status="failed")], 1),
        ([put(1), put(2, code="another")], 1),
        ([put(1, "d"), put(2), put(3, "d")], 1),
    ],
    ids=["same", "later", "after-failure", "failure", "other-fields", "earlier-content"],
)
def test_writes_that_count_as_overwritten(writes: list[Exchange], count: int) -> None:
    assert log_of(*writes).overwritten(KEY) == count


def test_a_write_that_the_bucket_refused_overwrites_nothing() -> None:
    refused = put(2, status="failed")
    refused.status = 503
    assert log_of(put(1), refused).overwritten(KEY) == 0


def test_a_retry_is_logged_with_its_input_but_is_no_record() -> None:
    log = log_of(put(1), exchange("put", 2, DEFAULT_LAYOUT.retry_key(KEY, 2)))
    assert (len(log.exchanges[KEY]), len(log.writes[KEY])) == (2, 1)
    assert log.unattributed == []


def test_the_key_of_another_object_belongs_to_no_input() -> None:
    log = log_of(exchange("put", 1, "failures/another.jpg.json"))
    assert (len(log.unattributed), dict(log.exchanges)) == (1, {})


def test_a_sweep_that_writes_only_its_state_changes_nothing() -> None:
    log = log_of(put(1), exchange("put", 3, f"{DEFAULT_LAYOUT.failures_prefix}.sweep"))
    assert (log.changes(since=2), log.changes(since=0)) == (0, 1)


def test_a_seed_always_gives_the_same_uploads() -> None:
    good, bad = samples(SAMPLES)
    uploads = plan(500, 7, 0.2, good, bad)
    assert uploads == plan(500, 7, 0.2, good, bad)
    assert uploads != plan(500, 8, 0.2, good, bad)
    assert len({upload.content for upload in uploads}) == 500
    faults = [upload.fault for upload in uploads if upload.fault]
    assert 60 < len(faults) < 140
    assert all(operation in OPERATIONS and name in FAULTS for operation, name in faults)
    assert len({upload.key for upload in uploads}) < 500


def test_right_and_wrong_records() -> None:
    sample = Sample("a.png", b"", RESULT)
    assert is_right(sample, {"status": "recognized", "result": {**RESULT, "amount": "￥50"}})
    assert not is_right(sample, {"status": "recognized", "result": {**RESULT, "code": "1"}})
    assert not is_right(sample, {"status": "failed", "error": {"code": "AIS.0104"}})
    bad = Sample("b.png", b"", {}, "AIS.0104")
    assert is_right(bad, {"status": "failed", "error": {"code": "AIS.0104"}})
    assert not is_right(bad, {"status": "failed", "error": {"code": "AIS.0102"}})
    assert not is_right(bad, {"status": "recognized", "result": RESULT})


def test_a_small_soak_passes_every_check(tmp_path: Path) -> None:
    app = Typer()
    app.command()(main)
    result = CliRunner().invoke(
        app, ["--uploads", "40", "--seed", "3", "--ocr", "replay", "--out", str(tmp_path)]
    )
    report = json.loads((tmp_path / "soak.json").read_text(encoding="utf-8"))
    failed = [name for name, holds in report["checks"].items() if not holds]
    assert failed == [], result.output
    assert result.exit_code == 0
    assert (report["inputs"], report["lost"], report["wrong"], report["overwritten"]) == (
        40,
        0,
        0,
        0,
    )
    assert report["records"] + report["justified_failures"] == report["objects"]
    assert report["ocr_calls"] <= 40 + report["ocr_calls_caused_by_faults"]
    assert sum(report["faults_fired"].values()) == report["faults_fired_total"] > 0
    assert report["events"]["drop"] > 0
    if Path("/proc/self").exists():
        assert 20 < report["instance_peak_mb"] < 512


def test_the_help_lists_the_options() -> None:
    app = Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "--seed" in result.output
