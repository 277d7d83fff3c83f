"""HTTP connections with bounds that uvicorn's own protocol does not set.

How many there are; how long and how large all may be that is not a body; how many requests wait
their turn on one connection; how long a caller may leave its answers unread. And a JSON body even
where a request never becomes one.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from asyncio.events import TimerHandle
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ocr_service.contract.errors import (
    BAD_REQUEST,
    HEAD_TOO_LONG,
    TOO_MANY_CONNECTIONS,
    ApiError,
    Code,
)
from ocr_service.http.flow_control import Flow

LONGEST_HEAD = 64 << 10
"""Bytes of request line and headers; security tokens and signed headers need some 10,000. And bytes
in a row that bring no byte of a body, such as a chunked body's trailers."""
MOST_WAITING = 8
"""Requests on one connection that were sent before the first was answered. Where so many wait, no
more is read from the caller until one is answered."""
STEP = 4 << 10
"""Bytes that are parsed at once: room for 150 of the smallest requests, which is how far a
connection can go beyond `MOST_WAITING`."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A subclass sets its limits; see `bounded`."""

    connections_limit: int
    head_seconds: float
    unread_seconds: float
    flow: Flow

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._barren_bytes = 0
        self._unparsed = b""
        self._deaf = False
        self._wrong = BAD_REQUEST
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or turn it away."""
        super().connection_made(transport)
        self.flow = Flow(transport, self.unread_seconds)
        if len(self.connections) > self.connections_limit:
            self._turn_away(TOO_MANY_CONNECTIONS)
        else:
            self._head_timer = self.loop.call_later(self.head_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go."""
        self._cancel_head_timer()
        self.flow.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        self._parse(self._unparsed + data)

    def on_url(self, url: bytes) -> None:
        """Take a part of the URL."""
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; a trailer, which comes after the head, is of no use here."""
        if self._in_head:
            self._head_bytes += len(name) + len(value)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Judge the head, and begin to answer."""
        if self._head_bytes > LONGEST_HEAD:
            self._wrong = HEAD_TOO_LONG
            raise ValueError(HEAD_TOO_LONG.message)
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError("Host is missing or repeated")  # RFC 9112, 3.2
        super().on_headers_complete()
        self._in_head, self._barren_bytes = False, 0
        self._cancel_head_timer()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._barren_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect the next request, if any."""
        self._in_head, self._head_bytes, self._barren_bytes = True, 0, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self.flow.watch()
        if not self.transport.is_closing():
            self.loop.call_soon(self._parse_rest)

    def pause_writing(self) -> None:
        """Note that answers are not being read."""
        super().pause_writing()
        self.flow.watch()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own
        """Answer what is not HTTP."""
        self._turn_away(self._wrong)

    def shutdown(self) -> None:
        """Stop: at once where nothing is under way.

        Under TLS a mere close would wait half a minute for a caller that keeps the connection.
        """
        idle = self.cycle is None or self.cycle.response_complete
        super().shutdown()
        if idle and self.transport.get_write_buffer_size() == 0:
            self.transport.abort()

    def _parse(self, data: bytes) -> None:
        view, at = memoryview(data), 0
        while at < len(data) and self._hears() and len(self.pipeline) < MOST_WAITING:
            step = view[at : at + STEP]
            at += len(step)
            self._barren_bytes += len(step)
            super().data_received(step)  # type: ignore[arg-type]  # httptools takes any buffer
            if self._barren_bytes > LONGEST_HEAD:
                self._turn_away(HEAD_TOO_LONG)
        self._unparsed = bytes(view[at:]) if self._hears() else b""
        self.flow.hold(bool(self._unparsed))
        self._watch_head()

    def _parse_rest(self) -> None:
        if self._hears():
            self._parse(self._unparsed)

    def _hears(self) -> bool:
        return not (self._deaf or self.transport.is_closing() or self.parser is None)

    def _unsupported_upgrade_warning(self) -> None:
        """Answer the request that asks for another protocol, and take no more: who knows what."""
        self.cycle.keep_alive = False
        self._deaf = True

    def _turn_away(self, code: Code) -> None:
        if self.transport.is_closing():
            return
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy and self._in_head:  # those before it are answered, and the connection ends
            self.cycle.keep_alive = False
            self._deaf = True
        elif self.pipeline or (busy and self.cycle.response_started):
            self.transport.abort()  # an answer now would be taken for another request's
        else:
            self.transport.write(_answer(code))
            self.transport.close()

    def _watch_head(self) -> None:
        """Give the caller its time for a head, once it has begun and nothing is before it."""
        busy = self.cycle is not None and not self.cycle.response_complete
        begun = self._in_head and self._barren_bytes
        if begun and not busy and self._hears() and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def bounded(connections: int, head_seconds: float, unread_seconds: float) -> type[BoundedProtocol]:
    """Make the protocol class for these limits.

    Args:
        connections: that may be open.
        head_seconds: for a caller to send its headers.
        unread_seconds: for a caller to take answers.
    """
    limits = {
        "connections_limit": connections,
        "head_seconds": head_seconds,
        "unread_seconds": unread_seconds,
    }
    return type("Bounded", (BoundedProtocol,), limits)


def _answer(code: Code) -> bytes:
    body = json.dumps(ApiError(code).body()).encode()
    head = (
        f"HTTP/1.1 {code.status} {HTTPStatus(code.status).phrase}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"x-request-id: {uuid.uuid4().hex}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
