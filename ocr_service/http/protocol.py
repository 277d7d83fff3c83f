"""Limits of HTTP connections that uvicorn's own protocol lacks.

They limit the number of connections, time and size of headers and trailers, pipelined requests, and
the time to read responses. Malformed requests get a JSON body as well.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from asyncio.events import TimerHandle
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ocr_service import errors
from ocr_service.errors import ApiError, Code
from ocr_service.http.connections import Connection, Connections
from ocr_service.http.flow_control import HeldFlowControl

_MAX_HEAD_BYTES = 64 << 10
"""Bytes of request line and headers, of which security tokens and signed headers need about 10,000;
also consecutive bytes without a byte of a body, such as the trailers of a chunked body."""
_MAX_PIPELINED = 8
"""Pipelined requests on one connection; at this number, reading pauses until the next response."""
_CHUNK = 4 << 10
"""Bytes that are parsed at once; as 150 minimal requests fit, a connection may exceed
``_MAX_PIPELINED`` by this number."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection; a subclass from ``limited_protocol`` sets the limits."""

    open_connections: Connections
    head_seconds: float
    unread_seconds: float
    flow: HeldFlowControl

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._overhead_bytes = 0
        self._unparsed = b""
        self._ignores_input = False
        self._parse_error = errors.BAD_REQUEST
        self._head_timer: TimerHandle | None = None
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, in the place of another one at the limit; or reject it."""
        super().connection_made(transport)
        self._connection = self.open_connections.open(self.client, self._abort_after)
        self.flow = HeldFlowControl(transport, self.unread_seconds)
        if self._connection is None:
            self._reject(errors.TOO_MANY_CONNECTIONS)
        else:
            self._head_timer = self.loop.call_later(self.head_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._cancel_head_timer()
        self.flow.close()
        if self._connection:
            self.open_connections.close(self._connection)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes."""
        self._parse(self._unparsed + data)

    def on_url(self, url: bytes) -> None:
        """Count the bytes of the URL."""
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the bytes of a header; ignore a trailer, which comes after the head."""
        if self._in_head:
            self._head_bytes += len(name) + len(value)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the head, and start the request."""
        if self._head_bytes > _MAX_HEAD_BYTES:
            self._parse_error = errors.HEAD_TOO_LONG
            raise ValueError(errors.HEAD_TOO_LONG.message)
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError("Host is missing or repeated")  # RFC 9112, 3.2
        if self._connection:
            self.scope["state"]["connection"] = self._connection
            self.open_connections.touch(self._connection)
        super().on_headers_complete()
        self._in_head, self._overhead_bytes = False, 0
        self._cancel_head_timer()

    def on_body(self, body: bytes) -> None:
        """Reset the count of bytes without a body."""
        self._overhead_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Prepare for the next request."""
        self._in_head, self._head_bytes, self._overhead_bytes = True, 0, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Continue with the next request."""
        super().on_response_complete()
        if self._connection:
            self.open_connections.touch(self._connection)
        self.flow.watch()
        if not self.transport.is_closing():
            self.loop.call_soon(self._parse_rest)

    def pause_writing(self) -> None:
        """Start the timeout for unread responses."""
        super().pause_writing()
        self.flow.watch()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own
        """Reject a malformed request."""
        self._reject(self._parse_error)

    def shutdown(self) -> None:
        """Stop, at once if the connection is idle.

        Under TLS, ``close`` would wait half a minute for a client that keeps the connection.
        """
        idle = self.cycle is None or self.cycle.response_complete
        super().shutdown()
        if idle and self.transport.get_write_buffer_size() == 0:
            self.transport.abort()

    def _parse(self, data: bytes) -> None:
        view, at = memoryview(data), 0
        while at < len(data) and self._accepts_input() and len(self.pipeline) < _MAX_PIPELINED:
            step = view[at : at + _CHUNK]
            at += len(step)
            self._overhead_bytes += len(step)
            super().data_received(step)  # type: ignore[arg-type]  # httptools takes any buffer
            if self._overhead_bytes > _MAX_HEAD_BYTES:
                self._reject(errors.HEAD_TOO_LONG)
        self._unparsed = bytes(view[at:]) if self._accepts_input() else b""
        self.flow.hold(bool(self._unparsed))
        self._watch_head()

    def _parse_rest(self) -> None:
        if self._accepts_input():
            self._parse(self._unparsed)

    def _accepts_input(self) -> bool:
        return not (self._ignores_input or self.transport.is_closing() or self.parser is None)

    def _unsupported_upgrade_warning(self) -> None:
        """Respond to the request for a protocol upgrade, and ignore all further input."""
        self.cycle.keep_alive = False
        self._ignores_input = True

    def _reject(self, code: Code) -> None:
        if self.transport.is_closing():
            return
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy and self._in_head:  # finish earlier requests, then close
            self.cycle.keep_alive = False
            self._ignores_input = True
        elif self.pipeline or (busy and self.cycle.response_started):
            self.transport.abort()  # a response would belong to another request
        else:
            self.transport.write(_error_response(code))
            self.transport.close()

    def _abort_after(self, seconds: float) -> None:
        self._ignores_input = True
        self.transport.pause_reading()
        self.loop.call_later(seconds, self.transport.abort)

    def _watch_head(self) -> None:
        """Start the timeout for the head, once it has started and no earlier request is active."""
        busy = self.cycle is not None and not self.cycle.response_complete
        begun = self._in_head and self._overhead_bytes
        if begun and not busy and self._accepts_input() and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def limited_protocol(
    connections: Connections, head_seconds: float, unread_seconds: float
) -> type[LimitedProtocol]:
    """Return the protocol class with these limits.

    Args:
        connections: the open connections, with their limits.
        head_seconds: the time for a client to send the headers.
        unread_seconds: the time for a client to read responses.
    """
    limits = {
        "open_connections": connections,
        "head_seconds": head_seconds,
        "unread_seconds": unread_seconds,
    }
    return type("Limited", (LimitedProtocol,), limits)


def _error_response(code: Code) -> bytes:
    body = json.dumps(ApiError(code).body()).encode()
    head = (
        f"HTTP/1.1 {code.status} {HTTPStatus(code.status).phrase}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"x-request-id: {uuid.uuid4().hex}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
