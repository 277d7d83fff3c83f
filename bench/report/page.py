"""One HTML page with all plots, which needs no network, and a picture of each plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bench.report.parts import Plot

_VENDOR = Path(__file__).parents[2] / "accounting" / "review" / "static" / "vendor"
_SIZE = (900, 420)
_LEFT, _TOP, _RIGHT, _BOTTOM = 80, 50, 20, 70
_COLOURS = ("#2f6db5", "#c4622d", "#3c8a4e")
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem;color:#222;background:#fafafa}
figure{margin:2rem 0;background:#fff;border:1px solid #ddd;padding:1rem;width:920px}
pre{background:#fff;border:1px solid #ddd;padding:1rem;overflow:auto}
"""
_SCRIPT = """
for (const plot of JSON.parse(document.getElementById("plots").textContent)) {
  const names = Object.keys(plot.values), bars = names.length === 1 && !plot.is_log;
  const series = names.map((label, i) => ({
    label, stroke: COLOURS[i], points: {show: !bars}, width: 2,
    ...(bars ? {fill: COLOURS[i] + "99", paths: uPlot.paths.bars({size: [0.6, 80]})} : {}),
  }));
  const x = plot.labels.map((_, i) => i);
  new uPlot({
    title: plot.title, width: 900, height: 420,
    scales: {
      x: {time: false, range: [-0.5, x.length - 0.5]},
      y: {range: (u, low, high) => [0, high * 1.1]},
    },
    series: [{label: "", value: (u, v) => plot.labels[v] ?? ""}, ...series],
    axes: [
      {splits: () => x, values: () => plot.labels, rotate: x.length > 5 ? -25 : 0, size: 70},
      {size: 70},
    ],
  }, [x, ...Object.values(plot.values)], document.getElementById(plot.name));
}
"""


def page(plots: Sequence[Plot], figures: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the page: the plots by uPlot, then all figures."""
    script, style = (
        (_VENDOR / name).read_text(encoding="utf-8")
        for name in ("uPlot.iife.min.js", "uPlot.min.css")
    )
    data = json.dumps([plot._asdict() for plot in plots], ensure_ascii=False).replace(
        "<", "\\u003c"
    )
    places = "".join(f'<figure id="{escape(plot.name)}"></figure>' for plot in plots)
    text = escape(json.dumps(figures, ensure_ascii=False, indent=1))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmarks</title>'
        f"<style>{style}{_STYLE}</style><h1>Benchmarks</h1>{places}"
        f"<details><summary>All figures</summary><pre>{text}</pre></details>"
        f'<script type="application/json" id="plots">{data}</script><script>{script}</script>'
        f"<script>const COLOURS = {json.dumps(_COLOURS)};{_SCRIPT}</script></html>\n"
    )


def draw(plot: Plot, file: Path) -> None:
    """Write a plot as a PNG file."""
    image = Image.new("RGB", _SIZE, "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    right, bottom = _SIZE[0] - _RIGHT, _SIZE[1] - _BOTTOM
    highest = max((value for line in plot.values.values() for value in line), default=0) * 1.1 or 1

    def height(value: float) -> float:
        return bottom - value / highest * (bottom - _TOP)

    pen.text((_LEFT, 12), plot.title, "black", ImageFont.load_default(17))
    for step in range(5):
        value = highest * step / 4
        pen.line((_LEFT, height(value), right, height(value)), "#dddddd")
        pen.text((_LEFT - 8, height(value)), f"{value:.3g}", "black", font, anchor="rm")
    width = (right - _LEFT) / max(1, len(plot.labels))
    middles = [_LEFT + width * (place + 0.5) for place in range(len(plot.labels))]
    for place, (middle, label) in enumerate(zip(middles, plot.labels, strict=True)):
        below = bottom + 8 + 18 * (place % 2)  # long names stand on two lines in turn
        room = 2 * min(width, middle, _SIZE[0] - middle) - 10
        pen.text((middle, below), _cut(label, font, room), "black", font, anchor="ma")
    is_bars = len(plot.values) == 1 and not plot.is_log
    for colour, (name, line), place in zip(_COLOURS, plot.values.items(), range(3), strict=False):
        points = [(middle, height(value)) for middle, value in zip(middles, line, strict=True)]
        if is_bars:
            for middle, top in points:
                pen.rectangle((middle - width * 0.3, top, middle + width * 0.3, bottom), colour)
            continue
        pen.line(points, colour, 3)
        pen.text((_LEFT + 150 * place, _SIZE[1] - 22), name, colour, font)
    image.save(file)


def _cut(label: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: float) -> str:
    """Return a label, cut to so many pixels."""
    if font.getlength(label) <= room:
        return label
    while label and font.getlength(f"{label}…") > room:
        label = label[:-1]
    return f"{label}…"
