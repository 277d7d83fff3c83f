"""Draws what is no quota invoice, or no readable one: a reader must refuse all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from PIL import Image

from bench.drawing.damage.camera_view import COLOURS, View, flat, ground
from bench.drawing.damage.photo import exposed, grainy, out_of_focus, side_lit
from bench.drawing.invoice.content import make_invoice
from bench.drawing.invoices import Drawing, print_sheet
from bench.drawing.kinds import TABLE, Kind
from bench.drawing.other_papers.cards_and_notes import CARDS_AND_NOTES
from bench.drawing.other_papers.other_invoices import OTHER_INVOICES
from bench.drawing.other_papers.print_helpers import Paper
from bench.drawing.other_papers.tickets import TICKETS
from bench.drawing.paper import Pixels, blank, opaque
from bench.drawing.pen import Pen
from bench.drawing.random_numbers import Rng, between, happens, pick, rng_for

PAPERS: Mapping[str, Paper] = {**OTHER_INVOICES, **TICKETS, **CARDS_AND_NOTES}
UNREADABLE_CELLS = 7
"""Mosaic: so many cells across a field leave nothing of twelve characters."""


def draw_other(kind: str, seed: int, *, long_side: int = 1000) -> Drawing:
    """The picture of that kind and seed; its truth is None.

    Args:
        kind: one of `OTHER_PAPERS`.
        seed: another seed gives other content, another place, another light.
        long_side: pixels of the longer side.
    """
    rng = rng_for("other " + kind, seed)
    picture = OTHER_PAPERS[kind](rng, long_side)
    for step in (side_lit, exposed((0.6, 1.0)), out_of_focus((0.4, 0.9)), grainy((2, 6))):
        if happens(rng, 0.3):
            picture = step(picture, rng)
    return Drawing(Image.fromarray(picture), None, kind)


def other_sheet(kind: str, rng: Rng, long_side: int) -> Pixels:
    """The paper alone, RGBA, without table and camera; for kinds in `PAPERS`."""
    ratio, fill = PAPERS[kind]
    width = long_side if ratio <= 1 else round(long_side / ratio)
    pen = Pen(blank(rng, (width, round(width * ratio)), "none"))
    fill(pen, rng)
    return opaque(pen.sheet)


def _shot(kind: str) -> Callable[[Rng, int], Pixels]:
    def shoot(rng: Rng, long_side: int) -> Pixels:
        sheet = other_sheet(kind, rng, long_side)
        return pick(rng, (flat, TABLE, View(roll=(3, 12)).shoot))(sheet, rng, long_side)

    return shoot


def _table_only(rng: Rng, long_side: int) -> Pixels:
    return ground(pick(rng, tuple(COLOURS)), (long_side, round(long_side * 0.75)), rng)


def _hidden_fields(rng: Rng, long_side: int) -> Pixels:
    """A quota invoice whose owner has made code and number unreadable by a mosaic."""
    invoice = make_invoice(rng)
    # The stub would repeat both.
    layouts = ("plain", "bilingual", "framed", "tall", "strip", "prize")
    pen = print_sheet(invoice, Kind(layouts=layouts), rng, long_side)
    for name in ("code", "number"):
        left, top, right, bottom = (round(each * pen.unit) for each in pen.boxes[name])
        area = (left - 4, top - 4, right + 4, bottom + 4)
        patch = pen.sheet.crop(area)
        cells = patch.resize((UNREADABLE_CELLS, 2), Image.Resampling.BOX)
        pen.sheet.paste(cells.resize(patch.size, Image.Resampling.NEAREST), area[:2])
    return flat(opaque(pen.sheet), rng, long_side)


def _beyond_focus(rng: Rng, long_side: int) -> Pixels:
    """A quota invoice so blurred that nobody can read a digit."""
    pen = print_sheet(make_invoice(rng), Kind(), rng, long_side)
    sigma = between(rng, 12, 16) * long_side / 1000
    soft = cv2.GaussianBlur(np.asarray(pen.sheet), (0, 0), sigma)
    return np.asarray(soft, np.uint8)


OTHER_PAPERS: Mapping[str, Callable[[Rng, int], Pixels]] = {
    **{kind: _shot(kind) for kind in PAPERS},
    "table-only": _table_only,
    "quota-fields-hidden": _hidden_fields,
    "quota-beyond-focus": _beyond_focus,
}
"""Name → what draws it. The last two are quota invoices that cannot be read."""
