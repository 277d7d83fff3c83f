"""``python -m bench.ledger``: time and memory of ledgers of many records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bench.console import console
from bench.ledger.running import access, running_server
from local.processes import plain_environment

_MOST_MB = 300
_MOST_SECONDS = 30.0
_CHANGED = 100
_SIZES, _MILLION = (1_000, 10_000, 100_000), 1_000_000

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Run:
    """One run of a command: its name, its seconds, those of the CPU, its peak memory in MB."""

    name: str
    seconds: float
    cpu_seconds: float
    megabytes: float


@app.command()
def bench(
    records: Annotated[int, typer.Option(help="Records of the workbook.", min=1)] = 100_000,
    *,
    million: Annotated[bool, typer.Option(help="Also a ledger of 1,000,000 records.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("build"),
) -> None:
    """Write a ledger of many records: all new, none new, a hundred changed.

    Each run lists the whole bucket. The times are of whole commands; the limits are for the second
    and the third run, which download little. After them, ledgers of 1,000 to 100,000 records are
    written as Parquet, without a server and without earlier downloads.
    """
    runs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_server(records, 0) as url:
            runs.append(_ledger(f"first run, {records} downloads, CSV", url, folder, "csv"))
            runs.append(_ledger("no downloads, workbook", url, folder, "xlsx"))
        with running_server(records, _CHANGED) as url:
            runs.append(_ledger(f"{_CHANGED} changes, workbook", url, folder, "xlsx"))
        sizes = [*_SIZES, _MILLION] if million else _SIZES
        by_size = {size: _in_process(size, folder) for size in sizes}
    every_run = [*runs, *by_size.values()]
    table = Table("run", "seconds", "CPU seconds", "peak MB", box=None)
    for run in every_run:
        table.add_row(
            run.name, f"{run.seconds:.1f}", f"{run.cpu_seconds:.1f}", f"{run.megabytes:.0f}"
        )
    console.print(table)
    out.mkdir(parents=True, exist_ok=True)
    report = {
        "runs": [asdict(run) for run in runs],
        "sizes": {size: asdict(run) for size, run in by_size.items()},
    }
    text = json.dumps(report, indent=2) + "\n"
    (out / "bench-ledger.json").write_text(text, encoding="utf-8")
    exceeded = [
        *(
            f"{run.name}: over {_MOST_SECONDS:g} s"
            for run in runs[1:3]
            if run.seconds > _MOST_SECONDS
        ),
        *(f"{run.name}: over {_MOST_MB} MB" for run in every_run if run.megabytes > _MOST_MB),
    ]
    console.print("\n".join(exceeded) or f"within {_MOST_SECONDS:g} s and {_MOST_MB} MB")
    raise typer.Exit(int(bool(exceeded)))


def _ledger(name: str, url: str, folder: Path, suffix: str) -> Run:
    out, cache = folder / f"ledger.{suffix}", folder / "cache"
    options = ["--out", str(out), "--cache", str(cache)]
    return _measure(name, ["accounting", "ledger", *options], access(url))


def _in_process(records: int, folder: Path) -> Run:
    out, cache = folder / f"{records}.parquet", folder / f"cache-{records}"
    arguments = ["bench.ledger.in_process", str(records), str(out), str(cache)]
    return _measure(f"{records} records as Parquet", arguments, plain_environment())


def _measure(name: str, arguments: list[str], environment: dict[str, str]) -> Run:
    """Run a module to its end."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment)  # noqa: S603 - ours
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise typer.Exit(process.returncode)
    cpu = usage.ru_utime + usage.ru_stime
    run = Run(name, time.perf_counter() - started, cpu, usage.ru_maxrss / 1024)
    console.print(f"{name}: {run.seconds:.1f} s ({cpu:.1f} CPU), {run.megabytes:.0f} MB")
    return run


if __name__ == "__main__":
    app(prog_name="python -m bench.ledger")
