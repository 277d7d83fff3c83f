"""``python -m local demo``: upload every sample, compare the records with the truth."""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import time
from collections import Counter, deque
from collections.abc import Mapping
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
from local.demo_ledger import add_copy_and_failure, print_ledger, write_ledger
from local.errors import CloudError
from local.runtime import Watch
from quota_invoice.obs.responses import is_success
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT

Truth = dict[str, str]
FIELDS = ("code", "number", "location", "amount")
_IN_FLIGHT = 2  # images in progress, one per instance of the function
_RECORD_SECONDS = 60.0
_MISSING = 404


@dataclass(frozen=True)
class Result:
    """The result of one sample.

    Attributes:
        record: the record or failure record; None if there is none in time.
        right: whether each field agrees with the truth; empty without a truth.
        ms: milliseconds from the start of the upload to the record.
    """

    record: dict[str, Any] | None
    right: dict[str, bool]
    ms: float


def run_demo(samples: Path, out: Path) -> int:
    """Upload the samples, print and compare their records, and write a report and a ledger.

    The demo adds a copy of one sample, which is a duplicate, and a half of one, which fails.

    Args:
        samples: folder of images with a ``truth.json``: the fields by file name.
        out: folder for ``demo/`` (the records and the ledger), ``demo.json`` (the report) and
            ``demo.log``.

    Returns:
        0 if every image has a record or a failure record, else 1.
    """
    truth: dict[str, Truth] = json.loads((samples / "truth.json").read_bytes())
    records, log = out / "demo", out / "demo.log"
    shutil.rmtree(records, ignore_errors=True)
    records.mkdir(parents=True)
    log.unlink(missing_ok=True)
    names = sorted(truth)
    copy, half = add_copy_and_failure([samples / name for name in names], records / "added")
    images = {samples / name: truth[name] for name in names} | {copy: truth[names[0]], half: None}
    console = Console(highlight=False)
    with contextlib.ExitStack() as stack:
        with console.status("starting bucket, OCR service and function"):
            errors: queue.SimpleQueue[str] = queue.SimpleQueue()
            options = Options(output=log, instances=_IN_FLIGHT, watch=_collect(errors), retries=3)
            started = time.perf_counter()
            cloud = stack.enter_context(running_cloud(options))
        console.print(f"All parts are up after {time.perf_counter() - started:.1f} s.")
        results = _process(console, cloud.bucket.client(), images, records, errors)
        ledger = records / "ledger.xlsx"
        found = write_ledger(cloud, ledger)
    report = _report(results)
    (out / "demo.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print_ledger(console, found, ledger)
    _print_report(console, report, records, log)
    return 0 if report["records"] + report["failures"] == report["images"] else 1


def _collect(errors: queue.SimpleQueue[str]) -> Watch:
    """Return a callback that collects the errors of invocations."""

    def add(ended: Future[Any]) -> None:
        if not ended.cancelled() and (error := ended.exception()):
            errors.put(str(error))

    return lambda _event, invocation: invocation.add_done_callback(add)


def _process(
    console: Console,
    client: ObsClient,
    images: Mapping[Path, Truth | None],
    records: Path,
    errors: queue.SimpleQueue[str],
) -> dict[str, Result]:
    """Upload the images, a few at a time, and print each result when its record is there."""
    waiting = deque(images)
    truths = {path.name: truth for path, truth in images.items()}
    started: dict[str, float] = {}
    results: dict[str, Result] = {}
    columns = _columns(console.width)
    console.print(_line(columns, list(columns), header=True))
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        task = progress.add_task("records", total=len(images))
        while len(results) < len(images):
            while len(started) < _IN_FLIGHT and waiting:
                path = waiting.popleft()
                started[path.name] = time.perf_counter()
                _upload(client, path)
            while not errors.empty():
                progress.console.print(f"[red]the function raised[/] {escape(errors.get())}")
            for name, start in list(started.items()):
                record = _download(client, name, records)
                elapsed = time.perf_counter() - start
                if record is None and elapsed < _RECORD_SECONDS:
                    continue
                del started[name]
                results[name] = _result(record, truths[name], elapsed * 1000)
                progress.console.print(_line(columns, _row(name, results[name])))
                progress.advance(task)
            time.sleep(0.02)
    return results


def _upload(client: ObsClient, path: Path) -> None:
    answer = client.putFile(BUCKET, f"{DEFAULT_LAYOUT.input_prefix}{path.name}", str(path))
    if not is_success(answer.status):
        raise CloudError(f"the bucket refused {path.name}: {answer.status} {answer.errorCode}")


def _download(client: ObsClient, name: str, records: Path) -> dict[str, Any] | None:
    """Download the record or failure record of an image; None if neither exists."""
    source = f"{DEFAULT_LAYOUT.input_prefix}{name}"
    for key in (DEFAULT_LAYOUT.record_key(source), DEFAULT_LAYOUT.failure_key(source)):
        answer = client.getObject(BUCKET, key, loadStreamInMemory=True)
        if is_success(answer.status):
            (records / f"{name}.json").write_bytes(answer.body.buffer)
            return dict(json.loads(answer.body.buffer))
        if answer.status != _MISSING:
            raise CloudError(f"the bucket refused to return {key}: {answer.status}")
    return None


def _result(record: dict[str, Any] | None, truth: Truth | None, ms: float) -> Result:
    fields = (record or {}).get("result", {})
    right = {
        field: _equal(field, fields.get(field, ""), expected)
        for field, expected in (truth or {}).items()
    }
    return Result(record, right, ms)


def _equal(field: str, read: str, true: str) -> bool:
    if field == "amount" and read and true:
        return Decimal(read.lstrip("￥")) == Decimal(true.lstrip("￥"))
    return read == true


def _columns(width: int) -> dict[str, int]:
    """Return the width of each column of the table; the image's name takes the rest."""
    fixed = {"code": 12, "number": 8, "place": 10, "amount": 9, "conf.": 6, "ms": 5}
    gaps = 2 * len(fixed)
    return {"image": max(14, min(40, width - sum(fixed.values()) - gaps)), **fixed}


def _line(columns: Mapping[str, int], cells: list[str], *, header: bool = False) -> Table:
    """Return one line of the table; each line is printed separately, above the progress bar."""
    line = Table.grid(padding=(0, 2, 0, 0))
    image, *others = cells
    for name, width in columns.items():
        side = "right" if name in {"conf.", "ms"} else "left"
        line.add_column(width=width, justify=side, overflow="fold")  # type: ignore[arg-type]  # a Literal
    shown = _shortened(image, columns["image"])
    line.add_row(shown, *others, style="bold" if header else "")
    return line


def _shortened(name: str, width: int) -> str:
    """Return a file's name without its middle, if it is too long for one line."""
    if len(name) <= width:
        return name
    kept = width - 1
    return f"{name[: kept - kept // 2]}…{name[-(kept // 2) :]}"


def _row(name: str, result: Result) -> list[str]:
    """Return the cells of a line: wrong values are red, a doubtful invoice has a question mark."""
    record, ms = result.record, f"{result.ms:.0f}"
    if record is None:
        return [name, "[red]no record", "", "", "", "", ms]
    if record["status"] != Status.RECOGNIZED:
        return [name, f"[red]{record['error']['code']}", "", "", "", "", ms]
    invoice = record["invoices"][0]
    shown = {
        "code": invoice["code"],
        "number": invoice["number"],
        "location": invoice["city"] or invoice["province"] or invoice["location"],
        "amount": invoice["amount"]["text"],
    }
    cells = [
        shown[field] if result.right[field] else f"[red]{shown[field] or '–'}" for field in FIELDS
    ]
    lowest = min(record["result"]["confidence"].values(), default=0)
    mark = "[yellow]?[/]" if invoice["needs_review"] else " "
    return [name, *cells, f"{lowest:.3f}{mark}", ms]


def _report(results: Mapping[str, Result]) -> dict[str, Any]:
    statuses = Counter(result.record["status"] for result in results.values() if result.record)
    rights = [result.right for result in results.values()]
    return {
        "images": len(results),
        "records": statuses[Status.RECOGNIZED],
        "failures": statuses[Status.FAILED],
        "right": {field: sum(right.get(field, False) for right in rights) for field in FIELDS},
    }


def _print_report(console: Console, report: Mapping[str, Any], records: Path, log: Path) -> None:
    right = ", ".join(f"{field} {count}" for field, count in report["right"].items())
    console.print()
    console.print(
        f"{report['records']} of {report['images']} images have a record, {report['failures']} a "
        f"failure record; right: {right}.\n"
        "A person should check the invoices with a question mark.\n"
        f"The records are in {records}/, the function's log is {log}.\n"
        "Upload your own photo, and get its record:\n"
        "  make up\n"
        f"  curl -T photo.jpg http://127.0.0.1:8300/{DEFAULT_LAYOUT.input_prefix}\n"
        f"  curl http://127.0.0.1:8300/{DEFAULT_LAYOUT.results_prefix}photo.jpg.json",
        soft_wrap=True,
    )
