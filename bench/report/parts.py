"""The parts of ``make bench``: their commands, and the plots of their figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple

_MOST_BARS = 10


class Plot(NamedTuple):
    """One plot.

    Attributes:
        name: the name of its picture.
        title: its title, with the unit.
        labels: the names of the values, in their order.
        values: lines by their names; a plot with one of them has bars.
        is_log: whether the labels are numbers, each several times the one before.
    """

    name: str
    title: str
    labels: list[str]
    values: dict[str, list[float]]
    is_log: bool = False


class Part(NamedTuple):
    """A benchmark that has a command of its own.

    Attributes:
        name: as in ``make bench-…``; its figures are in ``bench-NAME.json``.
        options: the command's options: ``zip``, ``python`` or ``packages``.
        plots: returns the plots of its figures.
        flags: options without a value.
    """

    name: str
    options: tuple[str, ...]
    plots: Callable[[Any], list[Plot]]
    flags: tuple[str, ...] = ()


def _cold(report: Mapping[str, Any]) -> list[Plot]:
    starts = report["starts"]
    times = [median(each["ms"] for each in found) for found in starts.values()]
    memory = [median(each["megabytes"] for each in found) for found in starts.values()]
    slowest = dict(list(report["imports_ms"].items())[:_MOST_BARS])
    imports = [median(times) for times in slowest.values()]
    return [
        Plot("cold-time", "Cold start, ms (median)", list(starts), {"ms": times}),
        Plot("cold-memory", "Peak memory of a cold start, MB", list(starts), {"MB": memory}),
        Plot("cold-imports", "Import of each package, ms (median)", [*slowest], {"ms": imports}),
    ]


def _warm(report: Mapping[str, Any]) -> list[Plot]:
    own = report["own_ms"]
    tenths = ("p10", "median", "p90")
    lines = {tenth: [spread[tenth] for spread in own.values()] for tenth in tenths}
    return [Plot("warm", "Own time of an invocation, ms", list(own), lines)]


def _memory(report: Mapping[str, Any]) -> list[Plot]:
    found = report["megabytes"]
    return [
        Plot(
            "memory",
            "Memory of an instance by uploads, MB",
            [*found],
            {"MB": [*found.values()]},
            is_log=True,
        )
    ]


def _sweep(report: Mapping[str, Any]) -> list[Plot]:
    runs = report["runs"]
    sizes = [str(size) for size in sorted({run["objects"] for run in runs})]
    plots = []
    for member, title in (
        ("microseconds", "CPU time per object, µs"),
        ("listings", "Listing calls"),
        ("megabytes", "Peak memory, MB"),
    ):
        lines: dict[str, list[float]] = {}
        for run in runs:
            lines.setdefault(run["kind"], []).append(run[member])
        plots.append(Plot(f"sweep-{member}", f"{title}, by inputs", sizes, lines, is_log=True))
    return plots


def _ledger(report: Mapping[str, Any]) -> list[Plot]:
    runs, by_size = report["runs"], report["sizes"]
    names, sizes = [run["name"] for run in runs], [*by_size]
    per_record = [1e6 * run["cpu_seconds"] / int(size) for size, run in by_size.items()]
    memory = [run["megabytes"] for run in by_size.values()]
    return [
        Plot("ledger-time", "Ledger, seconds", names, {"s": [run["seconds"] for run in runs]}),
        Plot("ledger-memory", "Ledger, MB", names, {"MB": [run["megabytes"] for run in runs]}),
        Plot(
            "ledger-cost",
            "Ledger: CPU time per record, µs, by records",
            sizes,
            {"µs": per_record},
            is_log=True,
        ),
        Plot(
            "ledger-peak", "Ledger: peak memory, MB, by records", sizes, {"MB": memory}, is_log=True
        ),
    ]


def _ocr(report: Mapping[str, Any]) -> list[Plot]:
    found = report["speedup"]
    return [Plot("ocr", "Reading: times as fast as stock", [*found], {"x": [*found.values()]})]


def _package(report: Mapping[str, Any]) -> list[Plot]:
    parts = [{"name": "the function", **report["function"]}, *report["packages"]]
    largest = sorted(parts, key=lambda part: -part["bytes"])[:_MOST_BARS]
    sizes = [part["bytes"] / 1e6 for part in largest]
    names = [part["name"] for part in largest]
    return [Plot("package", "Largest parts of the zip, unpacked, MB", names, {"MB": sizes})]


PARTS = (
    Part("cold", ("zip", "python", "packages"), _cold),
    Part("warm", ("zip", "python"), _warm),
    Part("memory", ("zip", "python"), _memory),
    Part("sweep", (), _sweep),
    Part("ledger", (), _ledger, ("--million",)),
    Part("ocr", (), _ocr),
)
PACKAGE = Part("package", (), _package)
"""The figures of the package, which packing wrote."""
