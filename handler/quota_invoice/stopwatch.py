"""Where an invocation's time goes: waiting for the OCR service, for the bucket, own work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up the seconds spent waiting, by name: ``ocr`` and ``bucket``.

    It starts when it is made. Where several threads wait at once, the seconds of each count.
    """

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._waited: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """Count the time of the block, also when it raises."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._waited[name] += time.perf_counter() - started

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._started

    def by_name(self) -> dict[str, float]:
        """Return the seconds spent waiting, by name, and the rest as ``own``."""
        return {**self._waited, "own": self.elapsed() - sum(self._waited.values())}
