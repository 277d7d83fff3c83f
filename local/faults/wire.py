"""HTTP messages as unchanged bytes, parsed only to find their end and their kind."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

import httptools

_CHUNK = 1 << 16
_NO_BODY = (204, 304)
_ETAG = re.compile(rb"(?i)\r\netag: *\"?([^\"\r]*)")


class BrokenMessage(Exception):
    """The stream ended within a message, or a message is not valid HTTP."""


@dataclass(frozen=True)
class Request:
    """A request; ``raw`` holds all its bytes."""

    raw: bytes
    method: str
    target: str
    body: bytes
    keeps_alive: bool


@dataclass(frozen=True)
class Response:
    """A response; ``raw`` holds all its bytes, and ``head`` is the length of its headers."""

    raw: bytes
    status: int
    head: int
    keeps_alive: bool

    @property
    def etag(self) -> str:
        """The object's ETag, in lower case, without quotes; empty without one."""
        found = _ETAG.search(self.raw, 0, self.head)
        return found[1].decode("latin-1").lower() if found else ""


class _Callbacks:
    """Receives the parser's callbacks for one message."""

    def __init__(self) -> None:
        self.parser: httptools.HttpRequestParser | httptools.HttpResponseParser | None = None
        self.keeps_alive = False
        self.target = b""
        self.body = bytearray()
        self.has_head = False
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_headers_complete(self) -> None:
        self.has_head = True
        # After the message, the parser may have reset this.
        self.keeps_alive = bool(self.parser and self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read the next request of a connection; None at its end.

    Raises:
        BrokenMessage: the request is invalid or incomplete.
    """
    message = _Callbacks()
    parser = message.parser = httptools.HttpRequestParser(message)
    raw = bytearray()
    while not message.is_complete:
        chunk = await reader.read(_CHUNK)
        if not chunk:
            if not raw:
                return None
            raise BrokenMessage("the stream ended within a request")
        raw += chunk
        _feed(parser, chunk)
    method, target = parser.get_method().decode(), message.target.decode()
    return Request(bytes(raw), method, target, bytes(message.body), message.keeps_alive)


async def read_response(reader: asyncio.StreamReader, method: str) -> Response:
    """Read the response to a request with this method.

    Raises:
        BrokenMessage: the response is invalid or incomplete.
    """
    message = _Callbacks()
    parser = message.parser = httptools.HttpResponseParser(message)
    raw = bytearray()
    while not (message.is_complete or (message.has_head and _has_no_body(parser, method))):
        chunk = await reader.read(_CHUNK)
        if not chunk:
            # Without a length, the end of the stream is the end of the body.
            if message.has_head and not message.keeps_alive:
                break
            raise BrokenMessage("the stream ended within a response")
        raw += chunk
        _feed(parser, chunk)
    head = raw.index(b"\r\n\r\n") + 4
    return Response(bytes(raw), parser.get_status_code(), head, message.keeps_alive)


def _has_no_body(parser: httptools.HttpResponseParser, method: str) -> bool:
    """Whether a response has no body, despite its headers."""
    return method == "HEAD" or parser.get_status_code() in _NO_BODY


def _feed(parser: httptools.HttpRequestParser | httptools.HttpResponseParser, data: bytes) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserError as error:
        raise BrokenMessage(type(error).__name__) from None
