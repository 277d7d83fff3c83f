"""`python -m bench.soak`: thousands of uploads under faults, and whether all is well in the end."""

from __future__ import annotations

import json
import signal
import sys
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.soak.inputs import plan, samples
from bench.soak.report import checks, figures
from bench.soak.scenario import INSTANCES, WEATHER, Scenario
from local.errors import CloudError

# A log file is no terminal of 80 columns: tables are shown whole there.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
_REAL_UP_TO = 200  # uploads; more would take the engine a quarter of an hour for every 2,000


class Reading(str, Enum):
    """How the OCR service reads."""

    auto = "auto"
    real = "real"
    replay = "replay"


def main(
    n: Annotated[int, typer.Option("--uploads", "-n", help="How many.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Another seed, other faults.")] = 1,
    share: Annotated[
        float, typer.Option(help="Of the uploads that meet a fault.", min=0, max=1)
    ] = 0.2,
    ocr: Annotated[
        Reading,
        typer.Option(
            help="real: each image is read; replay: each picture once, then its real answer is "
            f"given again; auto: real up to {_REAL_UP_TO} uploads."
        ),
    ] = Reading.auto,
    out: Annotated[Path, typer.Option(help="Folder for report and log.")] = Path("build"),
) -> None:
    """Upload invoices while requests fail, events go astray and instances are killed.

    Bucket, OCR service and function are real; what fails does so in proxies between them. At the
    end two sweeps come, and every upload must have its one right record, or its justified failure.
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
        with _progress() as bar:
            task = bar.add_task("", total=n)

            def show(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            found = Scenario(uploads, seed, log, replay=replay).run(show)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (CloudError, OSError) as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    report: dict[str, Any] = {
        "seed": seed,
        "ocr": "replay: each picture read once by the engine" if replay else "real",
        "instances": INSTANCES,
        "chances": {"fault": share, **WEATHER},
        **figures(uploads, found),
        "seconds": round(time.monotonic() - started, 1),
    }
    report["checks"] = checks(report)
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    (out / "soak.json").write_text(text, encoding="utf-8")
    _show(report, out)
    raise typer.Exit(0 if all(report["checks"].values()) else 1)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _show(report: dict[str, Any], out: Path) -> None:
    table = Table(title=f"Soak, seed {report['seed']}; OCR {report['ocr']}", box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("", justify="right")
    for name in (
        *("inputs", "objects", "records", "justified_failures", "former_records"),
        *("lost", "wrong", "overwritten"),
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
    console.print(f"Every figure: {out / 'soak.json'}; the function's log: {out / 'soak.log'}")


if __name__ == "__main__":
    typer.run(main)
