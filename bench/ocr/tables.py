"""Shows the figures of a run in the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from bench.console import console
from bench.ocr.cases import FIELDS

_TIMES = ("median_s", "percentile_95_s", "median_cpu_s", "percentile_95_cpu_s")


def show(report: dict[str, Any]) -> None:
    """Print the tables of a report."""
    console.print(_kinds(report["by_kind"]))
    console.print(_totals(report))
    console.print(_bins(report))
    for name, each in report["doubt"].items():
        if each["images"]:
            console.print(
                f"Risk score, {name}: {each['wrong']} of {each['images']} invoices wrong, AUROC "
                f"{each['auroc']:.3f}; the most doubtful, 1.5 times as many, hold "
                f"{each['found']:.1%} of them."
            )
    papers = report["other_papers"]
    console.print(
        f"Other papers: {papers['refused']} of {papers['must_be_refused']} refused, "
        f"{papers['invented_fields']} fields invented; median {papers['median_s']:.2f} s, "
        f"{papers['median_cpu_s']:.2f} s of processor time."
    )
    stock = f"; stock {report['stock']['peak_mb']} MB" if "speedup" in report else ""
    console.print(f"Peak memory: {report['peak_mb']} MB{stock}.")
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
    columns = (*FIELDS, "all four", ">0.95 right", "wrong per 1,000")
    times = ("median s", "95th %", "median CPU s", "95th %")
    for name in ("", "images", *columns, *times):
        table.add_column(name, justify="left" if not name else "right")
    shown = {
        "kinds of one damage": report["usual"],
        "hard kinds": report["hard"],
        "all kinds": report,
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
        f"{figures['calibration']['wrong_above_095_per_1000']:.1f}",
        *(f"{figures[name]:.2f}" for name in _TIMES),
    ]


def _bins(report: dict[str, Any]) -> Table:
    table = Table(title="Fields right, by confidence", box=box.SIMPLE_HEAD)
    for name in ("confidence above", "fields", "right", "share"):
        table.add_column(name, justify="right")
    for each in report["calibration"]["bins"]:
        cells = (str(each[name]) for name in ("above", "fields", "right"))
        table.add_row(*cells, f"{each['share']:.2%}" if each["fields"] else "")
    return table
