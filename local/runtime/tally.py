"""Counting what happened, for tests that must know that it did."""

from __future__ import annotations

import threading
from collections import Counter


class Tally(Counter[str]):
    """How often each thing happened, told by several threads; what never did is 0."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def add(self, what: str) -> None:
        """Count one more."""
        with self._lock:
            self[what] += 1
