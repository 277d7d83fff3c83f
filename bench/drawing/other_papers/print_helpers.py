"""Random texts and print functions for the papers that are not quota invoices."""

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
"""Left edge, vertical middle, text, size."""
Paper = tuple[float, Callable[[Pen, Rng], None]]
"""Height divided by width, and the function that prints the sheet."""


def put(pen: Pen, *lines: Line, ink: Ink = INK) -> None:
    """Print lines in one ink colour."""
    for x, y, text, size in lines:
        pen.text((x, y), text, TextStyle("sans", size, ink))


def heading(pen: Pen, centre: Point, text: str, size: float, ink: Ink = INK) -> None:
    """Print a bold, centred line."""
    pen.text(centre, text, TextStyle("serif", size, ink, bold=0.02), anchor="mm")


def city(rng: Rng) -> str:
    """Return a random city name."""
    return pick(rng, [each for each in divisions() if each.prefecture]).short


def shop(rng: Rng) -> str:
    """Return a random company name."""
    return city(rng) + pick(rng, NAMES) + pick(rng, TRADES)


def money(rng: Rng, limit: int) -> str:
    """Return a random amount such as 38.50."""
    return f"{int(rng.integers(3, limit))}.{pick(rng, ('00', '50', '80', '35'))}"


def day(rng: Rng) -> str:
    """Return a random date such as 2017年05月08日."""
    return f"20{rng.integers(12, 23)}年{rng.integers(1, 13):02}月{rng.integers(1, 29):02}日"


def supervision_seal(pen: Pen, centre: Point, place: str) -> None:
    """Print the supervision seal that every invoice carries."""
    seal = Seal(230, 150, "全国统一发票监制章", "国家税务局监制", ((place, 24.0, 0.0),), size=19)
    stamp_seal(pen, seal, centre, Imprint(strength=0.7))
