"""`python -m bench.api`: many callers at once through the local gateway, and our own share."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bench.api.callers import CallResult, Workload
from bench.api.latency import figures
from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.errors import CloudError
from local.processes import plain_environment

ROOT = Path(__file__).parents[2]
MAX_OWN_MS = 2.0
"""Of a request's median time, what may be our own: neither the OCR service's nor the bucket's."""
_OBJECTS = 20
_KEYS_SECONDS = 600.0  # as long as the platform hands out the same credentials
_IMAGE = ROOT / "samples" / "shenzhen-50-yuan-telephone.jpg"

console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    callers: Annotated[int, typer.Option(help="How many ask at once.", min=1)] = 200,
    seconds: Annotated[float, typer.Option(help="For how long.", min=1)] = 60.0,
    instances: Annotated[int, typer.Option(help="Of the function.", min=1)] = 2,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("build"),
) -> None:
    """Have an image read, a stored object's record made, and a record fetched, in turn.

    The OCR service is a stand-in that answers every request at once, with the same invoice. The
    function's own share is what it says itself, in the header Server-Timing: the time from the
    event to the response but for what it waits for the OCR service and the bucket, whose clients
    count as theirs.
    """
    out.mkdir(parents=True, exist_ok=True)
    options = Options(
        output=out / "bench-api.log",
        notify=False,
        instances=instances,
        gateway_seconds=60,
        keys_seconds=_KEYS_SECONDS,
        ocr=("bench.api.instant_ocr",),
    )
    options.output.unlink(missing_ok=True)
    try:
        with running_cloud(options) as cloud:
            requests = _prepare_requests(cloud, instances)
            started = time.perf_counter()
            results = _run_callers(cloud, callers, seconds, requests)
            report = {
                "callers": callers,
                "instances": instances,
                "ocr": "a stand-in that answers at once",
                **figures(results, time.perf_counter() - started),
            }
    except CloudError as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    (out / "bench-api.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _show(report, out)
    held = not report["errors"] and report["own_ms"].get("median", MAX_OWN_MS + 1) <= MAX_OWN_MS
    raise typer.Exit(0 if held else 1)


def _prepare_requests(cloud: Cloud, instances: int) -> list[tuple[str, bytes]]:
    """Put objects there, have each instance started, and give the requests to make, by kind."""
    image = _IMAGE.read_bytes()
    encoded = json.dumps({"image": base64.b64encode(image).decode()}).encode()
    requests = []
    client = cloud.bucket.client()
    with httpx.Client(base_url=cloud.api_endpoint, trust_env=False, timeout=60) as api:
        for number in range(max(_OBJECTS, 4 * instances)):
            key = f"incoming/bench/{number}.jpg"
            client.putContent(BUCKET, key, image)
            body = json.dumps({"key": key}).encode()
            response = api.post("/invoices", content=body)
            if not response.is_success:
                message = f"the API answered {response.status_code}: {response.text}"
                raise CloudError(message)
            requests += [
                ("image", _http("POST", "/invoices", encoded)),
                ("key", _http("POST", "/invoices", body)),
                ("record", _http("GET", f"/invoices/{key}", b"")),
            ]
    return requests


def _http(method: str, path: str, body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _run_callers(
    cloud: Cloud, callers: int, seconds: float, requests: list[tuple[str, bytes]]
) -> list[CallResult]:
    address = urlsplit(cloud.api_endpoint)
    encoded = [(kind, base64.b64encode(request).decode()) for kind, request in requests]
    host, port = address.hostname or "", address.port or 0
    workload = Workload(host, port, callers, seconds, encoded)
    with console.status(f"{callers} callers at once for {seconds:g} s"):
        done = subprocess.run(
            [sys.executable, "-m", "bench.api.callers"],
            check=True,
            cwd=ROOT,
            env=plain_environment(),
            input=json.dumps(asdict(workload)).encode(),
            stdout=subprocess.PIPE,
        )
    return [CallResult(**one) for one in json.loads(done.stdout)]


def _show(report: dict[str, Any], out: Path) -> None:
    title = f"{report['callers']} callers at once, {report['instances']} instances of the function"
    table = Table("request", title=title)
    for name in ("number", "errors", "ms: median", "p95", "p99", "own ms: median", "p95", "p99"):
        table.add_column(name, justify="right")
    for name, found in [("all", report), *report["by_kind"].items()]:
        spreads = [*found["latency_ms"].values(), *found["own_ms"].values()]
        counts = [str(found["requests"]), str(found["errors"])]
        table.add_row(name, *counts, *(f"{value:.2f}" for value in spreads))
    console.print(table)
    console.print(
        f"{report['requests_per_second']} requests a second; answers: {report['statuses']}.\n"
        "The OCR service is a stand-in that answers at once; bucket, gateway and function are the "
        "local cloud's,\nwith the callers on this machine. Own: what the function takes itself, "
        f"at most {MAX_OWN_MS:g} ms in the median.\nFigures: {out / 'bench-api.json'}",
        soft_wrap=True,
    )


if __name__ == "__main__":
    app()
