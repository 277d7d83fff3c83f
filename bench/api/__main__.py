"""``python -m bench.api``: API calls of many concurrent callers through the local gateway."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.markup import escape
from rich.table import Table

from bench.api.callers import CallResult, Workload, run_callers
from bench.api.latency import figures
from bench.console import console
from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.errors import CloudError
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_ROOT = Path(__file__).parents[2]
_MAX_OWN_MS = 2.0
"""Maximum of the function's own median time, without the OCR service and the bucket."""
_OBJECTS = 20
_CREDENTIALS_SECONDS = 600.0  # as long as the platform provides the same credentials
_IMAGE = _ROOT / "samples" / "shenzhen-50-yuan-telephone.jpg"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    callers: Annotated[int, typer.Option(help="Number of concurrent callers.", min=1)] = 200,
    seconds: Annotated[float, typer.Option(help="Duration of the run.", min=1)] = 60.0,
    instances: Annotated[int, typer.Option(help="Instances of the function.", min=1)] = 2,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("build"),
) -> None:
    """Send an image, request the record of a stored object, and fetch a record, in turn.

    The OCR service is a stand-in that responds at once with the same invoice. The function reports
    its own time in the header Server-Timing: from the event to the response, without the time in
    the OCR and bucket clients.
    """
    out.mkdir(parents=True, exist_ok=True)
    options = Options(
        output=out / "bench-api.log",
        notify=False,
        instances=instances,
        gateway_seconds=60,
        credentials_seconds=_CREDENTIALS_SECONDS,
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
                "ocr": "a stand-in that responds at once",
                **figures(results, time.perf_counter() - started),
            }
    except CloudError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    (out / "bench-api.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _show(report, out)
    passed = not report["errors"] and report["own_ms"].get("median", _MAX_OWN_MS + 1) <= _MAX_OWN_MS
    raise typer.Exit(0 if passed else 1)


def _prepare_requests(cloud: Cloud, instances: int) -> list[tuple[str, bytes]]:
    """Upload objects, start every instance, and return the requests with their kinds."""
    image = _IMAGE.read_bytes()
    encoded = json.dumps({"image": base64.b64encode(image).decode()}).encode()
    requests = []
    client = cloud.bucket.client()
    with httpx.Client(base_url=cloud.api_endpoint, trust_env=False, timeout=60) as api:
        for number in range(max(_OBJECTS, 4 * instances)):
            key = f"{DEFAULT_LAYOUT.input_prefix}bench/{number}.jpg"
            client.putContent(BUCKET, key, image)
            body = json.dumps({"key": key}).encode()
            response = api.post("/invoices", content=body)
            if not response.is_success:
                message = f"the API responded with {response.status_code}: {response.text}"
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
    url = urlsplit(cloud.api_endpoint)
    encoded = [(kind, base64.b64encode(request).decode()) for kind, request in requests]
    workload = Workload(url.hostname or "", url.port or 0, callers, seconds, encoded)
    with console.status(f"{callers} concurrent callers for {seconds:g} s"):
        return run_callers(workload)


def _show(report: dict[str, Any], out: Path) -> None:
    title = f"{report['callers']} concurrent callers, {report['instances']} function instances"
    table = Table("kind", title=title)
    for name in ("requests", "errors", "ms: median", "p95", "p99", "own ms: median", "p95", "p99"):
        table.add_column(name, justify="right")
    for name, part in [("all", report), *report["by_kind"].items()]:
        spreads = [*part["latency_ms"].values(), *part["own_ms"].values()]
        counts = [str(part["requests"]), str(part["errors"])]
        table.add_row(name, *counts, *(f"{value:.2f}" for value in spreads))
    console.print(table)
    console.print(
        f"{report['requests_per_second']} requests per second; statuses: {report['statuses']}.\n"
        "The OCR service is a stand-in that responds at once; bucket, gateway and function are "
        "those of the local cloud;\nthe callers run on this machine. Own: the function's own time, "
        f"whose median must be at most {_MAX_OWN_MS:g} ms.\nFigures: {out / 'bench-api.json'}",
        soft_wrap=True,
    )


if __name__ == "__main__":
    app()
