"""``python -m bench.report.readme``: write the READMEs' figures, after ``make bench``.

The figures are kept in ``docs/figures``, so that a test can compare the tables and the plot with
them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import typer

from bench.report.page import draw
from bench.report.parts import Plot

_ROOT = Path(__file__).parents[2]
FOLDER = _ROOT / "docs" / "figures"
FIGURES, PLOT = FOLDER / "bench.json", FOLDER / "cold-start.png"
_TABLES = {"README.md": "table.md", "README.zh-CN.md": "table.zh-CN.md"}


def selected(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the tables from those of all benchmarks.

    Raises:
        KeyError: a benchmark was left out.
    """
    cold, warm, sweep, ledger, ocr = (
        figures[name] for name in ("cold", "warm", "sweep", "ledger", "ocr")
    )
    own, largest = warm["own_ms"], [run for run in sweep["runs"] if run["kind"] == "sweep"][-1]
    starts = {name: median(each["ms"] for each in found) for name, found in cold["starts"].items()}
    return {
        "day": figures["day"],
        "cores": figures["cores"],
        "starts": starts,
        "zip_ms": starts["the zip"],
        "usual": cold["ratios"]["packed as usual"],
        "alone": cold["ratios"]["requests alone"],
        "zip_mb": median(each["megabytes"] for each in cold["starts"]["the zip"]),
        "upload_ms": own["recognized"]["median"],
        "duplicate_ms": own["duplicate"]["median"],
        **{name: count / warm["uploads"] for name, count in warm["requests"].items()},
        "uploads": figures["memory"]["uploads"],
        "growth": figures["memory"]["growth"],
        "objects": largest["objects"],
        "sweep_s": largest["seconds"],
        "listings": largest["listings"],
        "sweep_mb": largest["megabytes"],
        "sweep_apart": sweep["deviation"]["sweep"],
        "kept": sweep["rate"]["kept"],
        "backfill_apart": sweep["deviation"]["backfill"],
        "first_s": ledger["runs"][0]["seconds"],
        "next_s": ledger["runs"][1]["seconds"],
        "read_ms": 1000 * ocr["usual"]["median_s"],
        "speed_1000": ocr["speedup"]["1000px"],
        "speed_3000": ocr["speedup"]["3000px"],
        "right": ocr["usual"]["all_four"]["accuracy"],
        "right_hard": ocr["hard"]["all_four"]["accuracy"],
        "right_stock": ocr["stock"]["all_four"]["accuracy"],
        "right_same": ocr["same_images_as_stock"]["all_four"]["accuracy"],
    }


def with_figures(name: str, text: str, values: Mapping[str, Any]) -> str:
    """Return a README's text with a table of these values."""
    template = Path(__file__).with_name(_TABLES[name]).read_text(encoding="utf-8")
    head, table = "".join(template.splitlines(keepends=True)[:2]), template.format(**values)
    return re.sub(re.escape(head) + r"(?:\|.*\n)*", lambda _: table, text, count=1)


def plot(values: Mapping[str, Any]) -> Plot:
    """Return the plot of the READMEs."""
    starts = values["starts"]
    return Plot("cold-start", "Cold start, ms (median)", [*starts], {"ms": [*starts.values()]})


def main() -> None:
    """Write the figures, the plot and both tables."""
    file = _ROOT / "build" / "bench.json"
    if not file.is_file():
        typer.echo("error: build/bench.json is missing: run make bench first", err=True)
        raise typer.Exit(1)
    try:
        values = selected(json.loads(file.read_bytes()))
    except KeyError as error:
        typer.echo(f"error: build/bench.json has no {error}: run all of make bench", err=True)
        raise typer.Exit(1) from None
    FOLDER.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    draw(plot(values), PLOT)
    for name in _TABLES:
        readme = _ROOT / name
        text = readme.read_text(encoding="utf-8")
        readme.write_text(with_figures(name, text, values), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
