"""Serves the stand-ins of benchmarks, under any host's name.

Benchmarks count the requests in a relay, which has a name of its own; the servers of the local
cloud refuse it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from local.http_server import loopback_socket


def serve(app: ASGIApp, line: Callable[[str], str], *, until_input_ends: bool = False) -> None:
    """Serve an application on a free port until the process ends.

    Args:
        app: the application.
        line: returns the line that tells the server's URL on standard output.
        until_input_ends: whether the server stops when its standard input ends.
    """
    listening = loopback_socket()
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    if until_input_ends:
        threading.Thread(target=_stop_after_input, args=[server], daemon=True).start()
    sys.stdout.write(line(f"http://127.0.0.1:{listening.getsockname()[1]}") + "\n")
    sys.stdout.flush()
    server.run([listening])


def _stop_after_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True
