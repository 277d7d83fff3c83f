"""Limits on pixels in work, requests per minute, and the size of a body."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
from starlette.requests import Request

from ocr_service import errors
from ocr_service.errors import ApiError

MAX_BODY_BYTES = 16 << 20
"""Enough for 10 MiB of Base64, and for a file of 11 MB, which gets AIS.0103 as documented."""
_WINDOW = 60.0  # seconds


class WeightedSemaphore:
    """A semaphore for threads whose holders have weights.

    A holder heavier than the limit runs alone.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._queue = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, weight: int) -> Iterator[None]:
        """Hold a weight during the block; wait in order of arrival, so that none starves."""
        with self._queue, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + weight <= self._limit)
            self._taken += weight
        try:
            yield
        finally:
            with self._changed:
                self._taken -= weight
                self._changed.notify()


class PerMinute:
    """Limits requests of a key per window of a minute, as API Gateway does; 0 sets no limit."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._start = -math.inf
        self._counts: Counter[str] = Counter()

    def take(self, key: str = "") -> None:
        """Count one request.

        Raises:
            ApiError: the limit is reached; Retry-After has the seconds until the next window.
        """
        now = self._clock()
        if now - self._start >= _WINDOW:
            self._start = now
            self._counts.clear()
        if self._limit and self._counts[key] >= self._limit:
            wait = math.ceil(self._start + _WINDOW - now)
            raise ApiError(errors.TOO_MANY_A_MINUTE, headers={"Retry-After": str(wait)})
        self._counts[key] += 1


@dataclass(frozen=True)
class Body:
    """The body of a request, and its SHA-256 in hex."""

    data: bytes
    sha256: str


async def read_body(
    request: Request, max_bytes: int, seconds: float, count: Callable[[int], object] = bool
) -> Body:
    """Read at most ``max_bytes`` within ``seconds``; ``count`` gets the size of each part.

    Raises:
        ApiError: the body is too long or too slow.
        starlette.requests.ClientDisconnect: the client disconnected.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise ApiError(errors.BODY_TOO_LONG)
    digest = hashlib.sha256()
    data = bytearray()
    try:
        with anyio.fail_after(seconds):
            async for chunk in request.stream():
                data += chunk
                if len(data) > max_bytes:
                    raise ApiError(errors.BODY_TOO_LONG)
                digest.update(chunk)
                count(len(chunk))
    except TimeoutError:
        raise ApiError(errors.BODY_TOO_SLOW) from None
    return Body(bytes(data), digest.hexdigest())
