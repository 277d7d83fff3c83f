"""The open connections: their limits, and the one that closes when a limit is reached.

A caller without credentials can open connections and send nothing. Therefore a new connection is
not refused at the limit: the one of another caller that is least likely to be honest is closed. If
it is silent, its caller only notices a second later, so that it cannot connect again at once.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

_PARKED_SECONDS = 1.0


@dataclass(eq=False)
class Connection:
    """An open connection.

    Attributes:
        address: the client's IP address; of IPv6 the network, since a client has all of it.
        abort: closes the connection after some seconds, in which it is not read.
        has_sent: whether a complete request head has arrived.
        is_trusted: whether the request in work is authenticated.
        since: time of the last change, in seconds.
    """

    address: str
    abort: Callable[[float], object]
    since: float
    has_sent: bool = False
    is_trusted: bool = False


@dataclass
class Connections:
    """The open connections, at most ``limit``, and at most ``per_address`` of one address."""

    limit: int
    per_address: int
    clock: Callable[[], float] = time.monotonic
    evicted: int = 0
    _by_address: dict[str, set[Connection]] = field(default_factory=dict)
    _parked: set[Connection] = field(default_factory=set)

    def count(self) -> int:
        """Return the number of open connections."""
        return sum(map(len, self._by_address.values()))

    def open(
        self, client: tuple[str, int] | None, abort: Callable[[float], object]
    ) -> Connection | None:
        """Add a connection, and close another one at the limit.

        Returns:
            The connection; None if every other one has an authenticated request in work.
        """
        address = address_of(client)
        same = self._by_address.get(address, set())
        if len(same) >= self.per_address:
            is_free = self._evict_of(same)
        elif self.count() >= self.limit:
            is_free = self._evict_of(set().union(*self._by_address.values()))
        else:
            is_free = True
        if not is_free:
            return None
        one = Connection(address, abort, self.clock())
        self._by_address.setdefault(address, set()).add(one)
        return one

    def touch(self, one: Connection) -> None:
        """Note that a request head has arrived, or that a response is complete."""
        one.has_sent, one.is_trusted, one.since = True, False, self.clock()

    def close(self, one: Connection) -> None:
        """Remove a connection; nothing happens if it was removed before."""
        self._parked.discard(one)
        same = self._by_address.get(one.address, set())
        same.discard(one)
        if not same:
            self._by_address.pop(one.address, None)

    def _evict_of(self, connections: set[Connection]) -> bool:
        """Close one connection: of the address with the most, silent ones and old ones first."""
        candidates = [one for one in connections if not one.is_trusted]
        if not candidates:
            return False
        sizes = {address: len(same) for address, same in self._by_address.items()}
        victim = min(candidates, key=lambda one: (-sizes[one.address], one.has_sent, one.since))
        self.close(victim)
        self.evicted += 1
        parks = not victim.has_sent and len(self._parked) < self.limit
        if parks:
            self._parked.add(victim)
        victim.abort(_PARKED_SECONDS if parks else 0)
        return True


def trust(request: Request) -> None:
    """Note that the request is authenticated, so that its connection is not closed."""
    connection = getattr(request.state, "connection", None)
    if connection is not None:
        connection.is_trusted = True


def address_of(client: tuple[str, int] | None) -> str:
    """Return the address by which a client is limited.

    >>> address_of(("10.0.0.7", 4711)), address_of(("2001:db8::1:2:3:4", 4711))
    ('10.0.0.7', '2001:db8::/64')
    """
    text = client[0].partition("%")[0] if client else ""
    if ":" not in text:
        return text
    mapped = ipaddress.IPv6Address(text).ipv4_mapped
    return str(mapped or ipaddress.ip_network((text, 64), strict=False))
