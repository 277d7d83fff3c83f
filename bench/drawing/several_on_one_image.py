"""Draws several invoices and other papers on one image: a scanned sheet or a table top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.drawing.damage.camera_view import Corners, Ground, ground, lay, project
from bench.drawing.damage.photo import grainy, side_lit
from bench.drawing.invoice.content import Truth, make_invoice
from bench.drawing.invoices import print_sheet
from bench.drawing.kinds import Kind
from bench.drawing.other_papers.draw_other import other_sheet
from bench.drawing.other_papers.other_invoices import OTHER_INVOICES
from bench.drawing.other_papers.tickets import TICKETS
from bench.drawing.paper import Pixels, opaque
from bench.drawing.random_numbers import Rng, between, happens, pick, rng_for

_CELL = 820
"""Width of a cell in pixels: a sheet of 2 rows and 3 columns stays below 4096."""
_WIDE = ("plain", "bilingual", "framed", "stub", "strip", "prize")
Polygon = tuple[tuple[int, int], ...]
"""Corners in pixels, clockwise from the paper's own top left corner."""


@dataclass(frozen=True)
class Ticket:
    """One paper on the image."""

    truth: Truth | None
    """None if the paper is not a quota invoice."""
    polygon: Polygon
    kind: str


@dataclass(frozen=True)
class Group:
    """An image of several papers, in reading order of their cells."""

    image: Image.Image
    tickets: tuple[Ticket, ...]


def sheet(seed: int, rows: int = 2, cols: int = 3, *, is_turned: bool = False) -> Group:
    """Draw a scanned sheet with rows of invoices and a few other papers.

    Args:
        seed: selects the papers.
        rows: rows of papers.
        cols: papers in a row.
        is_turned: whether some papers make a quarter turn or a half turn.
    """
    rng = rng_for(f"sheet {rows}x{cols}" + " turned" * is_turned, seed)
    quarters = (0, 0, 1, 2, 3) if is_turned else (0,)
    return _arrange(rng, (rows, cols), "white", turns=(0, 3), others=0.12, quarters=quarters)


def tabletop(seed: int) -> Group:
    """Draw papers at random angles on a table; a third of them are not invoices."""
    rng = rng_for("tabletop", seed)
    shape = pick(rng, ((2, 2), (2, 3), (1, 3)))
    group = _arrange(rng, shape, pick(rng, ("wood", "dark", "cloth")), turns=(4, 25), others=0.33)
    picture = np.asarray(group.image, np.uint8)
    for step in (side_lit, grainy((2, 5))):
        picture = step(picture, rng)
    return Group(Image.fromarray(picture), group.tickets)


def _arrange(  # noqa: PLR0913 - the differences between a sheet and a table top
    rng: Rng,
    shape: tuple[int, int],
    kind: Ground,
    *,
    turns: tuple[float, float],
    others: float,
    quarters: tuple[int, ...] = (0,),
) -> Group:
    rows, cols = shape
    height = round(_CELL * 0.8)
    picture = ground(kind, (cols * _CELL, rows * height), rng)
    tickets = []
    for place in range(rows * cols):
        # The first paper is always an invoice, so that every image contains one.
        paper, truth, name = _paper(rng, other=place > 0 and happens(rng, others))
        cell = (place % cols * _CELL, place // cols * height, _CELL, height)
        quarter = pick(rng, quarters) if len(quarters) > 1 else 0
        corners = _place_in_cell(paper, cell, rng, turns, quarter)
        picture = lay(picture, paper, corners)
        polygon = tuple((round(float(x)), round(float(y))) for x, y in corners)
        tickets.append(Ticket(truth, polygon, name))
    return Group(Image.fromarray(picture), tuple(tickets))


def _paper(rng: Rng, *, other: bool) -> tuple[Pixels, Truth | None, str]:
    if other:
        kind = pick(rng, (*OTHER_INVOICES, *TICKETS))
        return other_sheet(kind, rng, _CELL), None, kind
    invoice = make_invoice(rng)
    printed = print_sheet(invoice, Kind(layouts=_WIDE), rng, _CELL)
    return opaque(printed.sheet), invoice.truth, "quota-invoice"


def _place_in_cell(
    paper: Pixels,
    cell: tuple[int, int, int, int],
    rng: Rng,
    turns: tuple[float, float],
    quarter: int,
) -> Corners:
    """Return corners within a cell (left, top, width, height), so that papers do not overlap."""
    left, top, width, height = cell
    roll = between(rng, *turns) * pick(rng, (1, -1)) + 90 * quarter
    corners = project(paper.shape[1], paper.shape[0], roll=roll, pitch=0, yaw=0)
    reach = np.ptp(corners, axis=0)
    zoom = min(width / reach[0], height / reach[1]) * between(rng, 0.9, 0.97)
    free = np.asarray((width, height)) - reach * zoom
    start = np.asarray((left, top)) + free * np.asarray(
        (between(rng, 0.1, 0.9), between(rng, 0.1, 0.9))
    )
    return np.asarray((corners - corners.min(0)) * zoom + start, np.float32)
