"""The risk score of the review queue on invoices that were read: does it find the wrong ones?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from accounting.review.queue.risk import Facts, assess
from bench.ocr.accuracy import Result
from bench.ocr.cases import FIELDS
from quota_invoice.invoice.fields import Conditions
from quota_invoice.invoice.interpret import interpret

_LOOKED_AT = 1.5  # invoices that a person looks at, per wrong invoice


def doubt(results: Sequence[Result], *, with_hidden: bool = False) -> dict[str, Any]:
    """Return how well the risk score tells wrong invoices from right ones.

    ``auroc``: the chance that a wrong invoice has a higher score than a right one; 1.0 if all are
    right. ``found``: the share of the wrong invoices among the most doubtful ones, which are 1.5
    times as many; of several with the same score, each counts in part.

    Args:
        results: the readings.
        with_hidden: whether invoices with a hidden field count. A person must look at them, however
            well they are read, so they are right ones with a high score.
    """
    truths = [(result, result.case.truth) for result in results]
    results = [result for result, truth in truths if truth and (with_hidden or all(truth.values()))]
    wrong = np.array([not result.all_right for result in results], bool)
    scores = np.array([risk(result) for result in results])
    return {
        "images": len(results),
        "wrong": int(wrong.sum()),
        "auroc": round(_auroc(scores, wrong), 4),
        "found": round(_found(scores, wrong), 4),
    }


def risk(result: Result) -> int:
    """Return the risk score, 0 to 100, of the record of an image with this reading."""
    fields = result.reading.fields
    if fields is None:
        return assess(Facts(has_failed=True)).score
    texts: dict[str, Any] = {name: fields[name][0] for name in FIELDS}
    confidence = {name: fields[name][1] for name in FIELDS}
    entry = interpret({**texts, "confidence": confidence}, (), Conditions(is_one_per_image=True))
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
