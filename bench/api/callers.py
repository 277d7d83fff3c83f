"""Callers of an HTTP API, each with its own connection, asking again as soon as it is answered.

`python -m bench.api.callers` reads an workload as JSON from standard input, and writes what
came of it to standard output. It is a process of its own, so that it shares no interpreter with
what it measures.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice

_OWN = re.compile(rb"own;dur=([\d.]+)")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BAD = 400
_RESPONSE_SECONDS = 90.0


@dataclass(frozen=True)
class Workload:
    """What to do.

    Attributes:
        host: where to ask.
        port: as above.
        callers: how many at once.
        seconds: for how long.
        requests: name of a kind, and in base64 the request; callers take turns at them.
    """

    host: str
    port: int
    callers: int
    seconds: float
    requests: list[tuple[str, str]]


@dataclass(frozen=True)
class CallResult:
    """One request: its kind, status (0 if there was no response), and milliseconds.

    ``own_ms`` is what the function says was its own share; None if it said nothing.
    """

    kind: str
    status: int
    ms: float
    own_ms: float | None

    @property
    def is_error(self) -> bool:
        """Whether it was answered otherwise than well, or not at all."""
        return not 0 < self.status < _BAD


async def call_all(workload: Workload) -> list[CallResult]:
    """Do it: every caller asks until time is up, and waits for its last response."""
    requests = [(kind, base64.b64decode(text)) for kind, text in workload.requests]
    until = time.perf_counter() + workload.seconds
    results: list[CallResult] = []

    async def call(number: int) -> None:
        caller = _Caller(workload.host, workload.port)
        for kind, request in islice(cycle(requests), number, None):
            if time.perf_counter() >= until:
                break
            results.append(await caller.ask(kind, request))
        caller.close()

    await asyncio.gather(*map(call, range(workload.callers)))
    return results


class _Caller:
    """One connection, opened anew after an error."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, kind: str, request: bytes) -> CallResult:
        started = time.perf_counter()
        try:
            head = await asyncio.wait_for(self._exchange(request), _RESPONSE_SECONDS)
        except (OSError, EOFError, asyncio.TimeoutError):
            self.close()
            head = b""
        ms = (time.perf_counter() - started) * 1000
        own = _OWN.search(head)
        status = int(head.split(b" ", 2)[1]) if head else 0
        return CallResult(kind, status, ms, float(own[1]) if own else None)

    async def _exchange(self, request: bytes) -> bytes:
        """Send a request; give the head of its response once all of it is there."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        return head

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


if __name__ == "__main__":
    done = asyncio.run(call_all(Workload(**json.load(sys.stdin))))
    json.dump([asdict(one) for one in done], sys.stdout)
