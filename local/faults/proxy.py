"""A proxy on loopback that passes every byte on as it is, but where a fault is queued.

What it passes keeps its Host header, path and query, so that signatures hold. It writes no log: the
addresses that go through it are signed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from urllib.parse import urlsplit

from local.faults.exchange import Exchange
from local.faults.faults import ANSWERED, SPOILED, Faults
from local.faults.services import Service
from local.faults.wire import BrokenMessage, Request, Response, read_request, read_response

_DRIP_SECONDS = 0.1
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


class Proxy:
    """Stands before a service, in a thread of its own; a context manager.

    Args:
        service: what kind of service it is.
        faults: what is to happen.
        watch: is told of every request when it has come, in the proxy's thread; what it is given
            is filled in as the request goes its way.

    Attributes:
        url: its own address, known before it runs.
        upstream: the service's address; must be set before the first request.
    """

    def __init__(
        self,
        service: Service,
        faults: Faults,
        watch: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.upstream = ""
        self._service = service
        self._faults = faults
        self._watch = watch or (lambda _: None)
        # Said in full, or asyncio does not know it for TCP and answers wait for acknowledgements.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._ready = threading.Event()
        self._connections: set[asyncio.Task[None] | None] = set()  # the loop itself forgets them
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    def __enter__(self) -> Proxy:  # noqa: PYI034 - Self is not in Python 3.10
        """Start listening."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, whatever is under way."""
        if self._loop and self._end:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._main())  # at its end it cancels what is under way

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
        """Deal with a request; tell whether another may come over the same connection."""
        operation, key = self._service.operation(request)
        fault = self._faults.draw(operation, key)
        exchange = Exchange(request, operation, key, fault, time.monotonic())
        self._watch(exchange)
        try:
            if fault is None:
                return await self._pass(exchange, writer)
            return await self._spoil(exchange, fault, reader, writer)
        finally:
            exchange.ended = time.monotonic()

    async def _pass(self, exchange: Exchange, writer: asyncio.StreamWriter) -> bool:
        response = await self._ask(exchange)
        await _send(writer, response.raw)
        exchange.is_answered = True
        return exchange.request.keeps_alive and response.keeps_alive

    async def _spoil(
        self,
        exchange: Exchange,
        fault: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        answer, keeps_alive = b"", False
        if fault in ANSWERED:
            answer = self._canned(fault, exchange.request)
        elif fault in SPOILED:
            response = await self._ask(exchange)
            answer = _first_part(response) if fault == "cut" else response.raw
            keeps_alive = exchange.request.keeps_alive and response.keeps_alive
        self._faults.note(exchange.operation, fault)
        if fault in {"reset", "lost"}:
            _reset(writer)
        elif fault in {"stall", "withheld"}:
            await reader.read()  # until whoever asked has had enough
        elif fault == "drip":
            for byte in answer:
                await _send(writer, bytes([byte]))
                await asyncio.sleep(_DRIP_SECONDS)
        else:
            await _send(writer, answer)
        return fault == "drip" and keeps_alive

    async def _ask(self, exchange: Exchange) -> Response:
        """Pass a request on and give the answer.

        Raises:
            OSError: the service is not reached.
            BrokenMessage: what it answered is not whole.
        """
        at = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        try:
            await _send(writer, exchange.request.raw)
            response = await read_response(reader, exchange.request.method)
        finally:
            writer.close()
        exchange.status = response.status
        return response

    def _canned(self, fault: str, request: Request) -> bytes:
        status, kind, body = self._service.canned[fault]
        head = (
            f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + (b"" if request.method == "HEAD" else body)


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


def _first_part(response: Response) -> bytes:
    """Give an answer up to the middle of its body, or of its head if it has no body."""
    body = len(response.raw) - response.head
    return response.raw[: response.head + body // 2 if body else response.head // 2]


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crash would: with a reset, not with a farewell."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
