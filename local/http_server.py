"""An HTTP server in a thread of this process, for callers that name it by its own host only."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.errors import CloudError

_START_SECONDS = 10.0
_NAMES = ("127.0.0.1", "localhost")
_HTTP_PORT = 80


class HttpServer:
    """Serves an application on loopback until it is stopped.

    Args:
        app: the application.
        port: the port to listen on; if it is 0 or in use, the server takes a free port.
        origins: origins of other web pages that may call it.

    Raises:
        CloudError: the server did not start.
    """

    def __init__(self, app: ASGIApp, port: int = 0, origins: Iterable[str] = ()) -> None:
        self._socket = loopback_socket(port)
        bound = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{bound}"
        config = uvicorn.Config(
            _OwnHost(app, bound, origins),
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise CloudError(f"the server at {self.url} did not start")
            time.sleep(0.01)

    def is_running(self) -> bool:
        """Whether the server still accepts requests."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop the server, and wait for the requests in progress."""
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        self._socket.close()


class _OwnHost:
    """Refuses requests with another ``Host`` or ``Origin``.

    Any web page in a browser can send requests to loopback, and can give its own domain the address
    127.0.0.1. The browser then tells the page's domain by one of these headers.
    """

    def __init__(self, app: ASGIApp, port: int, origins: Iterable[str]) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        self._hosts |= set(_NAMES) if port == _HTTP_PORT else set()  # clients omit this port
        self._origins = {*(f"http://{host}" for host in self._hosts), *origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if not hosts or not self._hosts.issuperset(hosts):
            await _forbidden("Host")(scope, receive, send)
        elif not self._origins.issuperset(origins):
            await _forbidden("Origin")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _forbidden(header: str) -> JSONResponse:
    message = f"the header {header} does not name this server"
    return JSONResponse({"error_code": "Forbidden", "error_msg": message}, 403)


def loopback_socket(port: int = 0) -> socket.socket:
    """Return a socket bound to a loopback port; a free one if the port is 0 or in use."""
    # asyncio sets TCP_NODELAY only on sockets with an explicit protocol.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.bind(("127.0.0.1", 0))
    return bound
