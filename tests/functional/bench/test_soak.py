"""The soak test: its uploads, and a small run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from bench.soak.__main__ import main
from bench.soak.inputs import Sample, is_right, plan, samples
from local.faults import FAULTS, LATE, OPERATIONS
from quota_invoice.errors import StoreUnreachable
from tests.support.paths import SAMPLES
from tests.unit.bench.soak.exchanges import RESULT


def test_a_seed_always_gives_the_same_uploads() -> None:
    good, bad = samples(SAMPLES)
    uploads = plan(500, 7, 0.2, good, bad)
    assert uploads == plan(500, 7, 0.2, good, bad)
    assert uploads != plan(500, 8, 0.2, good, bad)
    assert len({upload.content for upload in uploads}) == 500
    faults = [upload.fault for upload in uploads if upload.fault]
    assert 60 < len(faults) < 140
    assert all(fault.operation in OPERATIONS and fault.name in FAULTS for fault in faults)
    assert len({upload.key for upload in uploads}) < 500


def test_the_records_of_some_replaced_uploads_are_late_and_some_stalls_meet_all_attempts() -> None:
    uploads = plan(500, 7, 0.2, *samples(SAMPLES))
    last = {upload.key: upload for upload in uploads}
    former = [upload.fault for upload in uploads if upload is not last[upload.key]]
    late = [fault for fault in former if fault and (fault.operation, fault.name) == ("put", LATE)]
    assert late
    assert all(3 <= fault.seconds <= 12 for fault in late)
    repeated = {upload.fault.times for upload in uploads if upload.fault}
    assert repeated == {1, StoreUnreachable.tries}


def test_without_faults_no_upload_meets_one() -> None:
    assert not any(upload.fault for upload in plan(500, 7, 0, *samples(SAMPLES)))


def test_right_and_wrong_records() -> None:
    sample = Sample("a.png", b"", RESULT)
    assert is_right(sample, {"status": "recognized", "result": {**RESULT, "amount": "￥50"}})
    assert not is_right(sample, {"status": "recognized", "result": {**RESULT, "code": "1"}})
    assert not is_right(sample, {"status": "failed", "error": {"code": "AIS.0104"}})
    bad = Sample("b.png", b"", {}, "AIS.0104")
    assert is_right(bad, {"status": "failed", "error": {"code": "AIS.0104"}})
    assert not is_right(bad, {"status": "failed", "error": {"code": "AIS.0102"}})
    assert not is_right(bad, {"status": "recognized", "result": RESULT})


@pytest.mark.exhaustive
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
