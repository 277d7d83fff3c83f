"""Draws a quota invoice and another paper on one image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PIL import Image

from bench.drawing.damage.camera_view import Ground, ground, lay, project
from bench.drawing.invoice.content import Invoice, Truth, make_invoice
from bench.drawing.invoices import Drawing, print_sheet
from bench.drawing.kinds import Kind
from bench.drawing.other_papers.draw_other import mosaic, other_sheet
from bench.drawing.other_papers.other_invoices import OTHER_INVOICES
from bench.drawing.paper import Pixels, opaque
from bench.drawing.pen import Pen
from bench.drawing.random_numbers import Rng, between, happens, pick, rng_for

_WIDTH = 760
"""Pixels of the width of an invoice."""
_GAP = 12
_WIDE = ("plain", "bilingual", "framed", "strip", "prize")
_GROUNDS: tuple[Ground, ...] = ("wood", "dark", "cloth", "white")
Pair = Callable[[Rng], "tuple[Pixels, Truth]"]


def draw_two(kind: str, seed: int) -> Drawing:
    """Draw the image of a kind in ``TWO_PAPERS``; its truth holds the invoice's own fields."""
    picture, truth = TWO_PAPERS[kind](rng_for("two " + kind, seed))
    return Drawing(Image.fromarray(picture), truth, kind)


def _invoice(rng: Rng, hide: str = "") -> tuple[Pixels, Truth]:
    invoice: Invoice = make_invoice(rng)
    pen: Pen = print_sheet(invoice, Kind(layouts=_WIDE), rng, _WIDTH)
    if hide:
        mosaic(pen, hide)
    truth = invoice.truth
    return opaque(pen.sheet), replace(truth, number="") if hide else truth


def _put(picture: Pixels, sheet: Pixels, corner: tuple[float, float], roll: float) -> Pixels:
    corners = project(sheet.shape[1], sheet.shape[0], roll=roll, pitch=0, yaw=0)
    return lay(picture, sheet, (corners - corners.min(0) + corner).astype(np.float32))


def _on_form(rng: Rng) -> tuple[Pixels, Truth]:
    """Glue the invoice on the middle of an expense form, whose title and sum stay visible."""
    paper, truth = _invoice(rng)
    form = other_sheet("expense-form", rng, round(paper.shape[0] / 0.64 / between(rng, 0.42, 0.6)))
    size = form.shape[1] + 80, form.shape[0] + 80
    picture = ground(pick(rng, _GROUNDS), size, rng)
    picture = _put(picture, form, (40, 40), 0)
    left = 40 + (form.shape[1] - paper.shape[1]) * between(rng, 0.3, 0.95)
    top = 40 + form.shape[0] * 0.69 - paper.shape[0] * between(rng, 0.95, 1.0)
    return _put(picture, paper, (max(left, 40), max(top, 5)), between(rng, -3, 3)), truth


def _side_by_side(rng: Rng, other: Pixels, hide: str = "") -> tuple[Pixels, Truth]:
    """Lay both papers beside or below each other, in any order."""
    paper, truth = _invoice(rng, hide)
    papers = [paper, other] if happens(rng, 0.5) else [other, paper]
    axis = int(happens(rng, 0.5))  # 0: below each other
    first, second = (np.asarray(each.shape[1::-1]) for each in papers)
    step = np.zeros(2)
    step[1 - axis] = first[1 - axis] + _GAP
    width, height = (np.maximum(first, second + step) + 90).tolist()
    picture = ground(pick(rng, _GROUNDS), (round(width), round(height)), rng)
    for each, corner in zip(papers, ((20.0, 20.0), tuple((step + 20).tolist())), strict=True):
        picture = _put(picture, each, (corner[0], corner[1]), between(rng, -1.5, 1.5))
    return picture, truth


def _with_other_invoice(rng: Rng) -> tuple[Pixels, Truth]:
    kind = pick(rng, ("toll-ticket", "machine-invoice", "taxi-ticket", "vat-invoice"))
    ratio = OTHER_INVOICES[kind][0]
    return _side_by_side(rng, other_sheet(kind, rng, round(_WIDTH * min(1.2, max(ratio, 0.9)))))


def _with_number_hidden(rng: Rng) -> tuple[Pixels, Truth]:
    kind = pick(rng, ("toll-ticket", "machine-invoice"))
    return _side_by_side(rng, other_sheet(kind, rng, round(_WIDTH * 0.9)), hide="number")


def _under_receipt(rng: Rng) -> tuple[Pixels, Truth]:
    """Lay a shop's receipt over the right edge of the invoice."""
    paper, truth = _invoice(rng)
    receipt = other_sheet("receipt", rng, 800)
    height = max(receipt.shape[0], paper.shape[0]) + 60
    picture = ground(pick(rng, _GROUNDS), (_WIDTH + receipt.shape[1] + 60, height), rng)
    picture = _put(picture, paper, (20, between(rng, 20, height - paper.shape[0] - 20)), 0)
    left = 20 + _WIDTH * between(rng, 0.96, 0.99)
    return _put(picture, receipt, (left, 30), between(rng, -2, 2)), truth


def _over_quota_invoice(rng: Rng) -> tuple[Pixels, Truth]:
    """Lay the invoice over another quota invoice, on its title."""
    (paper, truth), (below, _) = _invoice(rng), _invoice(rng)
    wide, high = paper.shape[1], paper.shape[0]
    picture = ground(pick(rng, _GROUNDS), (round(wide * 1.8), round(high * 1.5 + wide)), rng)
    corner = 0.35 * wide, high
    left = corner[0] + between(rng, -0.2, 0.2) * wide
    top = corner[1] - between(rng, 0.3, 0.6) * high
    picture = _put(picture, below, corner, between(rng, -3, 3))
    return _put(picture, paper, (left, top), between(rng, -8, 8)), truth


def _below_half_invoice(rng: Rng) -> tuple[Pixels, Truth]:
    """Lay the invoice below another quota invoice, of which only the lower half is there."""
    (paper, truth), (above, _) = _invoice(rng), _invoice(rng)
    half = above[round(above.shape[0] * between(rng, 0.3, 0.5)) :]
    size = _WIDTH + 90, half.shape[0] + paper.shape[0] + 90
    picture = ground(pick(rng, _GROUNDS), size, rng)
    picture = _put(picture, half, (20, 20), between(rng, -1.5, 1.5))
    return _put(picture, paper, (20, 20 + half.shape[0] + _GAP), between(rng, -1.5, 1.5)), truth


TWO_QUOTA_INVOICES = frozenset({"over-quota-invoice", "below-half-invoice"})
"""Kinds of two quota invoices, of which one is whole: a person must look at the image."""
TWO_PAPERS: Mapping[str, Pair] = {
    "on-expense-form": _on_form,
    "under-receipt": _under_receipt,
    "beside-other-invoice": _with_other_invoice,
    "number-hidden-beside-other": _with_number_hidden,
    "over-quota-invoice": _over_quota_invoice,
    "below-half-invoice": _below_half_invoice,
}
"""Drawing function by kind."""
