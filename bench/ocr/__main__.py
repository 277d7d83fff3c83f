"""``python -m bench.ocr``: accuracy and speed of reading, compared with the stock engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import TimeRemainingColumn

from bench.console import console, progress_bar
from bench.drawing import HARD_KINDS, KINDS, OTHER_PAPERS, TWO_PAPERS, FontsMissingError
from bench.ocr.accuracy import Result, accuracy, by_kind
from bench.ocr.cases import (
    FIELDS,
    Case,
    drawn_cases,
    other_paper_cases,
    photograph_cases,
    read_truths,
    sheet_cases,
)
from bench.ocr.doubt import doubt
from bench.ocr.engines import Engine
from bench.ocr.failures_page import failures_page
from bench.ocr.sheets import read_sheets
from bench.ocr.speed import missed_limits, speed
from bench.ocr.tables import show

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_HARD = (*HARD_KINDS, *TWO_PAPERS)


@dataclass(frozen=True)
class _Plan:
    """The images to read; a count of 0 leaves a part out."""

    seed: int
    kinds: Sequence[str]
    folder: Path | None
    per_kind: int
    stock_per_kind: int
    sheets: int
    timed: int

    def some(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen ones of these kinds."""
        return tuple(kind for kind in kinds if not self.kinds or kind in self.kinds)


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - the command's options
    seed: Annotated[int, typer.Option(help="Selects the drawings.")] = 1,
    kinds: Annotated[
        str, typer.Option(help="Comma-separated kinds; leaves out sheets and the stock engine.")
    ] = "",
    folder: Annotated[Path | None, typer.Option(help="Photographs with a gt.json.")] = None,
    per_kind: Annotated[int, typer.Option(help="Drawings of each kind.")] = 6,
    stock_per_kind: Annotated[int, typer.Option(help="The same, for the stock engine.")] = 2,
    sheets: Annotated[int, typer.Option(help="Sheets of each sort.")] = 2,
    timed: Annotated[int, typer.Option(help="Images of each size to time.")] = 12,
    out: Annotated[Path, typer.Option(help="Folder for the figures and the page.")] = Path("build"),
) -> None:
    """Read drawn invoices of every kind, other papers, and photographs with damaged copies.

    Accuracy counts exact matches. Times include finding the orientation. Both engines read the same
    images in turn, each in its own process.
    """
    chosen = kinds.split(",") if kinds else []
    if unknown := sorted(set(chosen) - {*KINDS, *_HARD, *OTHER_PAPERS}):
        raise typer.BadParameter(f"unknown kinds {', '.join(unknown)}")
    try:
        if folder:
            read_truths(folder)  # before half an hour of reading
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{folder} has no gt.json with the fields: {error}") from None
    plan = _Plan(seed, chosen, folder, per_kind, stock_per_kind, sheets, timed)
    if chosen:
        plan = _Plan(seed, chosen, folder, per_kind, 0, 0, 0)
    out.mkdir(parents=True, exist_ok=True)
    try:
        report, failures = _measure(plan)
    except FontsMissingError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        raise typer.Exit(1) from None
    (out / "bench-ocr.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    page = out / "bench-ocr.html"
    page.write_text(failures_page(f"Reading, seed {seed}", failures), encoding="utf-8")
    show(report)
    console.print(f"Figures: {out / 'bench-ocr.json'}; images with wrong fields: {page}")
    exceeded = missed_limits(report)
    for line in exceeded:
        console.print(line, style="red")
    raise typer.Exit(int(bool(exceeded)))


def _measure(plan: _Plan) -> tuple[dict[str, Any], list[Result]]:
    with ExitStack() as processes:
        ours = processes.enter_context(Engine("ours"))
        stock = processes.enter_context(Engine("stock")) if plan.stock_per_kind else None
        usual, compared = _usual(plan, ours, stock)
        hard = _read("hard kinds", drawn_cases(plan.seed, plan.per_kind, plan.some(_HARD)), [ours])
        per_paper = max(1, plan.per_kind // 2)
        papers_drawn = other_paper_cases(plan.seed, per_paper, plan.some(OTHER_PAPERS))
        papers = _read("other papers", papers_drawn, [ours])[0]
        photo_cases = photograph_cases(plan.folder) if plan.folder else ()
        photos = _read("photographs", photo_cases, [ours])[0]
        results = usual + hard[0]
        report = {
            "seed": plan.seed,
            **accuracy(results),
            "usual": accuracy(usual),
            "hard": accuracy(hard[0]),
            "doubt": {
                "hard kinds": doubt(hard[0]),
                "hard kinds, with all images and findings": doubt(hard[0], with_all=True),
                "all kinds": doubt(results),
                "photographs": doubt(photos),
            },
            "by_kind": by_kind(results),
            "other_papers": _refusals(papers),
            "folder": {**accuracy(photos), "by_kind": by_kind(photos)} if plan.folder else None,
            "stock": accuracy(compared[1]) if stock else None,
            "same_images_as_stock": accuracy(compared[0]) if stock else None,
            "sheets": read_sheets(ours.read_all, sheet_cases(plan.seed, plan.sheets)),
            "peak_mb": round(ours.peak_mb()),
        }
        if stock and plan.timed:
            report.update(speed(plan.seed, plan.timed, ours, stock))
            report["stock"]["peak_mb"] = round(stock.peak_mb())
    return report, results + papers + photos


def _usual(
    plan: _Plan, ours: Engine, stock: Engine | None
) -> tuple[list[Result], list[list[Result]]]:
    """Read the usual kinds; return our results, and those of both engines on the same images."""
    kinds = plan.some(KINDS)
    cases = drawn_cases(plan.seed, plan.per_kind, kinds)
    first = islice(cases, plan.stock_per_kind * len(kinds))
    compared = _read("both engines", first, [ours, stock]) if stock else [[], []]
    rest = _read("ours", cases, [ours])
    return compared[0] + rest[0], compared


def _read(title: str, cases: Iterable[Case], engines: Sequence[Engine]) -> list[list[Result]]:
    """Read each case with each engine; return the results of each engine."""
    results: list[list[Result]] = [[] for _ in engines]
    with progress_bar(TimeRemainingColumn()) as progress:
        for case in progress.track(cases, description=title):
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
        **{name: accuracy(papers)[name] for name in ("median_s", "median_cpu_s")},
    }


if __name__ == "__main__":
    app(prog_name="python -m bench.ocr")
