"""The rate at which a backfill sends inputs, as the function's service receives them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.ledger.running import access, running_server
from local.http_server import HttpServer

_URN = "urn:fss:cn-north-4:0:function:default:bench:latest"
_WINDOW = 10.0  # seconds


@dataclass(frozen=True)
class Rate:
    """The rate of one backfill.

    Attributes:
        allowed: inputs per second that the options allow.
        kept: the share of it that was sent, from the first to the last event.
        highest: the highest share in any time of ten seconds.
    """

    allowed: float
    kept: float
    highest: float


def measure_rate(seconds: float, per_minute: int, batch: int) -> Rate:
    """Run a backfill of inputs without records for about so many seconds."""
    arrivals: list[tuple[float, int]] = []

    async def invoke(request: Request) -> JSONResponse:
        arrived = time.monotonic()
        event = json.loads(await request.body())
        arrivals.append((arrived, len(event["backfill"]["objects"])))
        return JSONResponse({"request_id": "bench"}, 202)

    server = HttpServer(Starlette(routes=[Route("/{path:path}", invoke, methods=["POST"])]))
    inputs = round(per_minute * batch * seconds / 60)
    options = ["--per-minute", str(per_minute), "--batch", str(batch), "--restart"]
    try:
        with running_server(inputs, 0) as url:
            environment = access(url) | {
                "HW_PROJECT_ID": "0" * 32,
                "FUNCTION_URN": _URN,
                "FUNCTIONGRAPH_ENDPOINT": server.url,
                "RESULTS_PREFIX": "none/",  # no input has a record there
            }
            command = [sys.executable, "-m", "ops.backfill", *options]
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    finally:
        server.stop()
    allowed = per_minute * batch / 60
    return Rate(allowed, kept_share(arrivals, allowed), highest_share(arrivals, allowed))


def kept_share(arrivals: list[tuple[float, int]], allowed: float) -> float:
    """Return the share of the allowed rate from the first to the last event.

    Args:
        arrivals: the time and the number of inputs of each event.
        allowed: inputs per second.
    """
    sent = sum(count for _, count in arrivals[:-1])
    return sent / (arrivals[-1][0] - arrivals[0][0]) / allowed


def highest_share(arrivals: list[tuple[float, int]], allowed: float) -> float:
    """Return the highest share in a window; its first event is the one before the window."""
    highest = 0.0
    first = sent = 0
    for last, (arrived, count) in enumerate(arrivals):
        sent += count if last else 0
        while arrived - arrivals[first][0] > _WINDOW:
            first += 1
            sent -= arrivals[first][1]
        elapsed = arrived - arrivals[first][0]
        if elapsed > _WINDOW / 2:
            highest = max(highest, sent / elapsed / allowed)
    return highest
