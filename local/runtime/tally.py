"""A thread-safe counter."""

from __future__ import annotations

import threading
from collections import Counter


class Tally(Counter[str]):
    """Counts events by name; several threads may add."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def add(self, name: str) -> None:
        """Add one."""
        with self._lock:
            self[name] += 1
