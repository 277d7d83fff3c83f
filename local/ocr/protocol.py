"""HTTP connections with bounds that uvicorn's own protocol does not set.

How many there are, how long and how large the part before the body may be, and a JSON body even
where a request never becomes one.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.ocr.codes import BAD_REQUEST, HEAD_TOO_LONG, TOO_MANY_CONNECTIONS, Code, Refusal

if TYPE_CHECKING:
    from asyncio.events import TimerHandle

LONGEST_HEAD = 64 << 10
"""Bytes of request line and headers; security tokens and signed headers need some 10,000."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A subclass sets its two limits; see `bounded`."""

    connections_limit: int
    head_seconds: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or turn it away."""
        super().connection_made(transport)
        if len(self.connections) > self.connections_limit:
            self._turn_away(TOO_MANY_CONNECTIONS)
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go."""
        self._cancel_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless the head of the request has grown too large."""
        if self.transport.is_closing():
            return
        self._head_bytes = self._head_bytes + len(data) if self._in_head else 0
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            if self._head_bytes > LONGEST_HEAD:
                self._turn_away(HEAD_TOO_LONG)
            elif self._head_timer is None:
                self._expect_head()

    def on_message_begin(self) -> None:
        """Note that a request's head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that it is complete."""
        self._in_head = False
        self._cancel_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own
        """Answer what is not HTTP."""
        self._turn_away(BAD_REQUEST)

    def shutdown(self) -> None:
        """Stop: at once where nothing is under way.

        Under TLS a mere close would wait half a minute for a caller that keeps the connection.
        """
        idle = self.cycle is None or self.cycle.response_complete
        super().shutdown()
        if idle and self.transport.get_write_buffer_size() == 0:
            self.transport.abort()

    def _turn_away(self, code: Code) -> None:
        body = json.dumps(Refusal(code).body()).encode()
        head = (
            f"HTTP/1.1 {code.status} {HTTPStatus(code.status).phrase}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {uuid.uuid4().hex}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._too_slow)

    def _too_slow(self) -> None:
        self.transport.abort()

    def _cancel_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def bounded(connections: int, head_seconds: float) -> type[BoundedProtocol]:
    """Make the protocol class for these limits."""
    limits = {"connections_limit": connections, "head_seconds": head_seconds}
    return type("Bounded", (BoundedProtocol,), limits)
