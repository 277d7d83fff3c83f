"""Where an invocation's time goes: waiting for the OCR service, for the bucket, own work."""

from __future__ import annotations

import time
from collections import defaultdict


class Stopwatch:
    """Adds up the seconds spent waiting, by name: ``ocr`` and ``bucket``.

    It starts when it is made. Where several threads wait at once, the seconds of each count.
    """

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._waited: defaultdict[str, float] = defaultdict(float)

    def waiting(self, name: str) -> _Waiting:
        """Count the time of the block, also when it raises."""
        return _Waiting(self._waited, name)

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._started

    def by_name(self) -> dict[str, float]:
        """Return the seconds spent waiting, by name, and the rest as ``own``."""
        return {**self._waited, "own": self.elapsed() - sum(self._waited.values())}


class _Waiting:
    """A block whose time is counted; a generator would take longer than the rest of it."""

    __slots__ = ("_name", "_started", "_waited")

    def __init__(self, waited: defaultdict[str, float], name: str) -> None:
        self._waited = waited
        self._name = name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._waited[self._name] += time.perf_counter() - self._started
