"""HTTP messages as the bytes that came: parsed only to see where they end and what they are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httptools

_CHUNK = 1 << 16
_NO_BODY = (204, 304)


class BrokenMessage(Exception):
    """The stream ended, or held something else, within a message."""


@dataclass(frozen=True)
class Request:
    """A request; ``raw`` is all of it."""

    raw: bytes
    method: str
    target: str
    body: bytes
    keeps_alive: bool


@dataclass(frozen=True)
class Response:
    """An answer; ``raw`` is all of it, its first ``head`` bytes the status line and headers."""

    raw: bytes
    status: int
    head: int
    keeps_alive: bool


class _Callbacks:
    """What the parser tells of a message."""

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
        # Asked later, the parser may have forgotten.
        self.keeps_alive = bool(self.parser and self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read the next request of a connection; None at its end.

    Raises:
        BrokenMessage: it is no request, or not whole.
    """
    seen = _Callbacks()
    parser = seen.parser = httptools.HttpRequestParser(seen)
    raw = bytearray()
    while not seen.is_complete:
        chunk = await reader.read(_CHUNK)
        if not chunk:
            if not raw:
                return None
            raise BrokenMessage("the stream ended within a request")
        raw += chunk
        _feed(parser, chunk)
    method, target = parser.get_method().decode(), seen.target.decode()
    return Request(bytes(raw), method, target, bytes(seen.body), seen.keeps_alive)


async def read_response(reader: asyncio.StreamReader, method: str) -> Response:
    """Read the answer to a request of that method.

    Raises:
        BrokenMessage: it is no answer, or not whole.
    """
    seen = _Callbacks()
    parser = seen.parser = httptools.HttpResponseParser(seen)
    raw = bytearray()
    while not (seen.is_complete or (seen.has_head and _is_bare(parser, method))):
        chunk = await reader.read(_CHUNK)
        if not chunk:
            # Without a length, the end of the stream is the end of the body.
            if seen.has_head and not seen.keeps_alive:
                break
            raise BrokenMessage("the stream ended within an answer")
        raw += chunk
        _feed(parser, chunk)
    head = raw.index(b"\r\n\r\n") + 4
    return Response(bytes(raw), parser.get_status_code(), head, seen.keeps_alive)


def _is_bare(parser: httptools.HttpResponseParser, method: str) -> bool:
    """Tell whether an answer has no body, whatever its headers say."""
    return method == "HEAD" or parser.get_status_code() in _NO_BODY


def _feed(parser: httptools.HttpRequestParser | httptools.HttpResponseParser, data: bytes) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserError as error:
        raise BrokenMessage(type(error).__name__) from None
