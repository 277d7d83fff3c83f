"""The risk score of the review queue on invoices that were read: does it find the wrong ones?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from accounting.review.queue.risk import Facts, assess
from bench.drawing import TWO_QUOTA_INVOICES
from bench.ocr.accuracy import Result
from bench.ocr.cases import FIELDS
from quota_invoice.invoice.fields import Conditions
from quota_invoice.invoice.interpret import interpret

_LOOKED_AT = 1.5  # invoices that a person looks at, per wrong invoice


def doubt(results: Sequence[Result], *, with_all: bool = False) -> dict[str, Any]:
    """Return how well the risk score tells wrong invoices from right ones.

    ``auroc``: the chance that a wrong invoice has a higher score than a right one; 1.0 if all are
    right. ``found``: the share of the wrong invoices among the most doubtful ones, which are 1.5
    times as many; of several with the same score, each counts in part.

    A person must look at an image with a hidden field or a second quota invoice, and at an invoice
    whose true fields have a finding, such as the tax bureau of an old code, however well it was
    read. So these images and findings are left out.

    Args:
        results: the readings.
        with_all: whether they count.
    """
    results = [
        result for result in results if result.case.truth and (with_all or _is_alone(result))
    ]
    wrong = np.array([not result.all_right for result in results], bool)
    scores = np.array([risk(result, with_all=with_all) for result in results])
    return {
        "images": len(results),
        "wrong": int(wrong.sum()),
        "auroc": round(_auroc(scores, wrong), 4),
        "found": round(_found(scores, wrong), 4),
    }


def risk(result: Result, *, with_all: bool = True) -> int:
    """Return the risk score, 0 to 100, of the record of an image with this reading.

    ``with_all``: whether findings count that the true fields have as well.
    """
    fields = result.reading.fields
    if fields is None:
        return assess(Facts(has_failed=True)).score
    read = {name: fields[name] for name in FIELDS}
    true = {name: (text, 1.0) for name, text in (result.case.truth or {}).items()}
    certain = set() if with_all else {each["code"] for each in _findings(true)}
    found = [each for each in _findings(read) if each["code"] not in certain]
    code, number, amount, place = (read[name][1] for name in FIELDS)
    known = Facts(
        confidence=round(min(code, place) * number * amount, 2),
        codes=" ".join(each["code"] for each in found),
        severities=" ".join(each["severity"] for each in found),
    )
    return assess(known).score


def _is_alone(result: Result) -> bool:
    """Whether the image shows one quota invoice, and all its fields."""
    return all((result.case.truth or {}).values()) and result.case.kind not in TWO_QUOTA_INVOICES


def _findings(fields: Mapping[str, tuple[str, float]]) -> list[dict[str, Any]]:
    """Return the findings of the record with these texts and confidences."""
    texts: dict[str, Any] = {name: text for name, (text, _) in fields.items()}
    confidence = {name: sure for name, (_, sure) in fields.items()}
    entry = interpret({**texts, "confidence": confidence}, (), Conditions(is_one_per_image=True))
    found: list[dict[str, Any]] = entry["findings"]
    return found


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
