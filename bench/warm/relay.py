"""A TCP relay before a server, which counts its connections and requests.

OBS's signature is removed from the requests: SeaweedFS does not know it, and would refuse them.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from typing import Any
from urllib.parse import urlsplit

_REQUEST = b" HTTP/1.1\r\n"  # the end of a request's first line; the bench sends it nowhere else
_SIGNATURE = re.compile(rb"Authorization: OBS [^\r]*\r\n")
_CHUNK = 64 << 10  # bytes; the head of a request arrives in one


class Relay:
    """Forwards bytes both ways while its block runs.

    Args:
        url: the server's URL.

    Attributes:
        url: the relay's own URL.
        connections: number of connections from clients.
        requests: number of requests on them.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = parts.hostname or "", parts.port or 80
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.url = ""
        self.connections = 0
        self.requests = 0

    def __enter__(self) -> Relay:  # noqa: PYI034 - Self is not in Python 3.10
        """Start in a thread of its own."""
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        starting = asyncio.start_server(self._connection, "127.0.0.1", 0)
        server = self._loop.run_until_complete(starting)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks))
        self._loop.run_until_complete(asyncio.sleep(0))  # the closed connections end in the loop
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with (
            contextlib.closing(writer),
            contextlib.suppress(OSError, asyncio.CancelledError),
        ):
            from_server, to_server = await asyncio.open_connection(*self._server)
            with contextlib.closing(to_server):
                await asyncio.gather(
                    self._forward(reader, to_server, are_requests=True),
                    self._forward(from_server, writer, are_requests=False),
                )

    async def _forward(
        self,
        source: asyncio.StreamReader,
        target: Any,  # noqa: ANN401 - a writer
        *,
        are_requests: bool,
    ) -> None:
        while chunk := await source.read(_CHUNK):
            if are_requests:
                self.requests += chunk.count(_REQUEST)
                chunk = _SIGNATURE.sub(b"", chunk)
            target.write(chunk)
            await target.drain()
        target.close()
