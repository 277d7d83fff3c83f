"""The figures of a soak, and the checks that they must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.soak.exchange_log import is_sweep_state
from bench.soak.inputs import Upload, is_right
from bench.soak.ocr_calls import UNEXPLAINED, count_ocr_calls
from bench.soak.scenario import Observations
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_MAX_SECONDS = 120.0  # from an upload to its record, unless only a sweep found it
_MAX_MB = 512.0  # memory of the deployed function


def figures(uploads: Sequence[Upload], observed: Observations) -> dict[str, Any]:
    """Return the figures of a run.

    ``inputs`` counts uploads, ``objects`` counts keys; only the last content of a key needs a
    record. An object is ``lost`` if its content has neither record nor failure record. It is
    ``wrong`` if that record is wrong or has a failure record beside it; a record without an object
    is also ``wrong``. ``former_records`` counts records of a former content that remain, correctly,
    beside the failure record of the last content.
    """
    last = {upload.key: upload for upload in uploads}
    states = {key: _state(upload, observed) for key, upload in last.items()}
    counts = Counter(states.values())
    calls, causes, unexplained = count_ocr_calls(observed.log, observed.uploaded, observed.kills)
    makers = DEFAULT_LAYOUT.record_key, DEFAULT_LAYOUT.failure_key
    expected = {make(key) for key in last for make in makers}
    stray = sorted(key for key in observed.records.keys() - expected if not is_sweep_state(key))
    delays, swept = _delays(observed)
    fired = {" ".join(kind): count for kind, count in sorted(observed.faults.fired.items())}
    return {
        "inputs": len(uploads),
        "objects": len(last),
        "records": counts["record"],
        "justified_failures": counts["failure"] + counts["failure beside former record"],
        "former_records": counts["failure beside former record"],
        "lost": counts["lost"],
        "wrong": counts["wrong"] + len(stray),
        "lost_keys": [key for key, state in states.items() if state == "lost"],
        "wrong_keys": [key for key, state in states.items() if state == "wrong"] + stray,
        "overwritten": sum(observed.log.overwritten(key) for key in last),
        "ocr_calls": calls,
        "ocr_calls_per_input": round(calls / len(uploads), 4),
        "ocr_calls_caused_by_faults": sum(causes.values()) - causes[UNEXPLAINED],
        "ocr_calls_by_cause": dict(sorted(causes.items())),
        "ocr_calls_unexplained": unexplained,
        "faults_fired": fired,
        "faults_fired_total": sum(observed.faults.fired.values()),
        "faults_still_waiting": sum(observed.faults.waiting.values()),
        "events": dict(sorted(observed.delivery_faults.fired.items())),
        "kills": len(observed.kills),
        "events_given_up": len(observed.given_up),
        "found_by_sweep": swept,
        "sweeps": observed.sweeps,
        "done_by_second_sweep": observed.log.changes(since=observed.sweep_starts[1]),
        "longest_delay_s": round(max(delays, default=0.0), 2),
        "median_delay_s": round(sorted(delays)[len(delays) // 2], 2) if delays else 0.0,
        "instance_peak_mb": round(observed.peak_mb, 1),
    }


def checks(report: dict[str, Any]) -> dict[str, bool]:
    """Return each check, and whether it holds."""
    allowed = report["inputs"] + report["ocr_calls_caused_by_faults"]
    return {
        "nothing lost": report["lost"] == 0,
        "nothing wrong": report["wrong"] == 0,
        "no record overwritten by a worse one": report["overwritten"] == 0,
        "OCR calls: one for each input, plus those caused by faults": (
            report["ocr_calls"] <= allowed and not report["ocr_calls_by_cause"].get(UNEXPLAINED)
        ),
        "the second sweep has nothing to do": (
            report["done_by_second_sweep"] == 0 and not report["sweeps"][1]["failed_rounds"]
        ),
        f"no delay over {_MAX_SECONDS:g} s": report["longest_delay_s"] <= _MAX_SECONDS,
        f"instances stay within {_MAX_MB:g} MB": report["instance_peak_mb"] <= _MAX_MB,
        "faults happened": report["faults_fired_total"] > 0,
    }


def _state(upload: Upload, observed: Observations) -> str:
    record = observed.records.get(DEFAULT_LAYOUT.record_key(upload.key))
    failure = observed.records.get(DEFAULT_LAYOUT.failure_key(upload.key))
    etag = observed.uploaded[upload.key][-1][1]
    current = [one for one in (record, failure) if one and one["source"]["etag"] == etag]
    if not current:
        return "lost"
    if len(current) > 1 or not is_right(upload.sample, current[0]):
        return "wrong"
    if record and failure:
        return "wrong" if record in current else "failure beside former record"
    return "record" if record else "failure"


def _delays(observed: Observations) -> tuple[list[float], int]:
    """Return the seconds from each upload to its record, and the number found by a sweep only."""
    delays, swept = [], 0
    for key, contents in observed.uploaded.items():
        since, etag = contents[-1]
        stored = [
            write.exchange.ended
            for write in observed.log.writes[key]
            if write.is_stored and write.etag == etag
        ]
        if stored and min(stored) > observed.sweep_starts[0]:
            swept += 1
        elif stored:
            delays.append(min(stored) - since)
    return delays, swept
