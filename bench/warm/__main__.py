"""``python -m bench.warm``: own time, requests and connections of uploads and their duplicates."""

from __future__ import annotations

import json
from statistics import median, quantiles
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bench.console import console
from bench.options import OUT, ZIP_FILE, Out, Python, ZipFile, zip_python
from bench.warm.delivery import deliver, instance
from local.cloud import Cloud
from local.errors import CloudError

_MOST_MS = {"recognized": 1.0, "duplicate": 0.5}  # of the function's own, median
_KINDS = {"recognized": "upload", "duplicate": "duplicate"}
_FIRST = 5  # invocations of each kind that warm it up

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    zip_file: ZipFile = ZIP_FILE,
    python: Python = "",
    uploads: Annotated[int, typer.Option(help="Uploads.", min=10)] = 200,
    out: Out = OUT,
) -> None:
    """Deliver uploads and their duplicates, in turn, to one instance of the extracted zip.

    The OCR service is a stand-in that responds at once. Own time is the time of an invocation
    without the calls of the clients of OCR service and bucket. The signed URL that it makes has
    OBS's signature, as deployed. Requests and connections are counted on the way to the servers. On
    a machine with several processors, the servers do not use the instance's.
    """
    interpreter = zip_python(python)
    try:
        with instance(zip_file, out / "bench-warm.log") as (cloud, folder):
            report = _measure(cloud, folder, interpreter, uploads)
    except CloudError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
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


def _measure(cloud: Cloud, folder: str, interpreter: str, uploads: int) -> dict[str, Any]:
    found = deliver(cloud, folder, interpreter, uploads)
    own = {
        kind: [each["own_ms"] for each in found.invocations if each["result"] == kind][_FIRST:]
        for kind in _MOST_MS
    }
    results = [each["result"] for each in found.invocations]
    return {
        "uploads": uploads,
        "own_ms": {kind: _spread(times) for kind, times in own.items()},
        "requests": found.requests,
        "connections": found.connections,
        "threads": sum(each["threads"] for each in found.invocations),
        "results": {kind: results.count(kind) for kind in _MOST_MS},
    }


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
