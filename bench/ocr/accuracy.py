"""Accuracy figures of the readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from bench.ocr.cases import FIELDS, Case
from bench.ocr.engines import Reading

_SURE = 0.95
_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)  # limits of the intervals of confidence


@dataclass(frozen=True)
class Result:
    """A case with the reading of an engine."""

    case: Case
    reading: Reading

    def text(self, field: str) -> str:
        """Return the text of a field; empty if it was not read."""
        return self.reading.fields[field][0] if self.reading.fields else ""

    def is_right(self, field: str) -> bool:
        """Whether a field is right; a field that must not be read must be empty.

        Amounts are compared without their sign: ￥10.00 equals 10.00.
        """
        if self.case.truth is None:
            return not self.text(field)
        if field not in self.case.truth:
            return True
        return _plain(self.text(field)) == _plain(self.case.truth[field])

    @property
    def all_right(self) -> bool:
        """Whether all fields are right, and the image was refused if necessary."""
        refused_if_due = self.case.truth is not None or self.reading.fields is None
        return refused_if_due and all(self.is_right(field) for field in FIELDS)

    def without_image(self) -> Result:
        """Return the result without its image, to save memory; only failures need theirs."""
        return replace(self, case=replace(self.case, image=self.case.image[:0].copy()))


def accuracy(results: Sequence[Result]) -> dict[str, Any]:
    """Return the shares of right fields: by field, all four, and those with high confidence."""
    sure = [
        result.is_right(field)
        for result in results
        if result.reading.fields
        for field in FIELDS
        if result.reading.fields[field][1] > _SURE
    ]
    seconds = [result.reading.seconds for result in results] or [0.0]
    fields = max(1, len(results) * len(FIELDS))
    cpu_seconds = [result.reading.cpu_seconds for result in results] or [0.0]
    return {
        "images": len(results),
        "fields": {
            field: {"accuracy": _share([result.is_right(field) for result in results])}
            for field in FIELDS
        },
        "all_four": {"accuracy": _share([result.all_right for result in results])},
        "calibration": {
            "above_095": len(sure),
            "above_095_right": _share(sure),
            "wrong_above_095_per_1000": round(1000 * (len(sure) - sum(sure)) / fields, 2),
            "share_above_095": round(len(sure) / fields, 4),
            "bins": bins(results),
        },
        "median_s": round(median(seconds), 4),
        "percentile_95_s": round(float(np.quantile(seconds, 0.95)), 4),
        "median_cpu_s": round(median(cpu_seconds), 4),
        "percentile_95_cpu_s": round(float(np.quantile(cpu_seconds, 0.95)), 4),
    }


def bins(results: Sequence[Result]) -> list[dict[str, float]]:
    """Return the number of fields read and of right ones, by intervals of their confidence."""
    read = [
        (result.reading.fields[field][1], result.is_right(field))
        for result in results
        if result.reading.fields
        for field in FIELDS
        if result.text(field)
    ]
    figures = []
    for low, high in pairwise(_BINS):
        own = [is_right for confidence, is_right in read if low < confidence <= high]
        figures.append({"above": low, "fields": len(own), "right": sum(own), "share": _share(own)})
    return figures


def by_kind(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return the numbers of right fields for each kind of damage."""
    figures = {}
    for kind in sorted({result.case.kind for result in results}):
        own = [result for result in results if result.case.kind == kind]
        figures[kind] = {
            "images": len(own),
            **{field: sum(result.is_right(field) for result in own) for field in FIELDS},
            "all_four": sum(result.all_right for result in own),
            "median_s": round(median(result.reading.seconds for result in own), 4),
        }
    return figures


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, minimum and maximum."""
    return {
        "median": round(median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 1.0


def _plain(text: str) -> str:
    return text.lstrip("￥¥")
