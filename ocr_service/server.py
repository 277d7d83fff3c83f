"""Runs the service until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ocr_service import logs, process
from ocr_service.app import make_app
from ocr_service.http.connections import Connections
from ocr_service.http.protocol import limited_protocol
from ocr_service.reader_pool import Reader
from ocr_service.readiness import Readiness
from ocr_service.settings import Settings

_BACKLOG = 1024
_KEEP_ALIVE_SECONDS = 15
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


def serve(settings: Settings, reader: Reader | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then finish the current requests and return.

    At SIGTERM, ``/readyz`` turns false, and the service accepts requests for some seconds more.
    Once it listens, it prints one line: {"ready": true, "url": "http://127.0.0.1:8090"}.

    Raises:
        OSError: the port cannot be bound.
    """
    process.return_large_blocks()
    process.allow_open_files()
    with process.private_stderr():
        logs.to_stderr()
        with _stopped_by_signal(), _bound(settings) as listener:
            _warn_of_plain_text(settings)
            connections = Connections(settings.connections, settings.address_connections)
            readiness = Readiness()
            app = make_app(
                settings,
                reader or _engine(settings),
                connections=connections,
                readiness=readiness,
            )
            config = _config(settings, app, connections)
            server = _Server(config, _url(settings, listener), settings, readiness)
            server.run(sockets=[listener])
        _log.info("stopped")


def _warn_of_plain_text(settings: Settings) -> None:
    is_local = settings.host == "localhost"
    with contextlib.suppress(ValueError):  # a name
        is_local = ipaddress.ip_address(settings.host).is_loopback
    if not (is_local or settings.tls_cert):
        _log.warning(
            "listening on %s without TLS: tokens and images cross the network unencrypted; "
            "set --tls-cert and --tls-key",
            settings.host,
        )


def _config(settings: Settings, app: ASGIApp, connections: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=limited_protocol(connections, settings.head_seconds, settings.body_seconds),
        loop="asyncio",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.stop_seconds,
        backlog=_BACKLOG,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )


class _Server(uvicorn.Server):
    """Prints a line when it listens, and is not ready for some seconds before it stops."""

    def __init__(
        self, config: uvicorn.Config, url: str, settings: Settings, readiness: Readiness
    ) -> None:
        super().__init__(config)
        self._url = url
        self._settings = settings
        self._readiness = readiness
        self._stop_at = float("inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.is_ssl:  # uvicorn has no setting for it; asyncio waits a minute
            loop = asyncio.get_running_loop()
            loop.create_server = functools.partial(  # type: ignore[method-assign]
                loop.create_server, ssl_handshake_timeout=self._settings.head_seconds
            )
        await super().startup(sockets)
        sys.stdout.write(json.dumps({"ready": True, "url": self._url}) + "\n")
        sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal; at the first SIGTERM only after the time to drain."""
        drains = sig == signal.SIGTERM and not self._readiness.is_stopping
        self._readiness.is_stopping = True
        super().handle_exit(sig, frame)
        if drains and self._settings.drain_seconds:
            self.should_exit = False
            self._stop_at = time.monotonic() + self._settings.drain_seconds

    async def on_tick(self, counter: int) -> bool:
        """Stop once the time to drain is over."""
        self.should_exit = self.should_exit or time.monotonic() >= self._stop_at
        return await super().on_tick(counter)


def _engine(settings: Settings) -> Reader:
    from ocr_service.reading.reader import Reader as Engine  # noqa: PLC0415 - loads the models

    return Engine(threads=settings.workers)


def _bound(settings: Settings) -> socket.socket:
    """Bind the port, with an explicit protocol.

    ``socket.create_server`` uses protocol 0. Then asyncio leaves Nagle's algorithm on, and every
    response over a kept connection waits 40 ms for the client's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _url(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


class _Stop(BaseException):
    """Raised at a signal; not an ``Exception``, so that no ordinary handler catches it."""


@contextmanager
def _stopped_by_signal() -> Iterator[None]:
    """Leave the block at a signal, without an error.

    While the engine loads, this happens at once. Later uvicorn's own handlers finish the current
    requests, and then raise the signal again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Stop

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    except _Stop:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
