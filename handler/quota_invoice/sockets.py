"""Sockets that end in time: every request is bounded in seconds and bytes, in its own thread.

A socket's own timeout starts again with each byte that arrives. Here each operation gets the time
that is left of the whole request, so that a request which is late ends where it was called, with
its connection closed. Nothing of it goes on in another thread, where it could still be carried out
with the credentials of another invocation.

A platform may freeze an instance between invocations, and the server or a gateway closes idle
connections meanwhile: a kept connection is used again only if it was idle for a short time.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from select import POLLIN, poll
from typing import Any

import certifi

from quota_invoice.deadline import Deadline, run_with_timeout

LONGEST_IDLE = 20.0
"""Seconds; servers and gateways close idle connections after 30 and more."""


AUTHORITIES = "by-subject"
"""The folder of public authorities in the zip, beside the file of all of them."""


class ResponseTooLarge(OSError):
    """A response has more bytes than its request allows."""


class KeptConnections:
    """The kept connections of one client: which of them may still be used."""

    def __init__(self) -> None:
        self._trusted_since = 0.0

    def distrust(self) -> None:
        """Use none of the present connections again: one of them failed, others may too."""
        self._trusted_since = time.monotonic()

    def trusts(self, opened_at: float) -> bool:
        """Whether a connection that was opened at this time of the monotonic clock may be used."""
        return opened_at > self._trusted_since


class Exchange:
    """One request and its response.

    Attributes:
        deadline: the end of both.
        bytes_left: bytes that may still be received.
        kept: the client's connections.
        is_sent: whether its request was sent; a second one is refused where an SDK would send it.
        status: the response's HTTP status, once it is known.
    """

    def __init__(self, deadline: Deadline, bytes_left: int, kept: KeptConnections) -> None:
        self.deadline = deadline
        self.bytes_left = bytes_left
        self.kept = kept
        self.is_sent = False
        self.status = 0

    def remaining(self) -> float:
        """Return the seconds left.

        Raises:
            TimeoutError: there are none.
        """
        seconds = self.deadline.remaining()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def is_over(self) -> bool:
        """Whether no time is left."""
        return self.deadline.remaining() <= 0

    def received(self, count: int) -> None:
        """Count received bytes.

        Raises:
            ResponseTooLarge: there are too many.
        """
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise ResponseTooLarge


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def exchange(seconds: float, most: int, kept: KeptConnections) -> Iterator[Exchange]:
    """Bound the request that the block sends: in seconds, and in bytes of its response."""
    begun = Exchange(Deadline.after(seconds), most, kept)
    token = _current.set(begun)
    try:
        yield begun
    finally:
        _current.reset(token)


def current_exchange() -> Exchange:
    """Return the exchange of the running request."""
    found = _current.get()
    # Without a bound, a request could wait for ever.
    assert found, "a request was sent outside an exchange"  # noqa: S101 - a defect of the caller
    return found


def connect(host: str, port: int) -> BoundedSocket:
    """Open a connection within the current exchange.

    The host name is looked up in a thread, which may go on for a while: the system's resolver has
    no time limit. It sends nothing to the service.

    Raises:
        OSError: no address of the host accepted a connection in time.
    """
    bounds = current_exchange()
    found = run_with_timeout(
        bounds.remaining(), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    failure: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        opened = BoundedSocket(family, kind, protocol)
        try:
            opened.settimeout(bounds.remaining())
            opened.connect(address)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            opened.close()
            failure = error
        else:
            return opened
    raise failure


class BoundedSocket(socket.socket):
    """A socket whose operations end with the current exchange.

    Attributes:
        opened_at: when it was made, in seconds of the monotonic clock.
        used_at: when bytes last arrived or left, by the monotonic clock and by the wall clock.
        failed: whether an operation raised: nothing that follows could be trusted.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the base class
        super().__init__(*args, **options)
        self.opened_at = time.monotonic()
        self.used_at = (self.opened_at, time.time())
        self.failed = False

    @contextmanager
    def _bounded(self) -> Iterator[Exchange]:
        self.failed = True
        bounds = current_exchange()
        self.settimeout(bounds.remaining())
        yield bounds
        self.used_at = (time.monotonic(), time.time())
        self.failed = False

    def recv_into(self, *args: Any) -> int:  # noqa: ANN401 - as the base class
        """Receive bytes; all reading of HTTP clients comes here."""
        with self._bounded() as bounds:
            count = super().recv_into(*args)
            bounds.received(count)
        return count

    def send(self, *args: Any) -> int:  # noqa: ANN401 - as the base class
        """Send bytes, or a part of them."""
        with self._bounded():
            return super().send(*args)

    def sendall(self, *args: Any) -> None:  # noqa: ANN401 - as the base class
        """Send all bytes."""
        with self._bounded():
            super().sendall(*args)

    def is_usable(self) -> bool:
        """Whether another request may be sent: used a moment ago, and not closed by the server.

        Both clocks count. The monotonic one may stand still while an instance is frozen, and the
        wall clock may be set back.
        """
        if self.failed or not current_exchange().kept.trusts(self.opened_at):
            return False
        if not is_recent(self.used_at):
            return False
        watched = poll()
        watched.register(self, POLLIN)
        return not watched.poll(0)  # without a request, only an end can have arrived


def is_recent(used_at: tuple[float, float]) -> bool:
    """Whether a time, by the monotonic clock and by the wall clock, is at most a moment ago."""
    idle = time.monotonic() - used_at[0], time.time() - used_at[1]
    return all(0 <= seconds < LONGEST_IDLE for seconds in idle)


class BoundedTlsSocket(BoundedSocket, ssl.SSLSocket):
    """The same, with TLS; an ``SSLContext`` makes it."""

    opened_at = 0.0
    used_at = (0.0, 0.0)
    failed = False

    def do_handshake(self, *args: Any) -> None:  # noqa: ANN401 - as the base class
        """Agree on keys; the first operation of a connection."""
        with self._bounded():
            super().do_handshake(*args)
        self.opened_at = self.used_at[0]


@cache
def bounded_tls(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that checks certificate and host name, and makes bounded sockets.

    Both clients share it. Loading all public authorities takes a tenth of a cold start: the zip has
    a folder of them in which OpenSSL finds the one that a server needs.

    Args:
        ca_file: the authorities to trust; None for the public ones.
    """
    public = certifi.where()
    folder = Path(public).with_name(AUTHORITIES)
    if ca_file is None and folder.is_dir():
        context = ssl.create_default_context(capath=str(folder))
    else:
        context = ssl.create_default_context(cafile=ca_file or public)
    context.sslsocket_class = BoundedTlsSocket
    return context
