"""The soak's figures and checks: each check can fail."""

from __future__ import annotations

from typing import Any

from bench.soak.inputs import Sample, Upload
from bench.soak.observations import Observations, SweepRun
from bench.soak.report import checks, figures
from local.faults import LATE, Exchange, Faults
from local.runtime import DeliveryFaults
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.unit.bench.soak.exchanges import (
    FORMER,
    KEY,
    PRESENT,
    RESULT,
    call,
    check,
    exchange,
    identify,
    log_of,
    put,
)

SWEEPS = ((20.0, 25.0), (30.0, 35.0))
RECORD = {"status": "recognized", "source": {"etag": PRESENT}, "result": RESULT}
SAMPLE = Sample("a.png", b"", RESULT)
UPLOADS = [Upload(KEY, SAMPLE, content, None) for content in (b"former", b"present")]


def report_of(
    *exchanges: Exchange,
    sweeps: tuple[tuple[float, float], ...] = SWEEPS,
    waiting: tuple[str, ...] = (),
    kept: dict[str, Any] | None = None,
) -> dict[str, Any]:
    faults = Faults()
    faults.count("put", LATE)
    observed = Observations(
        faults,
        log_of(*exchanges),
        DeliveryFaults(1),
        uploaded={KEY: [(0.0, FORMER), (1.0, PRESENT)]},
        sweeps=[SweepRun(retry_failed=False, began=began, ended=ended) for began, ended in sweeps],
        waiting=list(waiting),
        records={DEFAULT_LAYOUT.record_key(KEY): RECORD} if kept is None else kept,
        ocr_seconds=5.0,
    )
    return figures(UPLOADS, observed)


def failed(report: dict[str, Any]) -> list[str]:
    return [name for name, holds in checks(report).items() if not holds]


def work(at: float, caller: str = "A", etag: str = PRESENT) -> list[Exchange]:
    """The requests of an invocation that reads the object."""
    found = [identify(at, caller, etag), check(at + 0.2, caller), call(at + 0.4, caller)]
    return [*found, put(at + 0.6, etag, caller=caller)]


def late(lands_at: float) -> Exchange:
    return put(1.5, FORMER, fault=LATE, served=lands_at)


def test_an_uneventful_run_passes_every_check() -> None:
    assert failed(report_of(*work(1))) == []


def test_a_late_write_is_counted_and_may_be_mended_by_the_next_sweep() -> None:
    report = report_of(*work(2), late(9), *work(21, "B"))
    assert failed(report) == []
    assert (report["overwritten"], report["overwritten_by_late_write"]) == (0, 1)
    assert report["ocr_calls_by_cause"] == {"late write": 1}
    assert report["overwritings"] == [
        {
            "key": KEY,
            "request": "put results/a.png.json",
            "fault": LATE,
            "seconds_late": 7.5,
            "mended_after_s": 12.7,
        }
    ]
    assert any("fault late" in line for line in report["timelines"][KEY])


def test_a_late_write_that_the_next_sweep_leaves_fails_a_check() -> None:
    report = report_of(*work(2), late(9), *work(31, "B"))
    assert "every overwriting by a late write mended by the next sweep" in failed(report)


def test_an_overwriting_without_a_late_request_fails_a_check() -> None:
    report = report_of(*work(2), put(9, FORMER), *work(21, "B"))
    assert "no record overwritten by a worse one, except by a late write" in failed(report)


def test_the_second_sweep_may_only_mend_what_came_late_after_the_first_one_began() -> None:
    name = "the second sweep has nothing to do"
    assert name in failed(report_of(*work(2), *work(31, "B")))
    assert name in failed(report_of(*work(2), late(9), *work(31, "B")))
    report = report_of(*work(2), late(24), *work(31, "B"))
    assert name not in failed(report)
    assert (report["done_by_second_sweep"], report["mended_by_second_sweep"]) == (0, 1)


def test_an_input_that_waits_must_have_met_a_fault_in_a_sweep() -> None:
    name = "few inputs wait after two sweeps, each for a fault"
    met = exchange("identify", 21, fault="expired")
    assert name not in failed(report_of(*work(2), met, waiting=(KEY,)))
    assert name in failed(report_of(*work(2), waiting=(KEY,)))


def test_a_missing_record_is_lost_and_a_remaining_retry_is_wrong() -> None:
    assert "nothing lost" in failed(report_of(*work(2), kept={}))
    retry = {DEFAULT_LAYOUT.retry_key(KEY, 1): {}, DEFAULT_LAYOUT.record_key(KEY): RECORD}
    report = report_of(*work(2), kept=retry)
    assert "nothing wrong" in failed(report)
    assert report["wrong_keys"] == [DEFAULT_LAYOUT.retry_key(KEY, 1)]
