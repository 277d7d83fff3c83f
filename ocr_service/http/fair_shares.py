"""Shares of slots and readers between keys: a busy key does not lock out another one."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from ocr_service.errors import TOO_MANY_AT_ONCE, ApiError


class FairSlots:
    """Limits concurrent requests.

    One key alone may use every slot. When all are in use, a key with less than its share of them
    gets another one, up to twice as many slots in total.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    def used(self) -> int:
        """Return the number of slots in use."""
        return self._taken.total()

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Hold a slot during the block.

        Raises:
            ApiError: all slots are in use.
        """
        share = max(1, self._limit // len(self._taken.keys() | {key}))
        limit = 2 * self._limit if self._taken[key] < share else self._limit
        if self.used() >= limit:
            self._drop(key)
            raise ApiError(TOO_MANY_AT_ONCE, headers={"Retry-After": "1"})
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            self._drop(key)

    def _drop(self, key: str) -> None:
        if not self._taken[key]:
            del self._taken[key]


class FairSemaphore:
    """A semaphore for tasks: the key with the fewest holders is next, and keys take turns."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._holders: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, and keep it during the block."""
        await self._acquire(key)
        try:
            yield
        finally:
            self._release(key)

    def waiting(self) -> int:
        """Return the number of waiting tasks."""
        return sum(not turn.done() for turns in self._waiting.values() for turn in turns)

    async def _acquire(self, key: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # granted and cancelled at the same time
                self._release(key)
            raise

    def _release(self, key: str) -> None:
        self._free += 1
        self._holders[key] -= 1
        if not self._holders[key]:
            del self._holders[key]
        self._grant()

    def _grant(self) -> None:
        while self._free and self._waiting:
            key = min(self._waiting, key=lambda one: self._holders[one])
            turns = self._waiting.pop(key)
            turn = turns.popleft()
            if turns:
                self._waiting[key] = turns  # as the last of the keys
            if not turn.done():  # not cancelled
                turn.set_result(None)
                self._free -= 1
                self._holders[key] += 1
