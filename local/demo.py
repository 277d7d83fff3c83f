"""`python -m local demo`: every sample through the cloud, beside what it truly says."""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from obs import ObsClient
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.cloud import BUCKET, Options, running_cloud
from local.errors import CloudError

FIELDS = ("code", "number", "location", "amount")
_IN_FLIGHT = 2  # uploads under way, as many as the function has instances
_RECORD_SECONDS = 60.0
_MISSING = 404
_OK = 300


@dataclass(frozen=True)
class Arrival:
    """What came of one sample.

    Attributes:
        record: the record or failure record; None if none came.
        right: whether each field is what the image truly says.
        ms: from the upload's beginning to the record, in milliseconds.
    """

    record: dict[str, Any] | None
    right: dict[str, bool]
    ms: float


def run_demo(samples: Path, out: Path) -> int:
    """Upload the samples, wait for each record, show, compare and report.

    Args:
        samples: folder of images with a ``truth.json`` that gives each file's fields.
        out: folder for ``demo/`` (the records), ``demo.json`` (the report) and the log.

    Returns:
        0 if every image got its record, else 1.
    """
    truth: dict[str, dict[str, str]] = json.loads((samples / "truth.json").read_bytes())
    records, log = out / "demo", out / "demo.log"
    shutil.rmtree(records, ignore_errors=True)
    records.mkdir(parents=True)
    log.unlink(missing_ok=True)
    # Not highlighted: a long number is one thing, whatever its digits.
    console = Console(highlight=False)
    with contextlib.ExitStack() as running:
        with console.status("starting bucket, OCR service and function"):
            raised: queue.SimpleQueue[str] = queue.SimpleQueue()
            options = Options(output=log, instances=_IN_FLIGHT, watch=_reporter(raised), retries=3)
            started = time.perf_counter()
            cloud = running.enter_context(running_cloud(options))
        console.print(f"Everything is up after {time.perf_counter() - started:.1f} s.")
        arrivals = _send_all(console, cloud.bucket.client(), samples, truth, records, raised)
    report = _report(arrivals)
    (out / "demo.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _conclude(console, report, records, log)
    return 0 if report["records"] == report["images"] else 1


def _reporter(raised: queue.SimpleQueue[str]) -> Callable[[Future[Any]], None]:
    """Collect what invocations raise: whoever waits for a record should hear why none comes."""

    def watch(invocation: Future[Any]) -> None:
        def note(ended: Future[Any]) -> None:
            error = None if ended.cancelled() else ended.exception()
            if error:
                raised.put(str(error))

        invocation.add_done_callback(note)

    return watch


def _send_all(  # noqa: PLR0913, PLR0917 - what a round of the samples takes
    console: Console,
    client: ObsClient,
    samples: Path,
    truth: Mapping[str, Mapping[str, str]],
    records: Path,
    raised: queue.SimpleQueue[str],
) -> dict[str, Arrival]:
    """Keep a few uploads under way until all have arrived, and show each as it does."""
    waiting = deque(sorted(truth))
    started: dict[str, float] = {}
    arrivals: dict[str, Arrival] = {}
    columns = _columns(console.width)
    console.print(_line(columns, list(columns), header=True))
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        task = progress.add_task("records", total=len(truth))
        while len(arrivals) < len(truth):
            while len(started) < _IN_FLIGHT and waiting:
                name = waiting.popleft()
                started[name] = time.perf_counter()
                _upload(client, samples / name)
            while not raised.empty():
                progress.console.print(f"[red]the function raised[/] {escape(raised.get())}")
            for name, begun in list(started.items()):
                record = _fetch(client, name, records)
                late = time.perf_counter() - begun > _RECORD_SECONDS
                if record is None and not late:
                    continue
                del started[name]
                arrivals[name] = _arrival(record, truth[name], (time.perf_counter() - begun) * 1000)
                progress.console.print(_line(columns, _row(name, arrivals[name])))
                progress.advance(task)
            time.sleep(0.02)
    return arrivals


def _upload(client: ObsClient, path: Path) -> None:
    answer = client.putFile(BUCKET, f"incoming/{path.name}", str(path))
    if answer.status >= _OK:
        message = f"the bucket refused {path.name}: {answer.status} {answer.errorCode}"
        raise CloudError(message)


def _fetch(client: ObsClient, name: str, records: Path) -> dict[str, Any] | None:
    """Get the record or failure record of an image and keep a copy; None while there is none."""
    for prefix in ("results", "failures"):
        answer = client.getObject(BUCKET, f"{prefix}/{name}.json", loadStreamInMemory=True)
        if answer.status < _OK:
            (records / f"{name}.json").write_bytes(answer.body.buffer)
            return dict(json.loads(answer.body.buffer))
        if answer.status != _MISSING:
            message = f"the bucket refused to give {prefix}/{name}.json: {answer.status}"
            raise CloudError(message)
    return None


def _arrival(record: dict[str, Any] | None, truth: Mapping[str, str], ms: float) -> Arrival:
    result = (record or {}).get("result", {})
    right = {field: _same(field, result.get(field, ""), truth[field]) for field in FIELDS}
    return Arrival(record, right, ms)


def _same(field: str, read: str, true: str) -> bool:
    if field == "amount" and read and true:
        return Decimal(read.lstrip("￥")) == Decimal(true.lstrip("￥"))
    return read == true


def _columns(width: int) -> dict[str, int]:
    """Give the table's columns with their widths; the image's name has what is left."""
    fixed = {"code": 12, "number": 8, "place": 10, "amount": 9, "conf.": 5, "ms": 5}
    gaps = 2 * len(fixed)
    return {"image": max(14, min(40, width - sum(fixed.values()) - gaps)), **fixed}


def _line(columns: Mapping[str, int], cells: list[str], *, header: bool = False) -> Table:
    """Give one line of the table, which is printed above the progress bar as it comes."""
    line = Table.grid(padding=(0, 2, 0, 0))
    for name, width in columns.items():
        right = "right" if name in {"conf.", "ms"} else "left"
        line.add_column(width=width, justify=right, overflow="fold")  # type: ignore[arg-type]  # a Literal
    line.add_row(*cells, style="bold" if header else "")
    return line


def _row(name: str, arrival: Arrival) -> list[str]:
    """Give a line of the table; what is not what the image says is red."""
    record = arrival.record
    if record is None:
        return [name, "[red]no record", "", "", "", "", f"{arrival.ms:.0f}"]
    if record["status"] != "recognized":
        return [name, f"[red]{record['error']['code']}", "", "", "", "", f"{arrival.ms:.0f}"]
    invoice = record["invoices"][0]
    shown = {
        "code": invoice["code"],
        "number": invoice["number"],
        "location": invoice["city"] or invoice["province"] or invoice["location"],
        "amount": invoice["amount"]["text"],
    }
    cells = [
        shown[field] if arrival.right[field] else f"[red]{shown[field] or '–'}" for field in FIELDS
    ]
    lowest = min(record["result"]["confidence"].values(), default=0)
    return [name, *cells, f"{lowest:.3f}", f"{arrival.ms:.0f}"]


def _report(arrivals: Mapping[str, Arrival]) -> dict[str, Any]:
    return {
        "images": len(arrivals),
        "records": sum(arrival.record is not None for arrival in arrivals.values()),
        "right": {
            field: sum(arrival.right[field] for arrival in arrivals.values()) for field in FIELDS
        },
    }


def _conclude(console: Console, report: Mapping[str, Any], records: Path, log: Path) -> None:
    right = ", ".join(f"{field} {count}" for field, count in report["right"].items())
    console.print()
    console.print(
        f"{report['records']} of {report['images']} images have a record; right: {right}.\n"
        f"The records lie in {records}/, the function's log in {log}.\n"
        "Try your own photo, and ask the API about it:\n"
        "  make up\n"
        "  curl -T photo.jpg http://127.0.0.1:8300/incoming/\n"
        "  curl http://127.0.0.1:8301/invoices/photo.jpg",
        soft_wrap=True,
    )
