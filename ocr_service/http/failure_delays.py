"""Delays of responses to wrong tokens, signatures and passwords, so that guessing takes long."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_FREE = 5
"""Failures without a delay: someone may mistype a token."""
_FIRST_SECONDS = 0.1
_MAX_SECONDS = 1.0
"""The delay doubles up to this one; a connection waits meanwhile."""
_MEMORY_SECONDS = 60.0
_MAX_ADDRESSES = 4096


class FailureDelays:
    """Counts the failures of each address; ``total`` counts all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self.total = 0

    def after_failure(self, address: str) -> float:
        """Count a failure; return the seconds to wait before the response."""
        now = self._clock()
        count, last = self._failures.pop(address, (0, now))
        count = count + 1 if now - last < _MEMORY_SECONDS else 1
        self._failures[address] = count, now
        self.total += 1
        if len(self._failures) > _MAX_ADDRESSES:
            self._failures.popitem(last=False)
        doublings = count - _FREE - 1
        return min(_FIRST_SECONDS * 2.0 ** min(doublings, 10), _MAX_SECONDS) if count > _FREE else 0
