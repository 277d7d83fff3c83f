"""The risk score of the review queue on invoices that were read: does it find the wrong ones?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from accounting.review.queue.risk import Facts, assess
from bench.drawing import TWO_QUOTA_INVOICES
from bench.ocr.accuracy import Result
from bench.ocr.cases import FIELDS, Case
from quota_invoice.invoice.fields import Conditions
from quota_invoice.invoice.interpret import interpret

_LOOKED_AT = 1.5  # invoices that a person looks at, per wrong invoice


def doubt(results: Sequence[Result], *, with_certain: bool = False) -> dict[str, Any]:
    """Return how well the risk score tells wrong invoices from right ones.

    ``auroc``: the chance that a wrong invoice has a higher score than a right one; 1.0 if all are
    right. ``found``: the share of the wrong invoices among the most doubtful ones, which are 1.5
    times as many; of several with the same score, each counts in part.

    Args:
        results: the readings.
        with_certain: whether images count that a person must look at however well they are read.
            They are right ones with a high score.
    """
    results = [
        result
        for result in results
        if result.case.truth and (with_certain or not _is_for_a_person(result.case))
    ]
    wrong = np.array([not result.all_right for result in results], bool)
    scores = np.array([risk(result) for result in results])
    return {
        "images": len(results),
        "wrong": int(wrong.sum()),
        "auroc": round(_auroc(scores, wrong), 4),
        "found": round(_found(scores, wrong), 4),
    }


def _is_for_a_person(case: Case) -> bool:
    """Whether a field is hidden, a second quota invoice shows, or the true fields have a finding.

    Of an old code, for example, the name of the tax bureau is the finding.
    """
    texts = case.truth or {}
    if not all(texts.values()) or case.kind in TWO_QUOTA_INVOICES:
        return True
    return bool(_record({name: (text, 1.0) for name, text in texts.items()})["needs_review"])


def _record(fields: Mapping[str, tuple[str, float]]) -> Mapping[str, Any]:
    """Return the entry of the record for these texts and their confidences."""
    texts = {name: text for name, (text, _) in fields.items()}
    confidence = {name: sure for name, (_, sure) in fields.items()}
    return interpret({**texts, "confidence": confidence}, (), Conditions(is_one_per_image=True))


def risk(result: Result) -> int:
    """Return the risk score, 0 to 100, of the record of an image with this reading."""
    fields = result.reading.fields
    if fields is None:
        return assess(Facts(has_failed=True)).score
    entry = _record({name: fields[name] for name in FIELDS})
    confidence = entry["confidence"]
    known = Facts(
        confidence=round(math.prod(confidence.values()), 2),
        codes=" ".join(each["code"] for each in entry["findings"]),
        severities=" ".join(each["severity"] for each in entry["findings"]),
    )
    return assess(known).score


def _auroc(scores: Sequence[int] | np.ndarray[Any, Any], wrong: np.ndarray[Any, Any]) -> float:
    higher = np.subtract.outer(np.asarray(scores)[wrong], np.asarray(scores)[~wrong])
    return float(((higher > 0) + (higher == 0) / 2).mean()) if higher.size else 1.0


def _found(scores: np.ndarray[Any, Any], wrong: np.ndarray[Any, Any]) -> float:
    if not wrong.any():
        return 1.0
    count = min(len(scores), math.ceil(_LOOKED_AT * int(wrong.sum())))
    last = np.sort(scores)[::-1][count - 1]
    above, equal = scores > last, scores == last
    share = (count - int(above.sum())) / int(equal.sum())
    return float((wrong & above).sum() + share * (wrong & equal).sum()) / int(wrong.sum())
