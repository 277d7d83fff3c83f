"""Shows the figures of a run in the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from bench.console import console
from bench.ocr.cases import FIELDS


def show(report: dict[str, Any]) -> None:
    """Print the tables of a report."""
    console.print(_kinds(report["by_kind"]))
    console.print(_totals(report))
    console.print(_bins(report))
    papers = report["other_papers"]
    console.print(
        f"Other papers: {papers['refused']} of {papers['must_be_refused']} refused, "
        f"{papers['invented_fields']} fields invented."
    )
    sheets = report["sheets"]
    if sheets["invoices"]:
        console.print(
            f"Sheets: {sheets['found']} of {sheets['invoices']} invoices found, "
            f"{sheets['invented']} invented, {sheets['fields_right']:.2%} of the fields right; "
            f"polygons overlap by {sheets['overlap_median']} in the median, "
            f"{sheets['overlap_5th_percentile']} at the 5th percentile."
        )
    if "speedup" in report:
        pairs = report["two_at_once"]["ratio"]
        console.print(
            f"Speed relative to stock: {report['speedup']['1000px']} at 1,000 px, "
            f"{report['speedup']['3000px']} at 3,000 px.\n"
            f"Speed of two at once relative to one after the other: {pairs['median']} "
            f"({pairs['min']} to {pairs['max']})."
        )


def _kinds(by_kind: dict[str, Any]) -> Table:
    kinds = Table(title="Drawn invoices with right fields, by kind", box=box.SIMPLE_HEAD)
    for name in ("kind", "images", *FIELDS, "all four", "s"):
        kinds.add_column(name, justify="left" if name == "kind" else "right")
    for kind, figures in by_kind.items():
        counts = [str(figures[name]) for name in ("images", *FIELDS, "all_four")]
        style = "" if figures["all_four"] == figures["images"] else "red"
        kinds.add_row(kind, *counts, f"{figures['median_s']:.2f}", style=style)
    return kinds


def _totals(report: dict[str, Any]) -> Table:
    table = Table(title="Exact matches and time", box=box.SIMPLE_HEAD)
    columns = (*FIELDS, "all four", ">0.95 right", "median s", "95th %", "peak MB")
    for name in ("", "images", *columns):
        table.add_column(name, justify="left" if not name else "right")
    shown = {
        "kinds of one damage": report["usual"],
        "hard kinds": report["hard"],
        "ours, stock's images": report["same_images_as_stock"],
        "stock": report["stock"],
        "photographs": report["folder"],
    }
    for name, figures in shown.items():
        if figures and figures["images"]:
            table.add_row(name, *_cells(figures))
    return table


def _cells(figures: dict[str, Any]) -> list[str]:
    return [
        str(figures["images"]),
        *(f"{figures['fields'][field]['accuracy']:.2%}" for field in FIELDS),
        f"{figures['all_four']['accuracy']:.2%}",
        f"{figures['calibration']['above_095_right']:.2%}",
        f"{figures['median_s']:.3f}",
        f"{figures['percentile_95_s']:.3f}",
        str(figures.get("peak_mb", "")),
    ]


def _bins(report: dict[str, Any]) -> Table:
    table = Table(title="Fields right, by confidence", box=box.SIMPLE_HEAD)
    for name in ("confidence above", "fields", "right", "share"):
        table.add_column(name, justify="right")
    for each in report["calibration"]["bins"]:
        cells = (str(each[name]) for name in ("above", "fields", "right"))
        table.add_row(*cells, f"{each['share']:.2%}" if each["fields"] else "")
    return table
