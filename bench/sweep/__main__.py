"""``python -m bench.sweep``: sweeps and backfills of many objects, and a backfill's rate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Annotated

import typer
from rich.table import Table

from bench.console import console
from bench.ledger.running import access, running_server
from bench.options import OUT, Out
from bench.sweep.rate import measure_rate
from bench.warm.relay import Relay

_LEAST_KEPT = 0.90
_MOST_KEPT = 1.0
_FLAT = 0.15  # of the cost per object, from _FROM objects on
_FROM = 10_000
_RUNS = {1_000_000: 1, 100_000: 3}  # of smaller buckets more, whose short runs differ more
_MOST_RUNS = 9
_COMMANDS = {
    "sweep": ["bench.sweep.once"],
    "backfill": ["ops.backfill", "--dry-run"],
}

Figures = tuple[float, float, int, float]
"""Seconds, CPU microseconds per input, requests, and peak MB of a run."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Run:
    """The runs of a command over a bucket.

    Attributes:
        kind: sweep or backfill.
        objects: inputs; each has its record.
        seconds: from start to end, median.
        microseconds: the command's CPU time per input, beyond that of an empty bucket; median.
        least: the smallest of these times.
        most: the largest one.
        listings: listing calls of a run.
        megabytes: peak memory, median.
    """

    kind: str
    objects: int
    seconds: float
    microseconds: float
    least: float
    most: float
    listings: int
    megabytes: float


@app.command()
def bench(
    largest: Annotated[int, typer.Option(help="Inputs of the largest bucket.")] = 1_000_000,
    seconds: Annotated[
        float, typer.Option(help="Duration of the backfill for its rate.", min=15)
    ] = 60.0,
    per_minute: Annotated[int, typer.Option(help="Its events per minute.", min=12)] = 120,
    out: Out = OUT,
) -> None:
    """List buckets whose inputs all have records, and send inputs without records.

    The buckets are generated while they are listed. A round of a sweep reads nothing else if the
    one before it was complete; the backfill only counts.
    """
    sizes = [size for size in (1000, 10_000, 100_000, 1_000_000) if size <= largest]
    runs = _runs(sizes)
    rate = measure_rate(seconds, per_minute, 10)
    columns = "seconds", "CPU µs each", "from", "to", "listings", "peak MB"
    table = Table("runs of", "objects", *columns, box=None)
    for run in runs:
        costs = (f"{cost:.1f}" for cost in (run.microseconds, run.least, run.most))
        figures = f"{run.seconds:.1f}", *costs, f"{run.listings:,}", f"{run.megabytes:.0f}"
        table.add_row(run.kind, f"{run.objects:,}", *figures)
    console.print(table)
    kept = f"{rate.kept:.1%} of the allowed rate; {rate.highest:.1%} in the fastest ten seconds"
    console.print(f"backfill: {kept}")
    spread = {kind: _deviation(kind, runs) for kind in _COMMANDS}
    report = {"runs": [asdict(run) for run in runs], "rate": asdict(rate), "deviation": spread}
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench-sweep.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    exceeded = [
        f"{kind}: cost {value:.0%} apart" for kind, value in spread.items() if value > _FLAT
    ]
    if rate.kept < _LEAST_KEPT or max(rate.kept, rate.highest) > _MOST_KEPT:
        exceeded.append("backfill: rate outside its limits")
    console.print("\n".join(exceeded) or "within the limits")
    raise typer.Exit(int(bool(exceeded)))


def _runs(sizes: Sequence[int]) -> list[Run]:
    """Run each command over each bucket several times.

    A machine is slower in some minutes than in others: the runs of each bucket are spread evenly
    over the whole measurement.
    """
    order = []
    for size in sizes:
        count = _RUNS.get(size, _MOST_RUNS)
        order += [((number + 0.5) / count, size) for number in range(count)]
    figures: dict[tuple[int, str], list[Figures]] = defaultdict(list)
    for _, size in sorted(order):
        for kind in _COMMANDS:
            figures[size, kind].append(_figures(kind, size))
    return [_median_run(kind, size, figures[size, kind]) for size in sizes for kind in _COMMANDS]


def _figures(kind: str, objects: int) -> Figures:
    """Run a command once, after a run over an empty bucket: its start takes time, too."""
    _, start, _, _ = _run(kind, 0)
    elapsed, cpu, requests, megabytes = _run(kind, objects)
    return elapsed, (cpu - start) / objects * 1e6, requests, megabytes


def _median_run(kind: str, objects: int, figures: Sequence[Figures]) -> Run:
    """Return the medians and the spread of the runs of one command over one bucket."""
    seconds, costs, listings, peaks = zip(*figures, strict=True)
    return Run(
        kind,
        objects,
        median(seconds),
        median(costs),
        least=min(costs),
        most=max(costs),
        listings=int(median(listings)),
        megabytes=median(peaks),
    )


def _run(kind: str, objects: int) -> tuple[float, float, int, float]:
    """Return seconds, CPU seconds, requests and peak MB of a command over a bucket."""
    with (
        running_server(objects, 0) as url,
        Relay(url) as relay,
        tempfile.TemporaryDirectory() as state,
    ):
        names = {"HW_PROJECT_ID": "0" * 32, "FUNCTION_URN": "urn:none"}
        options = ["--state", state] if kind == "backfill" else []
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", *_COMMANDS[kind], *options],
            env=access(relay.url) | names,
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise typer.Exit(process.returncode)
        cpu = usage.ru_utime + usage.ru_stime
        return time.perf_counter() - started, cpu, relay.requests, usage.ru_maxrss / 1024


def _deviation(kind: str, runs: list[Run]) -> float:
    """Return how far the cost of an object is from that in a bucket of ten thousand, at most."""
    costs = {run.objects: run.microseconds for run in runs if run.kind == kind}
    larger = [cost for size, cost in costs.items() if size > _FROM]
    return max((abs(cost / costs[_FROM] - 1) for cost in larger), default=0.0)


if __name__ == "__main__":
    app(prog_name="python -m bench.sweep")
