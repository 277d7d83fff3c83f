"""The figures of a soak, and the checks that they must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.soak.exchange_log import is_sweep_state
from bench.soak.inputs import Upload, is_right
from bench.soak.observations import Observations
from bench.soak.ocr_calls import UNEXPLAINED, count_ocr_calls
from bench.soak.overwriting import Overwriting, overwritings
from bench.soak.timeline import timeline
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_MAX_SECONDS = 120.0  # from an upload to its record, unless only a sweep found it
_MAX_MB = 512.0  # half of the deployed function's memory
_MAX_WAITING = 0.02  # share of the inputs; the faults hit few of them in a sweep


def figures(uploads: Sequence[Upload], observed: Observations) -> dict[str, Any]:
    """Return the figures of a run.

    ``inputs`` counts uploads, ``objects`` counts keys; only the last content of a key needs a
    record. An object is ``lost`` if its content has neither record nor failure record. It is
    ``wrong`` if that record is wrong or has a failure record beside it; an object of the function
    without an input that needs it is also ``wrong``. ``former_records`` counts records of a former
    content that remain, correctly, beside the failure record of the last content.
    """
    last = {upload.key: upload for upload in uploads}
    states = {key: _state(upload, observed) for key, upload in last.items()}
    counts = Counter(states.values())
    makers = DEFAULT_LAYOUT.record_key, DEFAULT_LAYOUT.failure_key
    expected = {make(key) for key in last for make in makers}
    stray = sorted(key for key in observed.records.keys() - expected if not is_sweep_state(key))
    delays, swept = _delays(observed)
    report = {
        "inputs": len(uploads),
        "objects": len(last),
        "records": counts["record"],
        "justified_failures": counts["failure"] + counts["failure beside former record"],
        "former_records": counts["failure beside former record"],
        "lost": counts["lost"],
        "wrong": counts["wrong"] + len(stray),
        "lost_keys": [key for key, state in states.items() if state == "lost"],
        "wrong_keys": [key for key, state in states.items() if state == "wrong"] + stray,
        **_overwritten(observed),
        **_ocr_calls(len(uploads), observed),
        **_faults(observed),
        "found_by_sweep": swept,
        **_sweeps(observed),
        "longest_delay_s": round(max(delays, default=0.0), 2),
        "median_delay_s": round(sorted(delays)[len(delays) // 2], 2) if delays else 0.0,
        "instance_peak_mb": round(observed.peak_mb, 1),
    }
    return {**report, "timelines": _timelines(report, observed)}


def _timelines(report: dict[str, Any], observed: Observations) -> dict[str, list[str]]:
    """Return the requests about every input that is noteworthy, by its key."""
    names = ("lost_keys", "wrong_keys", "ocr_calls_unexplained", "waiting_without_a_fault")
    keys = {key for name in names for key in report[name]}
    keys |= {one["key"] for one in report["overwritings"]} | set(observed.waiting)
    return {key: timeline(observed, key) for key in sorted(keys & observed.log.contents.keys())}


def _overwritten(observed: Observations) -> dict[str, Any]:
    """Count the writes that made records worse, and those among them that came late."""
    sweeps = [(sweep.began, sweep.ended) for sweep in observed.sweeps if not sweep.retry_failed]
    log, waiting = observed.log, set(observed.waiting)
    found = [one for key in log.contents for one in overwritings(log, key)]
    late = [one for one in found if one.is_late]
    # An input whose mending meets a fault of its own waits for its next attempt.
    unmended = [one for one in late if not (one.is_mended_within_one(sweeps) or one.key in waiting)]
    began = sweeps[0][0] if sweeps else 0.0
    landed = log.late_writes(since=0.0)
    return {
        "late_writes": len(landed),
        "late_writes_during_sweeps": sum(one.served >= began for _, one in landed),
        "overwritten": len(found) - len(late),
        "overwritten_by_late_write": len(late),
        "overwritten_mended_by_event": sum(
            one.mended_at is not None and one.mended_at < began for one in late
        ),
        "overwritten_not_mended_in_time": len(unmended),
        "overwritings": [_traced(one) for one in found],
    }


def _traced(one: Overwriting) -> dict[str, Any]:
    exchange = one.change.exchange
    mended = None if one.mended_at is None else round(one.mended_at - one.landed_at, 2)
    return {
        "key": one.key,
        "request": f"{exchange.operation} {exchange.key}",
        "fault": exchange.fault,
        "seconds_late": round(exchange.served - exchange.began, 2),
        "mended_after_s": mended,
    }


def _ocr_calls(inputs: int, observed: Observations) -> dict[str, Any]:
    again = [(sweep.began, sweep.ended) for sweep in observed.sweeps if sweep.retry_failed]
    calls, causes, unexplained = count_ocr_calls(
        observed.log, observed.kills, again, observed.ocr_seconds
    )
    return {
        "ocr_calls": calls,
        "ocr_calls_per_input": round(calls / inputs, 4),
        "ocr_calls_caused_by_faults": sum(causes.values()) - causes[UNEXPLAINED],
        "ocr_calls_by_cause": dict(sorted(causes.items())),
        "ocr_calls_unexplained": unexplained,
    }


def _faults(observed: Observations) -> dict[str, Any]:
    fired = {" ".join(kind): count for kind, count in sorted(observed.faults.fired.items())}
    return {
        "faults_fired": fired,
        "faults_fired_total": sum(observed.faults.fired.values()),
        "faults_still_waiting": sum(observed.faults.waiting.values()),
        "events": dict(sorted(observed.delivery_faults.fired.items())),
        "kills": len(observed.kills),
        "events_given_up": len(observed.given_up),
    }


def _sweeps(observed: Observations) -> dict[str, Any]:
    """Return the counts of the sweeps, and the inputs that wait for another one.

    The second sweep mends the effects of late writes since the first one began, and nothing else.
    An input waits if its attempt in a sweep failed, which only a fault may cause.
    """
    log, (first, second) = observed.log, observed.sweeps[:2]
    mended = {key for key, one in log.late_writes(first.began) if one.served < second.ended}
    changed = log.changed_inputs(second.began, second.ended)
    hit = [
        key
        for key in observed.waiting
        if any(one.fault and one.began >= first.began for one in log.exchanges[key])
    ]
    return {
        "sweeps": [sweep.counts for sweep in observed.sweeps],
        "done_by_second_sweep": sum(key not in mended for key in changed),
        "mended_by_second_sweep": len(mended.intersection(changed)),
        "waiting_after_two_sweeps": len(observed.waiting),
        "waiting_without_a_fault": sorted(set(observed.waiting) - set(hit)),
    }


def checks(report: dict[str, Any]) -> dict[str, bool]:
    """Return each check, and whether it holds."""
    allowed = report["inputs"] + report["ocr_calls_caused_by_faults"]
    waiting = report["waiting_after_two_sweeps"]
    return {
        "nothing lost": report["lost"] == 0,
        "nothing wrong": report["wrong"] == 0,
        "no record overwritten by a worse one, except by a late write": report["overwritten"] == 0,
        "every overwriting by a late write mended by the next sweep": (
            report["overwritten_not_mended_in_time"] == 0
        ),
        "OCR calls: one for each input, plus those caused by faults": (
            report["ocr_calls"] <= allowed and not report["ocr_calls_by_cause"].get(UNEXPLAINED)
        ),
        "the second sweep has nothing to do": (
            report["done_by_second_sweep"] == 0 and not report["sweeps"][1]["failed_rounds"]
        ),
        "few inputs wait after two sweeps, each for a fault": (
            waiting <= max(1, _MAX_WAITING * report["inputs"])
            and not report["waiting_without_a_fault"]
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
            change.exchange.served for change in observed.log.stored(key) if change.etag == etag
        ]
        if stored and min(stored) > observed.sweeps[0].began:
            swept += 1
        elif stored:
            delays.append(min(stored) - since)
    return delays, swept
