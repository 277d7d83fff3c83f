"""Ink on a printed invoice: seals, handwriting, scratched areas, print of the back side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.drawing.invoice.content import WORDS, Invoice
from bench.drawing.invoice.seals import RED, Imprint, company, stamp_seal
from bench.drawing.pen import Ink, Pen, TextStyle
from bench.drawing.random_numbers import Rng, between, either_sign, happens, pick

InkStep = Callable[[Pen, Invoice, Rng], None]

_SEAL_INKS: tuple[Ink, ...] = (RED, (214, 60, 70), (186, 40, 60))
_PEN_INKS: tuple[Ink, ...] = ((34, 44, 120), (30, 30, 34), (40, 70, 160))


def seal_over(
    name: str,
    strength: tuple[float, float] = (0.4, 0.65),
    *,
    away: tuple[float, float] = (20, 95),
    inks: tuple[Ink, ...] = _SEAL_INKS,
) -> InkStep:
    """Return a step that stamps the company's seal over a field, which stays readable.

    Args:
        name: the field.
        strength: from 0, invisible, to 1, full colour.
        away: distance of the seal's tax number above or below the field.
        inks: colours of the seal.
    """

    def step(pen: Pen, invoice: Invoice, rng: Rng) -> None:
        left, top, right, bottom = pen.boxes[name]
        x = between(rng, left + 0.2 * (right - left), right - 0.1 * (right - left))
        y = (top + bottom) / 2 + either_sign(rng, *away)
        mark = Imprint(pick(rng, inks), between(rng, *strength), either_sign(rng, 0, 20))
        stamp_seal(pen, company(invoice), (x, y), mark, rng)

    return step


def seal_beside_number(pen: Pen, invoice: Invoice, rng: Rng) -> None:
    """Stamp the company's seal so that its lower words 发票专用章 end the line of the number."""
    _, top, right, bottom = pen.boxes["number"]
    centre = right + between(rng, 15, 60), (top + bottom) / 2 - 38 + either_sign(rng, 0, 6)
    mark = Imprint(pick(rng, _SEAL_INKS), between(rng, 0.4, 0.7), either_sign(rng, 0, 4))
    stamp_seal(pen, company(invoice), centre, mark, rng)


def struck_out(pen: Pen, _: Invoice, rng: Rng) -> None:
    """Draw a thin line through a field and another one across the sheet, by hand."""
    left, top, right, bottom = pen.boxes[pick(rng, ("code", "number", "amount"))]
    ink = pick(rng, _PEN_INKS)
    y = (top + bottom) / 2
    pen.line(((left - 20, y + between(rng, -8, 8)), (right + 20, y + between(rng, -8, 8))), ink, 2)
    pen.line(((60, pen.height * between(rng, 0.7, 0.95)), (940, between(rng, 30, 200))), ink, 3)


def prize(pen: Pen, _: Invoice, rng: Rng) -> None:
    """Print the result under a scratched prize area, over the area of the layout."""
    words = WORDS[pick(rng, (5, 10, 50, 100))]
    lines = pick(
        rng,
        (
            ("奖金", f"{words}元"),
            (f"奖金：{words}元",),
            ("中奖金额", f"￥{pick(rng, (5, 10, 50))}.00"),
            ("恭喜您", f"中奖{words}元"),
        ),
    )
    left, right, middle = 55, 335, 320.0
    area = tuple(round(each * pen.unit) for each in (left, 270, right, 395))
    pen.sheet.paste((226, 224, 220), (area[0], area[1], area[2], area[3]))
    style = TextStyle("sans", 40, (60, 58, 60))
    for row, line in enumerate(lines):
        pen.text(((left + right) / 2, middle + 48 * row), line, style, anchor="mm")


def seal_aside(pen: Pen, invoice: Invoice, rng: Rng) -> None:
    """Stamp the company's seal at its usual place: bottom right, beside the fields."""
    # Below the number; on short papers the seal extends beyond the paper.
    _, _, _, number_ends = pen.boxes["number"]
    low = max(pen.height - between(rng, 110, 150), number_ends + 125)
    centre = between(rng, 700, 820), low
    mark = Imprint(pick(rng, _SEAL_INKS), between(rng, 0.35, 0.7), either_sign(rng, 0, 20))
    stamp_seal(pen, company(invoice), centre, mark, rng)


def covered_password(pen: Pen, _: Invoice, rng: Rng) -> None:
    """Cover the password with its grey area."""
    if "password" in pen.boxes:
        _cover(pen, rng, kept=1.0)


def scratched_password(pen: Pen, _: Invoice, rng: Rng) -> None:
    """Cover the password with a partly scratched grey area; its digits are visible."""
    if "password" in pen.boxes:
        _cover(pen, rng, kept=0.35)


def _cover(pen: Pen, rng: Rng, *, kept: float) -> None:
    left, top, right, bottom = (round(each * pen.unit) for each in pen.boxes["password"])
    size = max(right - left, 1), max(bottom - top, 1)
    grain = rng.normal(150, 12, (size[1], size[0], 1)).clip(0, 255)
    grey = Image.fromarray(np.repeat(grain, 3, axis=2).astype(np.uint8))
    flakes = cv2.resize(rng.random((6, 30)).astype(np.float32), size)
    pen.sheet.paste(grey, (left, top), Image.fromarray(((flakes < kept) * 255).astype(np.uint8)))


def handwriting(pen: Pen, _: Invoice, rng: Rng) -> None:
    """Draw scrawls in the free space at the bottom edge."""
    canvas = ImageDraw.Draw(pen.sheet)
    ink = pick(rng, _PEN_INKS)
    for _line in range(int(rng.integers(2, 5))):
        x, y = between(rng, 60, 700), pen.height - between(rng, 25, 70)
        points = _scrawl(rng, x, y, between(rng, 80, 220))
        width = max(1, round(3 * pen.unit))
        canvas.line([(a * pen.unit, b * pen.unit) for a, b in points], ink, width, "curve")


def _scrawl(rng: Rng, x: float, y: float, length: float) -> list[tuple[float, float]]:
    steps = np.linspace(0, 1, 40)
    loops = 14 * np.sin(steps * between(rng, 25, 50)) + rng.normal(0, 3, 40)
    sway = 10 * np.cos(steps * between(rng, 25, 50))
    return [(x + length * s + w, y + loop) for s, w, loop in zip(steps, sway, loops, strict=True)]


def highlighter(pen: Pen, _: Invoice, rng: Rng) -> None:
    """Mark the code or the number with a highlighter, as bookkeepers do."""
    left, top, right, bottom = pen.boxes[pick(rng, ("code", "number"))]
    ink: Ink = pick(rng, ((255, 240, 90), (160, 250, 150), (255, 180, 210)))
    area = tuple(round(e * pen.unit) for e in (left - 15, top - 6, right + 15, bottom + 6))
    below = np.asarray(pen.sheet.crop((area[0], area[1], area[2], area[3])), np.float32)
    marked = below * np.asarray(ink, np.float32) / 255
    pen.sheet.paste(Image.fromarray(marked.astype(np.uint8)), (area[0], area[1]))


def see_through(pen: Pen, invoice: Invoice, rng: Rng) -> None:
    """Show the print of the back side, mirrored and faint."""
    back = Pen(Image.new("RGB", pen.sheet.size, "white"))
    style = TextStyle("serif", 24, (150, 150, 158))
    lines = (
        "发票使用须知",
        "一、本发票限于规定的行业使用",
        "二、手写无效，涂改作废",
        invoice.company,
    )
    for row, line in enumerate(lines):
        back.text((between(rng, 80, 300), 90 + row * between(rng, 90, 140)), line, style)
    mirrored = np.asarray(back.sheet.transpose(Image.Transpose.FLIP_LEFT_RIGHT), np.uint16)
    shown = np.asarray(pen.sheet, np.uint16) * (mirrored // 2 + 128) // 255
    pen.sheet.paste(Image.fromarray(shown.astype(np.uint8)))


def second_seal(pen: Pen, invoice: Invoice, rng: Rng) -> None:
    """Stamp a second, fainter seal beside the first."""
    centre = between(rng, 120, 320), pen.height - between(rng, 100, 160)
    seal = replace(company(invoice), width=260, height=190)
    mark = Imprint(RED, between(rng, 0.25, 0.4), either_sign(rng, 5, 40))
    stamp_seal(pen, seal, centre, mark, rng)


def usual(pen: Pen, invoice: Invoice, rng: Rng) -> None:
    """Add the usual ink: the password area and often the company's seal."""
    (covered_password if happens(rng, 0.6) else scratched_password)(pen, invoice, rng)
    if happens(rng, 0.6):
        seal_aside(pen, invoice, rng)
