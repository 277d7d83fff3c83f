"""Limits against too much: at once, per minute, per body."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
from starlette.requests import Request

from ocr_service.contract.errors import (
    BODY_TOO_LONG,
    BODY_TOO_SLOW,
    TOO_MANY_A_MINUTE,
    TOO_MANY_AT_ONCE,
    ApiError,
)

LONGEST_BODY = 16 << 20
"""Bytes of a request body: 10 MiB of Base64 fit in, and so does an 11 MB file, which then is told
AIS.0103 as documented rather than 413."""
WINDOW = 60.0


class Slots:
    """So many requests under way, and no more."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Take a slot for as long as the block lasts.

        Raises:
            ApiError: all are taken.
        """
        if self._taken >= self._most:
            raise ApiError(TOO_MANY_AT_ONCE, headers={"Retry-After": "1"})
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


class Room:
    """So much at a time, for threads; what is more than all of it has it alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._door = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, much: int) -> Iterator[None]:
        """Take room for as long as the block lasts; wait until there is, first come, first served.

        A small one does not pass a large one, which might then wait for ever.
        """
        with self._door, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + much <= self._most)
            self._taken += much
        try:
            yield
        finally:
            with self._changed:
                self._taken -= much
                self._changed.notify()


class PerMinute:
    """So many requests in each window of a minute, as the gateway counts; 0 sets no limit."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._start = -math.inf
        self._count = 0

    def take(self) -> None:
        """Count one request.

        Raises:
            ApiError: the window is full; Retry-After gives the seconds until the next.
        """
        now = self._clock()
        if now - self._start >= WINDOW:
            self._start, self._count = now, 0
        if self._most and self._count >= self._most:
            wait = math.ceil(self._start + WINDOW - now)
            raise ApiError(TOO_MANY_A_MINUTE, headers={"Retry-After": str(wait)})
        self._count += 1


@dataclass(frozen=True)
class Body:
    """A request's body, and its SHA-256 in hex."""

    data: bytes
    sha256: str


async def read_body(request: Request, longest: int, seconds: float) -> Body:
    """Read the body, in memory for at most `longest` bytes, within `seconds`.

    Raises:
        ApiError: it is too long, or comes too slowly.
        starlette.requests.ClientDisconnect: the caller went away.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > longest:
        raise ApiError(BODY_TOO_LONG)
    digest = hashlib.sha256()
    data = bytearray()
    try:
        with anyio.fail_after(seconds):
            async for chunk in request.stream():
                data += chunk
                if len(data) > longest:
                    raise ApiError(BODY_TOO_LONG)
                digest.update(chunk)
    except TimeoutError:
        raise ApiError(BODY_TOO_SLOW) from None
    return Body(bytes(data), digest.hexdigest())
