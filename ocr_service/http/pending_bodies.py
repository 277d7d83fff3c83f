"""Bodies of requests that are not authenticated yet.

A signature covers the body, so that it must be read before the signature can be checked. The
bodies that arrive at the same time are limited in number and size. At a limit the oldest body of
the address with the most is given up: an honest one arrives within a short time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import anyio
from starlette.requests import Request

from ocr_service.errors import TOO_MANY_AT_ONCE, ApiError
from ocr_service.http.connections import address_of
from ocr_service.http.limits import Body, read_body

_MAX_REQUESTS = 64
_MAX_TOTAL_BYTES = 64 << 20


@dataclass(eq=False)
class _Pending:
    address: str
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    size: int = 0


class PendingBodies:
    """Reads bodies; ``evicted`` counts those that were given up."""

    def __init__(
        self, max_requests: int = _MAX_REQUESTS, max_total_bytes: int = _MAX_TOTAL_BYTES
    ) -> None:
        self._max_requests = max_requests
        self._max_total_bytes = max_total_bytes
        self._pending: dict[_Pending, None] = {}  # in order of arrival
        self.evicted = 0

    def count(self) -> int:
        """Return the number of bodies that arrive."""
        return len(self._pending)

    async def read(self, request: Request, max_bytes: int, seconds: float) -> Body:
        """Read a body of at most ``max_bytes`` within ``seconds``.

        Raises:
            ApiError: the body is too long or too slow, or was given up for others.
            starlette.requests.ClientDisconnect: the client disconnected.
        """
        one = _Pending(address_of(request.scope.get("client")))

        def count(size: int) -> None:
            one.size += size
            self._make_room()

        self._pending[one] = None
        self._make_room()
        try:
            with one.scope:
                return await read_body(request, max_bytes, seconds, count)
        finally:
            self._pending.pop(one, None)
        raise ApiError(TOO_MANY_AT_ONCE, headers={"Retry-After": "1"})

    def _make_room(self) -> None:
        while len(self._pending) > self._max_requests:
            self._give_up(Counter(one.address for one in self._pending))
        while sum(one.size for one in self._pending) > self._max_total_bytes:
            sizes: Counter[str] = Counter()
            for one in self._pending:
                sizes[one.address] += one.size
            self._give_up(sizes)

    def _give_up(self, weights: Counter[str]) -> None:
        address = max(weights, key=lambda one: weights[one])
        oldest = next(one for one in self._pending if one.address == address)
        del self._pending[oldest]
        self.evicted += 1
        oldest.scope.cancel()
