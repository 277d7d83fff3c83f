"""An HTTP server in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

_START_SECONDS = 10.0


class HttpServer:
    """Serves an application on loopback until it is stopped.

    Args:
        app: the application.
        port: the port to listen on; if it is 0 or in use, the server takes a free port.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._socket = loopback_socket(port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop bound, and wait for the requests in progress."""
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        self._socket.close()


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
