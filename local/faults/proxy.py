"""A loopback proxy that forwards all bytes unchanged, except where a fault is queued.

Forwarded requests keep their Host header, path and query, so that signatures stay valid. The proxy
writes no log, since URLs hold signatures.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from local.faults.exchange import Exchange
from local.faults.faults import CANNED, FORWARDED, LATE, Fault, Faults
from local.faults.services import Service
from local.faults.wire import BrokenMessage, Request, Response, read_request, read_response
from local.http_server import loopback_socket

_DRIP_SECONDS = 0.1
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds


class Proxy:
    """A proxy before a service, in its own thread; a context manager.

    Args:
        service: the kind of service.
        faults: the queued faults.
        watch: called with each exchange when its request is complete, in the proxy's thread; the
            proxy fills in the result later.

    Attributes:
        url: the proxy's URL, known before the start.
        upstream: the service's URL; must be set before the first request.
    """

    def __init__(
        self, service: Service, faults: Faults, watch: Callable[[Exchange], None] | None = None
    ) -> None:
        self.upstream = ""
        self._service = service
        self._faults = faults
        self._watch = watch or (lambda _: None)
        self._socket = loopback_socket()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._ready = threading.Event()
        self._connections: set[asyncio.Task[None] | None] = set()  # asyncio's references are weak
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    def __enter__(self) -> Proxy:  # noqa: PYI034 - Self is not in Python 3.10
        """Start listening."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and cancel the requests in progress, also those that are late."""
        if self._loop and self._end:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._main())  # cancels the open connections at its end

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, sock=self._socket, backlog=128)
        self._ready.set()
        await self._end.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._connections.add(task)
        with contextlib.suppress(OSError, BrokenMessage, asyncio.CancelledError):
            while (request := await read_request(reader)) and await self._serve(
                request, reader, writer
            ):
                pass
        writer.close()
        self._connections.discard(task)

    async def _serve(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Handle a request; return whether the connection stays open."""
        operation, key = self._service.operation(request)
        fault = self._faults.take(operation, key)
        name = fault.name if fault else None
        exchange = Exchange(request, operation, key, name, time.monotonic())
        self._watch(exchange)
        try:
            if fault is None:
                return await self._forward(exchange, writer)
            return await self._inject(exchange, fault, reader, writer)
        finally:
            exchange.ended = time.monotonic()

    async def _forward(self, exchange: Exchange, writer: asyncio.StreamWriter) -> bool:
        response = await self._request(exchange)
        await _send(writer, response.raw)
        exchange.is_answered = True
        return exchange.request.keeps_alive and response.keeps_alive

    async def _inject(
        self,
        exchange: Exchange,
        fault: Fault,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        name, answer, keeps_alive = fault.name, b"", False
        if name in CANNED:
            answer = self._canned_response(name, exchange.request)
        elif name in FORWARDED:
            response = await self._request(exchange)
            answer = _first_part(response) if name == "cut" else response.raw
            keeps_alive = exchange.request.keeps_alive and response.keeps_alive
        self._faults.count(exchange.operation, name)
        if name in {"reset", "reset_after_commit"}:
            _reset(writer)
        elif name in {"stall", "no_response_after_commit", LATE}:
            await _closed(reader)
            if name == LATE:
                await asyncio.sleep(fault.seconds)
                await self._request(exchange)
        elif name == "drip":
            for byte in answer:
                await _send(writer, bytes([byte]))
                await asyncio.sleep(_DRIP_SECONDS)
        else:
            await _send(writer, answer)
        return name == "drip" and keeps_alive

    async def _request(self, exchange: Exchange) -> Response:
        """Send a request to the service and return the response.

        Raises:
            OSError: the service is unreachable.
            BrokenMessage: the response is incomplete.
        """
        url = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            await _send(writer, exchange.request.raw)
            response = await read_response(reader, exchange.request.method)
        finally:
            writer.close()
        exchange.served = time.monotonic()
        exchange.status, exchange.etag = response.status, response.etag
        return response

    def _canned_response(self, fault: str, request: Request) -> bytes:
        status, kind, body = self._service.canned[fault]
        head = (
            f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + (b"" if request.method == "HEAD" else body)


async def _closed(reader: asyncio.StreamReader) -> None:
    """Wait until the client closes the connection; a client that was killed may reset it."""
    with contextlib.suppress(OSError):
        await reader.read()


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


def _first_part(response: Response) -> bytes:
    """Return a response up to the middle of its body, or of its headers if it has no body."""
    body = len(response.raw) - response.head
    return response.raw[: response.head + body // 2 if body else response.head // 2]


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset, as a crash does."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
