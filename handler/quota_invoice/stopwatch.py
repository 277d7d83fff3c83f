"""How long others were waited for: what is left of a request's time is our own share of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up seconds by name; ``ocr`` and ``bucket`` are the names in use.

    It is for one thread's waiting: where several wait at once, seconds count for each.
    """

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """Count the time of the block, however it ends."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] += time.perf_counter() - started

    def taken(self) -> dict[str, float]:
        """Give the seconds by name since the last time this was asked."""
        taken, self._seconds = self._seconds, defaultdict(float)
        return dict(taken)
