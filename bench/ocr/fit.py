"""``python -m bench.ocr.fit``: fits the reader's confidence to the share of right fields.

The reader scores each field by the chances of its characters and by rules; ``_CALIBRATION`` of
``ocr_service.reading.fields.confidence`` turns scores into confidences. This command reads drawn
invoices, prints new points for that table, and checks them on the drawings of another seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Annotated

import numpy as np
import typer

from bench.console import console
from bench.drawing import HARD_KINDS, KINDS, TWO_PAPERS, TWO_QUOTA_INVOICES
from bench.ocr.cases import FIELDS, drawn_cases
from bench.ocr.engines import Engine
from ocr_service.reading.fields.candidates import BROKEN
from ocr_service.reading.fields.confidence import score

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Scored = tuple[float, bool]
"""The score of a field, and whether the field is right."""
Point = tuple[float, float]
"""A score and its confidence."""

_LIMITS = (0.3, 0.5, 0.7, BROKEN, 0.9, 0.95, 0.98, 0.99, 0.998, 1.0)
_PRIOR = 20  # fields added to each interval, as likely right as its score says


@app.command()
def fit(
    seed: Annotated[int, typer.Option(help="Drawings to fit to.")] = 1,
    check: Annotated[int, typer.Option(help="Drawings to check the fit.")] = 2,
    per_kind: Annotated[int, typer.Option(help="Drawings of each kind.")] = 4,
) -> None:
    """Print the points of the calibration, and the shares of right fields of the other seed."""
    with Engine("ours") as engine:
        points = fitted(_scored(engine, seed, per_kind))
        console.print(f"_CALIBRATION = {points}")
        rest = _scored(engine, check, per_kind)
    scores, confidences = zip(*points, strict=True)
    after = [(float(np.interp(each, scores, confidences)), right) for each, right in rest]
    for low, high in pairwise((0.0, *_LIMITS)):
        own = [right for confidence, right in after if low < confidence <= high]
        share = f"{sum(own) / len(own):.2%}" if own else "–"
        console.print(f"confidence {low} to {high}: {len(own)} fields, {share} right")


def _scored(engine: Engine, seed: int, per_kind: int) -> list[Scored]:
    found = []
    # Of two quota invoices, the reader halves the confidence: it does not mean the share of right
    # fields.
    kinds = [kind for kind in (*KINDS, *HARD_KINDS, *TWO_PAPERS) if kind not in TWO_QUOTA_INVOICES]
    for case in drawn_cases(seed, per_kind, kinds):
        fields = engine.read(case.image).fields or {}
        for name in FIELDS:
            text, confidence = fields.get(name, ("", 0.0))
            if text and case.truth:
                found.append((score(confidence), text == case.truth[name]))
    return found


def fitted(scored: Sequence[Scored]) -> list[Point]:
    """Return points of an increasing line through the shares of right fields.

    The line goes through the score of broken values, so that none of these gets more.
    """
    points = [(0.0, 0.0)]
    for low, high in ((0.0, BROKEN), (BROKEN, 1.0)):
        limits = [each for each in (0.0, *_LIMITS) if low <= each <= high]
        shares, weights, places = [], [], []
        for start, end in pairwise(limits):
            own = [each for each in scored if start < each[0] <= end]
            middle = float(np.mean([each for each, _ in own])) if own else (start + end) / 2
            right = sum(is_right for _, is_right in own) + _PRIOR * middle
            places.append(middle)
            weights.append(len(own) + _PRIOR)
            # The line must rise up to the limit, so that every confidence has one score.
            shares.append(min(max(right / weights[-1], low), high - (high - middle) / 10))
        points += zip(places, _increasing(shares, weights), strict=True)
        points.append((high, high))
    return _strictly((round(place, 4), round(share, 4)) for place, share in points)


def _increasing(shares: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the nearest shares that never decrease: neighbours out of order get their mean."""
    blocks: list[list[float]] = []  # mean, weight, number of shares
    for share, weight in zip(shares, weights, strict=True):
        blocks.append([share, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, count = blocks.pop()
            other, weight_of_other, more = blocks[-1]
            total = heavy + weight_of_other
            blocks[-1] = [(mean * heavy + other * weight_of_other) / total, total, count + more]
    return [mean for mean, _, count in blocks for _ in range(int(count))]


def _strictly(points: Iterable[Point]) -> list[Point]:
    """Leave out points that do not increase, so that every confidence has one score."""
    kept: list[Point] = []
    for place, share in points:
        if not kept or (place > kept[-1][0] and share > kept[-1][1]):
            kept.append((place, share))
    return kept


if __name__ == "__main__":
    app(prog_name="python -m bench.ocr.fit")
