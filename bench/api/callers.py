"""``python -m bench.api.callers``: concurrent callers of an HTTP API, each with its own connection.

A caller sends its next request as soon as it has the response to the last. The program reads a
workload as JSON from standard input and writes the results to standard output. It runs in its own
process, so that it does not slow down the measured programs.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

from local.processes import plain_environment

_OWN = re.compile(rb"own;dur=([\d.]+)")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BAD = 400
_RESPONSE_SECONDS = 90.0
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Workload:
    """The requests to send.

    Attributes:
        host: host of the API.
        port: port of the API.
        callers: number of concurrent callers.
        seconds: duration.
        requests: kind and base64 bytes of each request; every caller sends them in turn.
        pause: seconds between a response and the next request.
        keep: whether a caller keeps its connection for its next request.
    """

    host: str
    port: int
    callers: int
    seconds: float
    requests: list[tuple[str, str]]
    pause: float = 0.0
    keep: bool = True


@dataclass(frozen=True)
class CallResult:
    """One request: its kind, status (0 without a response), and milliseconds.

    ``own_ms`` is the function's own time from the header Server-Timing; None without this header.
    """

    kind: str
    status: int
    ms: float
    own_ms: float | None

    @property
    def is_error(self) -> bool:
        """Whether there was no response or an error response."""
        return not 0 < self.status < _BAD


def run_callers(workload: Workload) -> list[CallResult]:
    """Run all callers in a process of their own, and return the result of every request."""
    process = subprocess.run(
        [sys.executable, "-m", "bench.api.callers"],
        check=True,
        cwd=_ROOT,
        env=plain_environment(),
        input=json.dumps(asdict(workload)).encode(),
        stdout=subprocess.PIPE,
    )
    return [CallResult(**one) for one in json.loads(process.stdout)]


async def call_all(workload: Workload) -> list[CallResult]:
    """Run all callers for the duration; each waits for its last response."""
    requests = [(kind, base64.b64decode(text)) for kind, text in workload.requests]
    until = time.perf_counter() + workload.seconds
    results: list[CallResult] = []

    async def call(number: int) -> None:
        caller = _Caller(workload.host, workload.port)
        for kind, request in islice(cycle(requests), number, None):
            if time.perf_counter() >= until:
                break
            results.append(await caller.call(kind, request))
            if not workload.keep:
                caller.close()
            await asyncio.sleep(workload.pause)
        caller.close()

    await asyncio.gather(*map(call, range(workload.callers)))
    return results


class _Caller:
    """One connection; opened again after an error."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, kind: str, request: bytes) -> CallResult:
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
        """Send a request and return the head of its response once the body is complete."""
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
    all_results = asyncio.run(call_all(Workload(**json.load(sys.stdin))))
    json.dump([asdict(result) for result in all_results], sys.stdout)
