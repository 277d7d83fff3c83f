"""The page and the pictures of ``make bench``, and the price of a thousand invoices."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from bench.report.page import draw, page
from bench.report.parts import PARTS, Plot
from bench.report.prices import Prices

BARS = Plot("cold-time", "Cold start, ms", ["the zip", "</script>"], {"ms": [120.0, 600.0]})
LINES = Plot(
    "sweep", "Cost, µs", ["1000", "10000"], {"a": [1.0, 2.0], "b": [2.0, 1.0]}, is_log=True
)


def test_the_page_has_all_plots_and_loads_nothing() -> None:
    text = page([BARS, LINES], {"cold": {"ratio": 0.15}})
    found = re.search(r'id="plots">(.*?)</script>', text, re.DOTALL)
    assert found
    assert [plot["title"] for plot in json.loads(found[1])] == [BARS.title, LINES.title]
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", text)


@pytest.mark.parametrize("plot", [BARS, LINES])
def test_a_picture_shows_a_plot(plot: Plot, tmp_path: Path) -> None:
    draw(plot, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
    assert (0x2F, 0x6D, 0xB5) in colours


def test_a_picture_shows_the_whole_name_of_a_bar(tmp_path: Path) -> None:
    drawn = []
    for last in ("packed as usual", "packed as usuas"):
        plot = Plot("cold", "Cold start, ms", ["the zip", last, "requests"], {"ms": [1, 2, 3]})
        draw(plot, tmp_path / "plot.png")
        drawn.append((tmp_path / "plot.png").read_bytes())
    assert drawn[0] != drawn[1]


def test_a_name_that_is_too_long_is_cut_within_the_picture(tmp_path: Path) -> None:
    names = [f"{'wide ' * 20}{number}" for number in range(5)]
    draw(Plot("cold", "Cold start, ms", names, {"ms": [1.0] * 5}), tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        grey = image.convert("L")
    edges = [grey.crop((0, 350, 4, 420)), grey.crop((896, 350, 900, 420))]
    assert [edge.getextrema() for edge in edges] == [(255, 255)] * 2


def test_the_ledger_has_plots_by_size() -> None:
    run = {"name": "first", "seconds": 1.0, "cpu_seconds": 0.5, "megabytes": 90.0}
    report = {"runs": [run], "sizes": {"1000": run, "1000000": {**run, "cpu_seconds": 100.0}}}
    ledger = next(part for part in PARTS if part.name == "ledger")
    found = {plot.name: plot for plot in ledger.plots(report)}
    assert found["ledger-cost"].labels == ["1000", "1000000"]
    assert found["ledger-cost"].values == {"µs": [500.0, 100.0]}
    assert "--million" in ledger.flags


def test_a_thousand_invoices_cost_their_calls_their_time_and_their_requests() -> None:
    warm = {
        "uploads": 10,
        "requests": {"ocr": 10, "bucket": 90},
        "own_ms": {"recognized": {"median": 1.0}, "duplicate": {"median": 1.0}},
    }
    found = Prices(ocr=0.05, gb_second=0.0001, requests=0.01, waiting=0.498).of_thousand(warm)
    assert found == pytest.approx({"ocr": 50, "function": 0.05, "bucket": 0.009, "sum": 50.059})


def test_the_parts_have_commands_of_their_own() -> None:
    makefile = (Path(__file__).parents[3] / "Makefile").read_text(encoding="utf-8")
    assert [part.name for part in PARTS if f"\nbench-{part.name}:" not in makefile] == []
