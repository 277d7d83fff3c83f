"""A small HTTP server in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

_START_SECONDS = 10.0


class Serving:
    """Serves an application on loopback until it is stopped.

    Args:
        app: the application.
        port: where to listen; 0 takes a free port, and so does one that is taken.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._socket = _listen(port)
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
        """Stop listening and let requests under way end."""
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        self._socket.close()


def _listen(port: int) -> socket.socket:
    # Said in full, or asyncio does not know it for TCP and answers wait for acknowledgements.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError:
        listening.bind(("127.0.0.1", 0))
    return listening
