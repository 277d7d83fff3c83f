"""The soak, small: what it draws, what it counts, and that it holds."""

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
from tests.functional.conftest import SAMPLES

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
    prefix = "results" if status == "recognized" else "failures"
    document = {"status": status, "source": {"etag": etag}, "result": result or RESULT}
    return exchange("put", began, f"{prefix}/a.png.json", document=document)


def look(began: float, caller: str) -> Exchange:
    return exchange("get", began, "results/a.png.json", caller)


def watched(*exchanges: Exchange) -> ExchangeLog:
    exchange_log = ExchangeLog()
    for one in exchanges:
        exchange_log(one)
    return exchange_log


def causes_of(*exchanges: Exchange, kills: list[float] | None = None) -> Counter[str]:
    total, causes, _ = count_ocr_calls(watched(*exchanges), {KEY: [(0.0, "e")]}, kills or [])
    assert total == sum(one.operation == "recognize" for one in exchanges)
    return causes


def test_the_first_call_needs_no_cause() -> None:
    assert causes_of(look(1, "A"), exchange("recognize", 2), put(3)) == {}


def test_a_call_after_a_fault_is_the_faults() -> None:
    first = exchange("recognize", 2, fault="cut")
    assert causes_of(look(1, "A"), first, exchange("recognize", 3)) == {"fault: recognize": 1}


def test_a_call_after_a_kill_is_the_kills() -> None:
    calls = exchange("recognize", 2), exchange("recognize", 5, caller="B")
    assert causes_of(look(1, "A"), calls[0], look(4, "B"), calls[1], kills=[3]) == {"kill": 1}


def test_a_call_by_one_that_looked_before_there_was_a_record_came_at_once() -> None:
    found = causes_of(
        *(look(1, "A"), look(1.5, "B"), exchange("recognize", 2), put(3)),
        exchange("recognize", 4, caller="B"),
    )
    assert found == {"at once": 1}


def test_a_call_by_one_that_could_have_known_is_unexplained_even_after_a_kill() -> None:
    found = causes_of(
        *(look(1, "A"), exchange("recognize", 2), put(3), look(4, "B")),
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
    ids=["same", "later", "read-after-all", "failure", "other-words", "earlier-content"],
)
def test_what_counts_as_overwritten(writes: list[Exchange], count: int) -> None:
    assert watched(*writes).overwritten(KEY) == count


def test_what_the_bucket_refused_overwrites_nothing() -> None:
    refused = put(2, status="failed")
    refused.status = 503
    assert watched(put(1), refused).overwritten(KEY) == 0


def test_the_same_seed_draws_the_same() -> None:
    good, bad = samples(SAMPLES)
    uploads = plan(500, 7, 0.2, good, bad)
    assert uploads == plan(500, 7, 0.2, good, bad)
    assert uploads != plan(500, 8, 0.2, good, bad)
    assert len({upload.content for upload in uploads}) == 500
    faults = [upload.fault for upload in uploads if upload.fault]
    assert 60 < len(faults) < 140
    assert all(operation in OPERATIONS and name in FAULTS for operation, name in faults)
    assert len({upload.key for upload in uploads}) < 500


def test_what_is_right() -> None:
    sample = Sample("a.png", b"", RESULT)
    assert is_right(sample, {"status": "recognized", "result": {**RESULT, "amount": "￥50"}})
    assert not is_right(sample, {"status": "recognized", "result": {**RESULT, "code": "1"}})
    assert not is_right(sample, {"status": "failed", "error": {"code": "AIS.0104"}})
    bad = Sample("b.png", b"", {}, "AIS.0104")
    assert is_right(bad, {"status": "failed", "error": {"code": "AIS.0104"}})
    assert not is_right(bad, {"status": "failed", "error": {"code": "AIS.0102"}})
    assert not is_right(bad, {"status": "recognized", "result": RESULT})


def test_a_small_soak_holds(tmp_path: Path) -> None:
    app = Typer()
    app.command()(main)
    told = CliRunner().invoke(
        app, ["--uploads", "40", "--seed", "3", "--ocr", "replay", "--out", str(tmp_path)]
    )
    report = json.loads((tmp_path / "soak.json").read_text(encoding="utf-8"))
    failed = [name for name, holds in report["checks"].items() if not holds]
    assert failed == [], told.output
    assert told.exit_code == 0
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


def test_what_it_can_be_told() -> None:
    app = Typer()
    app.command()(main)
    told = CliRunner().invoke(app, ["--help"])
    assert told.exit_code == 0
    assert "--seed" in told.output
