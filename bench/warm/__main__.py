"""``python -m bench.warm``: own time, requests and connections of uploads and their duplicates."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import typer
from rich.table import Table

from bench.console import console
from bench.warm.relay import Relay
from local.cloud import BUCKET, PROJECT, Cloud, Options, running_cloud
from local.errors import CloudError
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_ROOT = Path(__file__).parents[2]
_INVOCATIONS = Path(__file__).with_name("invocations.py")
_PROBE = _ROOT / "ops" / "package"
_IMAGE = _ROOT / "samples" / "shenzhen-50-yuan-telephone.jpg"
_EVENT = _ROOT / "events" / "eventgrid.json"
_ISOLATED = ("-I", "-S", "-B", "-W", "ignore")
_MOST_MS = {"recognized": 1.0, "duplicate": 0.5}  # of the function's own, median
_KINDS = {"recognized": "upload", "duplicate": "duplicate"}
_FIRST = 5  # invocations of each kind that warm it up
_CREDENTIALS_SECONDS = 600.0  # as long as the platform provides the same credentials

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    zip_file: Annotated[Path, typer.Option("--zip", help="The zip.")] = Path("build/function.zip"),
    python: Annotated[str, typer.Option(help="A Python of the runtime's version.")] = "python3.12",
    uploads: Annotated[int, typer.Option(help="Uploads.", min=10)] = 200,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("build"),
) -> None:
    """Deliver uploads and their duplicates, in turn, to one instance of the extracted zip.

    The OCR service is a stand-in that responds at once. Own time is the time of an invocation
    without the calls of the clients of OCR service and bucket. Requests and connections are counted
    on the way to the servers.
    """
    out.mkdir(parents=True, exist_ok=True)
    options = Options(
        output=out / "bench-warm.log",
        notify=False,
        credentials_seconds=_CREDENTIALS_SECONDS,
        ocr=("bench.api.instant_ocr", "distinct"),
    )
    options.output.unlink(missing_ok=True)
    try:
        with running_cloud(options) as cloud, tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(zip_file) as archive:
                archive.extractall(folder)
            report = _measure(cloud, folder, python, uploads)
    except CloudError as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    (out / "bench-warm.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _show(report)
    exceeded = [
        f"{_KINDS[kind]}: over {most:g} ms"
        for kind, most in _MOST_MS.items()
        if report["own_ms"][kind]["median"] > most
    ]
    limits = " and ".join(f"{most:g} ms per {_KINDS[kind]}" for kind, most in _MOST_MS.items())
    console.print("\n".join(exceeded) or f"within {limits}")
    raise typer.Exit(int(bool(exceeded)))


def _measure(cloud: Cloud, tree: str, interpreter: str, uploads: int) -> dict[str, Any]:
    image = _IMAGE.read_bytes()
    keys = [f"{DEFAULT_LAYOUT.input_prefix}{number}.jpg" for number in range(uploads)]
    client = cloud.bucket.client()
    for key in keys:
        client.putContent(BUCKET, key, image + key.encode())
    bucket, ocr = Relay(cloud.bucket.endpoint), Relay(cloud.ocr_endpoint)
    with bucket, ocr:
        credentials = cloud.agency.credentials()
        request = {
            "user_data": {
                **cloud.runtime.function.user_data,
                "BUCKET": BUCKET,
                "OBS_ENDPOINT": bucket.url,
                "OCR_ENDPOINT": ocr.url,
            },
            "project_id": PROJECT,
            "credentials": {
                "access_key": credentials.access_key,
                "secret_key": credentials.secret_key,
                "security_token": credentials.security_token,
            },
            "events": [_event(key) for key in keys],
        }
        completed = subprocess.run(  # noqa: S603 - the script beside this module
            [interpreter, *_ISOLATED, _INVOCATIONS, tree, _PROBE],
            check=True,
            env={"PATH": os.defpath},
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
        )
    found = json.loads(completed.stdout.splitlines()[-1])
    own = {
        kind: [each["own_ms"] for each in found if each["result"] == kind][_FIRST:]
        for kind in _MOST_MS
    }
    return {
        "uploads": uploads,
        "own_ms": {kind: _spread(times) for kind, times in own.items()},
        "requests": {"bucket": bucket.requests, "ocr": ocr.requests},
        "connections": {"bucket": bucket.connections, "ocr": ocr.connections},
        "threads": sum(each["threads"] for each in found),
        "results": {kind: sum(each["result"] == kind for each in found) for kind in _MOST_MS},
    }


def _event(key: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(_EVENT.read_bytes())
    about = event["data"]["obs"]
    about["bucket"]["name"] = BUCKET
    about["object"] = {"key": key.replace("/", "%2F")}
    return event


def _spread(times: list[float]) -> dict[str, float]:
    tenths = quantiles(times, n=10)
    return {"p10": tenths[0], "median": median(times), "p90": tenths[-1], "most": max(times)}


def _show(report: dict[str, Any]) -> None:
    table = Table("own time", "p10 ms", "median ms", "p90 ms", "most ms", box=None)
    for kind, spread in report["own_ms"].items():
        table.add_row(_KINDS[kind], *(f"{value:.2f}" for value in spread.values()))
    console.print(table)
    requests, connections = report["requests"], report["connections"]
    for name in requests:
        each = requests[name] / report["uploads"]
        console.print(
            f"{name}: {each:.2f} requests for an upload and its duplicate, on "
            f"{connections[name]} connections in all"
        )
    console.print(f"threads: {report['threads']} in {2 * report['uploads']} invocations")


if __name__ == "__main__":
    app(prog_name="python -m bench.warm")
