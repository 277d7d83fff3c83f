"""``python -m bench.ocr``: accuracy and speed of reading, compared with the stock engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich import box
from rich.progress import TimeRemainingColumn
from rich.table import Table

from bench.console import console, progress_bar
from bench.drawing import KINDS, OTHER_PAPERS, FontsMissingError
from bench.ocr.accuracy import Result, accuracy, by_kind, spread
from bench.ocr.cases import FIELDS, Case, drawn_cases, other_paper_cases, photograph_cases
from bench.ocr.engines import Engine
from bench.ocr.failures_page import failures_page

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - the command's options
    seed: Annotated[int, typer.Option(help="Selects the drawings.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Photographs with a gt.json.")] = None,
    per_kind: Annotated[int, typer.Option(help="Drawings of each kind.")] = 10,
    stock_per_kind: Annotated[int, typer.Option(help="The same, for the stock engine.")] = 2,
    timed: Annotated[int, typer.Option(help="Images of each size to time.")] = 12,
    out: Annotated[Path, typer.Option(help="Folder for the figures and the page.")] = Path("build"),
) -> None:
    """Read drawn invoices of every kind, other papers, and photographs with damaged copies.

    Accuracy counts exact matches. Times include finding the orientation. Both engines read the same
    images in turn, each in its own process.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        report, failures = _measure(seed, folder, per_kind, stock_per_kind, timed)
    except FontsMissingError as error:
        console.print(f"[bold red]error:[/] {error}")
        raise typer.Exit(1) from None
    (out / "bench-ocr.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    page = out / "bench-ocr.html"
    page.write_text(failures_page(f"Reading, seed {seed}", failures), encoding="utf-8")
    _show(report)
    console.print(f"Figures: {out / 'bench-ocr.json'}; images with wrong fields: {page}")


def _measure(
    seed: int, folder: Path | None, per_kind: int, stock_per_kind: int, timed: int
) -> tuple[dict[str, Any], list[Result]]:
    with Engine("ours") as ours, Engine("stock") as stock:
        cases = drawn_cases(seed, per_kind)
        total = stock_per_kind * len(KINDS)
        both = _read("both engines", islice(cases, total), [ours, stock], total)
        rest = _read("ours", cases, [ours], (per_kind - stock_per_kind) * len(KINDS))
        per_paper = max(1, per_kind // 2)
        total = per_paper * len(OTHER_PAPERS)
        papers = _read("other papers", other_paper_cases(seed, per_paper), [ours], total)[0]
        photos = _read("photographs", photograph_cases(folder), [ours], None)[0] if folder else []
        results = both[0] + rest[0]
        report = {
            "seed": seed,
            **accuracy(results),
            "by_kind": by_kind(results),
            "other_papers": _refusals(papers),
            "folder": {**accuracy(photos), "by_kind": by_kind(photos)} if folder else None,
            "speedup": {},
            "speedup_spread": {},
            "stock": accuracy(both[1]),
            "same_images_as_stock": accuracy(both[0]),
        }
        for side in (1000, 3000):
            ratios, times = _race(seed, side, timed, ours, stock)
            report["speedup"][f"{side}px"] = round(median(ratios), 2)
            report["speedup_spread"][f"{side}px"] = {"ratio": spread(ratios), **times}
        report["peak_mb"] = round(ours.peak_mb())
        report["two_at_once"] = {**_pairs(seed, ours), "peak_mb": round(ours.peak_mb())}
        report["stock"]["peak_mb"] = round(stock.peak_mb())
    return report, results + papers + photos


def _read(
    title: str, cases: Iterable[Case], engines: Sequence[Engine], total: int | None
) -> list[list[Result]]:
    """Read each case with each engine; return the results of each engine."""
    results: list[list[Result]] = [[] for _ in engines]
    with progress_bar(TimeRemainingColumn()) as progress:
        for case in progress.track(cases, total=total, description=title):
            for engine, own in zip(engines, results, strict=True):
                result = Result(case, engine.read(case.image))
                own.append(result.without_image() if result.all_right else result)
    return results


def _refusals(papers: Sequence[Result]) -> dict[str, Any]:
    to_refuse = [result for result in papers if result.case.truth is None]
    return {
        "images": len(papers),
        "must_be_refused": len(to_refuse),
        "refused": sum(result.reading.fields is None for result in to_refuse),
        "invented_fields": sum(not result.is_right(field) for result in papers for field in FIELDS),
    }


def _race(
    seed: int, side: int, count: int, ours: Engine, stock: Engine
) -> tuple[list[float], dict[str, Any]]:
    """Read the same images with both engines in turn; return the ratios of their times."""
    step = max(1, len(KINDS) // count)
    cases = list(islice(drawn_cases(seed + 1, 1, long_side=side), 0, step * count, step))
    for engine in (ours, stock):
        engine.read(cases[0].image)  # warm up the caches for this size
    times = [(ours.read(case.image).seconds, stock.read(case.image).seconds) for case in cases]
    spreads = {"ours_s": spread([own for own, _ in times])}
    spreads["stock_s"] = spread([other for _, other in times])
    return [other / own for own, other in times], spreads


def _pairs(seed: int, ours: Engine) -> dict[str, Any]:
    cases = list(islice(drawn_cases(seed + 2, 1), 12))
    pairs = zip(cases[::2], cases[1::2], strict=True)
    times = [ours.pair_seconds((one.image, other.image)) for one, other in pairs]
    return {
        "one_after_other_s": spread([time for time, _ in times]),
        "at_once_s": spread([time for _, time in times]),
        "ratio": spread([alone / at_once for alone, at_once in times]),
    }


def _show(report: dict[str, Any]) -> None:
    kinds = Table(title="Drawn invoices with right fields, by kind of damage", box=box.SIMPLE_HEAD)
    for name in ("kind", "images", *FIELDS, "all four", "s"):
        kinds.add_column(name, justify="left" if name == "kind" else "right")
    for kind, figures in report["by_kind"].items():
        counts = [str(figures[name]) for name in ("images", *FIELDS, "all_four")]
        style = "" if figures["all_four"] == figures["images"] else "red"
        kinds.add_row(kind, *counts, f"{figures['median_s']:.2f}", style=style)
    console.print(kinds)
    table = Table(title="Exact matches and time", box=box.SIMPLE_HEAD)
    for name in ("", "images", *FIELDS, "all four", ">0.95 right", "median s", "peak MB"):
        table.add_column(name, justify="left" if not name else "right")
    shown = {
        "ours": report,
        "ours, stock's images": report["same_images_as_stock"],
        "stock": report["stock"],
        "photographs": report["folder"],
    }
    for name, figures in shown.items():
        if figures:
            table.add_row(name, *_cells(figures))
    console.print(table)
    papers, pairs = report["other_papers"], report["two_at_once"]["ratio"]
    console.print(
        f"Other papers: {papers['refused']} of {papers['must_be_refused']} refused, "
        f"{papers['invented_fields']} fields invented.\n"
        f"Speed relative to stock: {report['speedup']['1000px']} at 1,000 px, "
        f"{report['speedup']['3000px']} at 3,000 px.\n"
        f"Speed of two at once relative to one after the other: {pairs['median']} "
        f"({pairs['min']} to {pairs['max']})."
    )


def _cells(figures: dict[str, Any]) -> list[str]:
    return [
        str(figures["images"]),
        *(f"{figures['fields'][field]['accuracy']:.2%}" for field in FIELDS),
        f"{figures['all_four']['accuracy']:.2%}",
        f"{figures['calibration']['above_095_right']:.2%}",
        f"{figures['median_s']:.3f}",
        str(figures.get("peak_mb", "")),
    ]


if __name__ == "__main__":
    app(prog_name="python -m bench.ocr")
