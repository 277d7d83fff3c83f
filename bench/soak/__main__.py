"""``python -m bench.soak``: upload thousands of files under faults, and check every record."""

from __future__ import annotations

import json
import signal
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.progress import TimeElapsedColumn
from rich.table import Table

from bench.console import console, progress_bar
from bench.soak.inputs import plan, samples
from bench.soak.report import checks, figures
from bench.soak.scenario import DELIVERY_FAULTS, INSTANCES, Scenario
from local.errors import CloudError

_REAL_UP_TO = 200  # uploads; the engine takes a quarter of an hour for 2,000


class Reading(str, Enum):
    """The engine of the OCR service."""

    auto = "auto"
    real = "real"
    replay = "replay"


def main(
    n: Annotated[int, typer.Option("--uploads", "-n", help="Number of uploads.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the random faults.")] = 1,
    share: Annotated[
        float, typer.Option(help="Share of the uploads that meet a fault.", min=0, max=1)
    ] = 0.2,
    ocr: Annotated[
        Reading,
        typer.Option(
            help="real: read every image; replay: read each picture once and repeat its result; "
            f"auto: real up to {_REAL_UP_TO} uploads."
        ),
    ] = Reading.auto,
    out: Annotated[Path, typer.Option(help="Folder for the report and the log.")] = Path("build"),
) -> None:
    """Upload invoices while requests fail, events are lost and instances are killed.

    Bucket, OCR service and function are real; proxies between them cause the faults. Sweeps
    follow. Then every upload must have exactly one right record, or its justified failure.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    replay = ocr is Reading.replay or (ocr is Reading.auto and n > _REAL_UP_TO)
    out.mkdir(parents=True, exist_ok=True)
    log = out / "soak.log"
    log.unlink(missing_ok=True)
    good, bad = samples(Path(__file__).parents[2] / "samples")
    uploads = plan(n, seed, share, good, bad)
    started = time.monotonic()
    try:
        with progress_bar(TimeElapsedColumn()) as bar:
            task = bar.add_task("", total=n)

            def show(phase: str, done: int, total: int) -> None:
                bar.update(task, description=phase, completed=done, total=total)

            observed = Scenario(uploads, seed, log, replay=replay).run(show)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (CloudError, OSError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    report: dict[str, Any] = {
        "seed": seed,
        "ocr": "replay: the engine reads each picture once" if replay else "real",
        "instances": INSTANCES,
        "chances": {"fault": share, **DELIVERY_FAULTS},
        **figures(uploads, observed),
        "seconds": round(time.monotonic() - started, 1),
    }
    report["checks"] = checks(report)
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    (out / "soak.json").write_text(text, encoding="utf-8")
    _show(report, out)
    raise typer.Exit(0 if all(report["checks"].values()) else 1)


def _show(report: dict[str, Any], out: Path) -> None:
    table = Table(title=f"Soak, seed {report['seed']}; OCR {report['ocr']}", box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("", justify="right")
    for name in (
        *("inputs", "objects", "records", "justified_failures", "former_records"),
        *("lost", "wrong", "overwritten", "late_writes", "late_writes_during_sweeps"),
        *("overwritten_by_late_write", "overwritten_mended_by_event"),
        *("overwritten_not_mended_in_time", "mended_by_second_sweep"),
        *("waiting_after_two_sweeps",),
        *("ocr_calls", "ocr_calls_per_input", "ocr_calls_caused_by_faults"),
        *("faults_fired_total", "kills", "events_given_up", "found_by_sweep"),
        *("longest_delay_s", "median_delay_s", "instance_peak_mb", "seconds"),
    ):
        table.add_row(name.replace("_", " "), str(report[name]))
    for title in ("ocr_calls_by_cause", "events"):
        counts = ", ".join(f"{name} {count}" for name, count in report[title].items())
        table.add_row(title.replace("_", " "), counts or "–")
    for number, sweep in enumerate(report["sweeps"], 1):
        counts = ", ".join(f"{name} {count}" for name, count in sweep.items())
        table.add_row(f"sweep {number}", counts)
    console.print(table)
    for name, holds in report["checks"].items():
        console.print(f"[green]holds[/]  {name}" if holds else f"[bold red]FAILS  {name}[/]")
    files = f"All figures: {out / 'soak.json'}; the function's log: {out / 'soak.log'}"
    console.print(escape(files))


if __name__ == "__main__":
    typer.run(main)
