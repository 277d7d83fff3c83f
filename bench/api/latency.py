"""Latency figures of API calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import Any

from bench.api.callers import CallResult


def figures(results: Sequence[CallResult], seconds: float) -> dict[str, Any]:
    """Return counts, latencies and the function's own time, in total and by kind of request.

    Args:
        results: the result of every call.
        seconds: duration of the run.
    """
    kinds = sorted({one.kind for one in results})
    return {
        **_of(results),
        "requests_per_second": round(len(results) / seconds, 1),
        "statuses": dict(sorted(Counter(str(one.status) for one in results).items())),
        "by_kind": {kind: _of([one for one in results if one.kind == kind]) for kind in kinds},
    }


def _of(results: Sequence[CallResult]) -> dict[str, Any]:
    return {
        "requests": len(results),
        "errors": sum(one.is_error for one in results),
        "latency_ms": _spread(one.ms for one in results),
        "own_ms": _spread(one.own_ms for one in results if one.own_ms is not None),
    }


def _spread(values: Iterable[float]) -> dict[str, float]:
    """Return median, 95th and 99th percentile; empty for fewer than two values.

    >>> _spread([1, 2, 3])
    {'median': 2, 'p95': 2.9, 'p99': 2.98}
    """
    ordered = sorted(values)
    if len(ordered) < 2:  # noqa: PLR2004 - quantiles need two values
        return {}
    hundredths = quantiles(ordered, n=100, method="inclusive")
    return {
        "median": round(median(ordered), 2),
        "p95": round(hundredths[94], 2),
        "p99": round(hundredths[98], 2),
    }
