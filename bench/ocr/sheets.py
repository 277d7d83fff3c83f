"""Figures of the invoices found on sheets and table tops with several papers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from bench.drawing import Group
from bench.ocr.cases import FIELDS, Pixels
from bench.ocr.engines import Ticket

_SAME_PAPER = 0.3  # intersection over union of two polygons around the same paper


@dataclass
class Sheets:
    """Counts over all sheets."""

    invoices: int = 0
    invented: int = 0
    overlaps: list[float] = field(default_factory=list)
    """Intersection over union of each invoice found and its paper."""
    right: int = 0
    """Fields of the invoices found."""

    def figures(self) -> dict[str, Any]:
        """Return the figures for the report."""
        overlaps = self.overlaps or [0.0]
        return {
            "invoices": self.invoices,
            "found": len(self.overlaps),
            "invented": self.invented,
            "fields_right": round(self.right / (len(overlaps) * len(FIELDS)), 4),
            "overlap_median": round(float(np.median(overlaps)), 3),
            "overlap_5th_percentile": round(float(np.quantile(overlaps, 0.05)), 3),
        }


def read_sheets(
    read_all: Callable[[Pixels], Sequence[Ticket]], groups: Iterable[Group]
) -> dict[str, Any]:
    """Read every sheet; an invoice counts as found if a polygon covers its paper."""
    counts = Sheets()
    for group in groups:
        _count(counts, group, read_all(np.asarray(group.image, np.uint8)))
    return counts.figures()


def _count(counts: Sheets, group: Group, found: Sequence[Ticket]) -> None:
    rest = list(found)
    for paper in group.tickets:
        if not paper.truth:
            continue
        counts.invoices += 1
        best = max(rest, key=lambda each: overlap(each.polygon, paper.polygon), default=None)
        if best is None or overlap(best.polygon, paper.polygon) < _SAME_PAPER:
            continue
        rest.remove(best)
        counts.overlaps.append(overlap(best.polygon, paper.polygon))
        counts.right += sum(best.fields[name][0] == getattr(paper.truth, name) for name in FIELDS)
    counts.invented += len(rest)


def overlap(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return the intersection over union of two convex polygons.

    >>> square = ((0, 0), (10, 0), (10, 10), (0, 10))
    >>> overlap(square, square), overlap(square, ((5, 0), (15, 0), (15, 10), (5, 10)))
    (1.0, 0.3333)
    """
    first, second = (np.array(each, np.float32) for each in (one, other))
    common, _ = cv2.intersectConvexConvex(first, second)
    union = cv2.contourArea(first) + cv2.contourArea(second) - common
    return round(float(common / union), 4) if union else 0.0
