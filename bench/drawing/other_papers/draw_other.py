"""Draws papers that are not quota invoices, and unreadable quota invoices."""

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

_PAPERS: Mapping[str, Paper] = {**OTHER_INVOICES, **TICKETS, **CARDS_AND_NOTES}
_UNREADABLE_CELLS = 7
"""Cells of the mosaic across a field: too few to read twelve characters."""


def draw_other(kind: str, seed: int, *, long_side: int = 1000) -> Drawing:
    """Draw the picture of a kind and seed; its truth is None.

    Args:
        kind: one of ``OTHER_PAPERS``.
        seed: selects content, surface and light.
        long_side: pixels of the longer side.
    """
    rng = rng_for("other " + kind, seed)
    picture = OTHER_PAPERS[kind](rng, long_side)
    for step in (side_lit, exposed((0.6, 1.0)), out_of_focus((0.4, 0.9)), grainy((2, 6))):
        if happens(rng, 0.3):
            picture = step(picture, rng)
    return Drawing(Image.fromarray(picture), None, kind)


def other_sheet(kind: str, rng: Rng, long_side: int) -> Pixels:
    """Draw a paper of a kind in ``_PAPERS`` as RGBA, without table and camera effects."""
    ratio, fill = _PAPERS[kind]
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
    """Draw a quota invoice whose code and number are hidden by a mosaic."""
    invoice = make_invoice(rng)
    # The stub layout prints both fields twice.
    layouts = ("plain", "bilingual", "framed", "tall", "strip", "prize")
    pen = print_sheet(invoice, Kind(layouts=layouts), rng, long_side)
    for name in ("code", "number"):
        mosaic(pen, name)
    return flat(opaque(pen.sheet), rng, long_side)


def mosaic(pen: Pen, name: str) -> None:
    """Hide a field by a mosaic."""
    left, top, right, bottom = (round(each * pen.unit) for each in pen.boxes[name])
    area = (left - 4, top - 4, right + 4, bottom + 4)
    patch = pen.sheet.crop(area)
    cells = patch.resize((_UNREADABLE_CELLS, 2), Image.Resampling.BOX)
    pen.sheet.paste(cells.resize(patch.size, Image.Resampling.NEAREST), area[:2])


def _beyond_focus(rng: Rng, long_side: int) -> Pixels:
    """Draw a quota invoice that is too blurred to read."""
    pen = print_sheet(make_invoice(rng), Kind(), rng, long_side)
    sigma = between(rng, 12, 16) * long_side / 1000
    soft = cv2.GaussianBlur(np.asarray(pen.sheet), (0, 0), sigma)
    return np.asarray(soft, np.uint8)


OTHER_PAPERS: Mapping[str, Callable[[Rng, int], Pixels]] = {
    **{kind: _shot(kind) for kind in _PAPERS},
    "table-only": _table_only,
    "quota-fields-hidden": _hidden_fields,
    "quota-beyond-focus": _beyond_focus,
}
"""Drawing function by kind. The last two kinds are unreadable quota invoices."""
