"""From what was found to figures, and to what must hold of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.soak.inputs import Upload, is_right
from bench.soak.ocr_calls import UNEXPLAINED, count_ocr_calls
from bench.soak.scenario import Observations

LONGEST_SECONDS = 120.0  # from an upload that was announced to its record
MOST_MB = 512.0  # what the function is deployed with


def figures(uploads: Sequence[Upload], found: Observations) -> dict[str, Any]:
    """Give the figures of a run.

    ``inputs`` counts uploads; of an object that was replaced, only the last content can have its
    record in the end. An object is ``lost`` without a document of that content, and ``wrong`` with
    one that does not say what is so, or with a failure record left over beside its record; so is a
    document that belongs to no object. A record of a former content, beside the failure of the
    present one, is counted by itself: it was right, and says of which content.
    """
    last = {upload.key: upload for upload in uploads}
    states = {key: _state(upload, found) for key, upload in last.items()}
    counts = Counter(states.values())
    calls, causes, unexplained_keys = count_ocr_calls(
        found.exchange_log, found.uploaded, found.kills
    )
    expected = {_result(key) for key in last} | {_failure(key) for key in last}
    stray = sorted(found.documents.keys() - expected)
    delays, swept = _delays(found)
    fired = {" ".join(kind): count for kind, count in sorted(found.faults.fired.items())}
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
        "overwritten": sum(found.exchange_log.overwritten(key) for key in last),
        "ocr_calls": calls,
        "ocr_calls_per_input": round(calls / len(uploads), 4),
        "ocr_calls_caused_by_faults": sum(causes.values()) - causes[UNEXPLAINED],
        "ocr_calls_by_cause": dict(sorted(causes.items())),
        "ocr_calls_unexplained": unexplained_keys,
        "faults_fired": fired,
        "faults_fired_total": sum(found.faults.fired.values()),
        "faults_still_waiting": sum(found.faults.waiting.values()),
        "events": dict(sorted(found.weather.fired.items())),
        "kills": len(found.kills),
        "events_given_up": len(found.given_up),
        "found_by_sweep": swept,
        "sweeps": found.sweeps,
        "done_by_second_sweep": found.exchange_log.changes(since=found.swept_from[1]),
        "longest_delay_s": round(max(delays, default=0.0), 2),
        "median_delay_s": round(sorted(delays)[len(delays) // 2], 2) if delays else 0.0,
        "instance_peak_mb": round(found.peak_mb, 1),
    }


def checks(report: dict[str, Any]) -> dict[str, bool]:
    """Give what must hold, and whether it does."""
    allowed = report["inputs"] + report["ocr_calls_caused_by_faults"]
    return {
        "nothing lost": report["lost"] == 0,
        "nothing wrong": report["wrong"] == 0,
        "nothing overwritten by worse": report["overwritten"] == 0,
        "OCR calls: one for each input, and those that a fault made necessary": (
            report["ocr_calls"] <= allowed and not report["ocr_calls_by_cause"].get(UNEXPLAINED)
        ),
        "the second sweep has nothing to do": (
            report["done_by_second_sweep"] == 0 and not report["sweeps"][1]["failed_rounds"]
        ),
        f"no delay over {LONGEST_SECONDS:g} s": report["longest_delay_s"] <= LONGEST_SECONDS,
        f"instances stay within {MOST_MB:g} MB": report["instance_peak_mb"] <= MOST_MB,
        "faults did happen": report["faults_fired_total"] > 0,
    }


def _state(upload: Upload, found: Observations) -> str:
    record = found.documents.get(_result(upload.key))
    failure = found.documents.get(_failure(upload.key))
    etag = found.uploaded[upload.key][-1][1]
    current = [one for one in (record, failure) if one and one["source"]["etag"] == etag]
    if not current:
        return "lost"
    if len(current) > 1 or not is_right(upload.sample, current[0]):
        return "wrong"
    if record and failure:
        return "wrong" if record in current else "failure beside former record"
    return "record" if record else "failure"


def _delays(found: Observations) -> tuple[list[float], int]:
    """Give seconds from an upload to its document, and how many only a sweep led to."""
    delays, swept = [], 0
    for key, contents in found.uploaded.items():
        since, etag = contents[-1]
        done = [
            write.exchange.ended
            for write in found.exchange_log.writes[key]
            if write.is_done and write.etag == etag
        ]
        if done and min(done) > found.swept_from[0]:
            swept += 1
        elif done:
            delays.append(min(done) - since)
    return delays, swept


def _result(key: str) -> str:
    return f"results/{key.partition('/')[2]}.json"


def _failure(key: str) -> str:
    return f"failures/{key.partition('/')[2]}.json"
