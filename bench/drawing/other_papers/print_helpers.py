"""What the papers that are no quota invoices are printed with."""

from __future__ import annotations

from collections.abc import Callable

from bench.drawing.invoice.content import NAMES, TRADES
from bench.drawing.invoice.divisions import divisions
from bench.drawing.invoice.seals import Imprint, Seal, stamp_seal
from bench.drawing.pen import Ink, Pen, Point, TextStyle
from bench.drawing.random_numbers import Rng, pick

INK: Ink = (44, 42, 46)
BROWN: Ink = (120, 70, 40)
RED: Ink = (200, 50, 56)
BLUE: Ink = (50, 70, 140)

Line = tuple[float, float, str, float]
"""Left, middle, text, size."""
Paper = tuple[float, Callable[[Pen, Rng], None]]
"""Height by width, and what prints the sheet."""


def put(pen: Pen, lines: tuple[Line, ...], ink: Ink = INK) -> None:
    """Print lines in one ink."""
    for x, y, text, size in lines:
        pen.text((x, y), text, TextStyle("sans", size, ink))


def heading(pen: Pen, centre: Point, text: str, size: float, ink: Ink = INK) -> None:
    """Print a bold line around a centre."""
    pen.text(centre, text, TextStyle("serif", size, ink, bold=0.02), anchor="mm")


def city(rng: Rng) -> str:
    """A place."""
    return pick(rng, [each for each in divisions() if each.prefecture]).short


def shop(rng: Rng) -> str:
    """A company."""
    return city(rng) + pick(rng, NAMES) + pick(rng, TRADES)


def money(rng: Rng, most: int) -> str:
    """An amount like 38.50."""
    return f"{int(rng.integers(3, most))}.{pick(rng, ('00', '50', '80', '35'))}"


def day(rng: Rng) -> str:
    """A date like 2017年05月08日."""
    return f"20{rng.integers(12, 23)}年{rng.integers(1, 13):02}月{rng.integers(1, 29):02}日"


def monitored(pen: Pen, centre: Point, place: str) -> None:
    """Print a supervision seal as on every invoice."""
    seal = Seal(230, 150, "全国统一发票监制章", "国家税务局监制", ((place, 24.0, 0.0),), size=19)
    stamp_seal(pen, seal, centre, Imprint(strength=0.7))
