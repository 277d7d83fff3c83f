"""``python -m bench.review``: time and memory of the review page with many records."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated

import httpx
import typer
from rich.table import Table

from bench.console import console
from bench.ledger.running import access, running_server

_MOST_MB = 300
_MOST_SECONDS = 2.0
_CHANGED = 100
_PAGES = 20  # requests of each kind
_PAUSE = 0.2  # seconds between requests while the index is built
_KINDS = {
    "first page": "/",
    "doubtful ones": "/?state=doubtful",
    "one month and region": "/?month=2026-01&region=北京市",
    "search": "/?search=1234",
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass
class Figures:
    """The figures of one run of the page.

    Attributes:
        name: the run's name.
        index_seconds: from the first request until the index is up to date.
        slowest_meanwhile: the slowest page until then, in seconds.
        first_page: the first page after that, in seconds.
        pages: median and slowest of pages by their kinds, in seconds.
        megabytes: peak memory of the page's process.
    """

    name: str
    index_seconds: float = 0.0
    slowest_meanwhile: float = 0.0
    first_page: float = 0.0
    pages: dict[str, tuple[float, float]] = field(default_factory=dict)
    megabytes: float = 0.0


@app.command()
def bench(
    records: Annotated[int, typer.Option(help="Records in the bucket.", min=1)] = 100_000,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("build"),
) -> None:
    """Open the review page on many records: with no index, and with one of a former run.

    In the second run, a hundred records differ from those of the index.
    """
    with tempfile.TemporaryDirectory() as name:
        runs = [
            _run(f"{records} downloads", records, 0, Path(name)),
            _run(f"{_CHANGED} changes", records, _CHANGED, Path(name)),
        ]
    table = Table("run", "index s", "slowest page meanwhile s", "first page s", "peak MB", box=None)
    for run in runs:
        figures = (run.index_seconds, run.slowest_meanwhile, run.first_page)
        table.add_row(run.name, *(f"{each:.2f}" for each in figures), f"{run.megabytes:.0f}")
    console.print(table)
    kinds = Table("page", "median s", "slowest s", box=None)
    for kind, seconds in runs[-1].pages.items():
        kinds.add_row(kind, *(f"{each:.3f}" for each in seconds))
    console.print(kinds)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(run) for run in runs], indent=2)
    (out / "bench-review.json").write_text(text + "\n", encoding="utf-8")
    exceeded = [
        *(
            f"{run.name}: over {_MOST_SECONDS:g} s"
            for run in runs
            if run.first_page > _MOST_SECONDS
        ),
        *(f"{run.name}: over {_MOST_MB} MB" for run in runs if run.megabytes > _MOST_MB),
    ]
    console.print("\n".join(exceeded) or f"within {_MOST_SECONDS:g} s and {_MOST_MB} MB")
    raise typer.Exit(int(bool(exceeded)))


def _run(name: str, records: int, changed: int, folder: Path) -> Figures:
    run = Figures(name)
    with running_server(records, changed) as url, _page(url, folder) as (process, address):
        headers = {"Accept-Language": "en"}
        base = address.partition("/?")[0]
        with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:
            started = time.perf_counter()
            client.get(address, follow_redirects=True).raise_for_status()
            while not _is_built(client):
                run.slowest_meanwhile = max(run.slowest_meanwhile, _seconds(client, "/"))
                time.sleep(_PAUSE)
            run.index_seconds = time.perf_counter() - started
            run.first_page = _seconds(client, "/")
            for kind, path in {**_KINDS, "second page": _second_page(client)}.items():
                seconds = [_seconds(client, path) for _ in range(_PAGES)]
                run.pages[kind] = median(seconds), max(seconds)
        run.megabytes = _peak_megabytes(process.pid)
    console.print(f"{name}: {run.index_seconds:.1f} s, {run.megabytes:.0f} MB")
    return run


@contextlib.contextmanager
def _page(url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the page, and give its process and the address that lets a person in."""
    arguments = ["review", "--reviewer", "bench", "--port", "0", "--folder", str(folder)]
    with subprocess.Popen(  # noqa: S603 - this Python, with a module of ours
        [sys.executable, "-m", "accounting", *arguments],
        env=access(url),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr  # noqa: S101 - a pipe
        found = (re.search(r"http://\S+token=\S+", line) for line in process.stderr)
        address = next((match[0] for match in found if match), "")
        try:
            yield process, address
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


def _is_built(client: httpx.Client) -> bool:
    answer = client.get("/queue/status", params={"was": "building"})
    answer.raise_for_status()
    return "HX-Refresh" in answer.headers and "<progress" not in answer.text


def _second_page(client: httpx.Client) -> str:
    after = re.search(r"after=([\w-]+)", client.get("/").text)
    return f"/queue/rows?after={after[1]}" if after else "/queue/rows"


def _seconds(client: httpx.Client, path: str) -> float:
    started = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - started


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak[1]) / 1024 if peak else 0.0


if __name__ == "__main__":
    app(prog_name="python -m bench.review")
