"""Times of both engines on the same images, and of two images at once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from statistics import median
from typing import Any

from bench.drawing import KINDS
from bench.ocr.accuracy import spread
from bench.ocr.cases import SPARE, drawn_cases
from bench.ocr.engines import Engine

_SIDES = (1000, 3000)  # pixels of the longer side
_LEAST_SPEEDUP = {"1000px": 7.0, "3000px": 10.0}  # times as fast as the stock engine
_PAIRS = 6


def speed(seed: int, count: int, ours: Engine, stock: Engine) -> dict[str, Any]:
    """Return the times of both engines, and the memory that they needed."""
    figures: dict[str, Any] = {"speedup": {}, "speedup_spread": {}}
    for side in _SIDES:
        ratios, times = _race(seed, side, count, ours, stock)
        figures["speedup"][f"{side}px"] = round(median(ratios), 2)
        figures["speedup_spread"][f"{side}px"] = {"ratio": spread(ratios), **times}
    figures["peak_mb"] = round(ours.peak_mb())
    figures["two_at_once"] = {**_pairs(seed, ours), "peak_mb": round(ours.peak_mb())}
    return figures


def _race(
    seed: int, side: int, count: int, ours: Engine, stock: Engine
) -> tuple[list[float], dict[str, Any]]:
    """Read the same images with both engines in turn; return the ratios of their times."""
    step = max(1, len(KINDS) // count)
    drawn = drawn_cases(seed, 1, tuple(KINDS), first=SPARE, long_side=side)
    cases = list(islice(drawn, 0, step * count, step))
    for engine in (ours, stock):
        engine.read(cases[0].image)  # warm up the caches for this size
    times = [(ours.read(case.image).seconds, stock.read(case.image).seconds) for case in cases]
    spreads = {"ours_s": spread([own for own, _ in times])}
    spreads["stock_s"] = spread([other for _, other in times])
    return [other / own for own, other in times], spreads


def _pairs(seed: int, ours: Engine) -> dict[str, Any]:
    cases = list(islice(drawn_cases(seed, 1, tuple(KINDS), first=SPARE + 1), 2 * _PAIRS))
    pairs = zip(cases[::2], cases[1::2], strict=True)
    times = [ours.pair_seconds((one.image, other.image)) for one, other in pairs]
    return {
        "one_after_other_s": spread([time for time, _ in times]),
        "at_once_s": spread([time for _, time in times]),
        "ratio": spread([alone / at_once for alone, at_once in times]),
    }


def missed_limits(report: Mapping[str, Any]) -> list[str]:
    """Return a line for each limit that was missed; none if the stock engine was left out."""
    missed = [
        f"less than {least} times as fast as the stock engine at {size}"
        for size, least in _LEAST_SPEEDUP.items()
        if report.get("speedup", {}).get(size, least) < least
    ]
    if report["stock"]:
        ours, stock = (
            report[name]["all_four"]["accuracy"] for name in ("same_images_as_stock", "stock")
        )
        if ours < stock:
            missed.append("fewer invoices with all fields right than the stock engine's")
    return missed
