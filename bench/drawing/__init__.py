"""Draws quota invoices and other papers, damaged as photographs are, with their true fields."""

from bench.drawing.fonts import FontsMissingError
from bench.drawing.invoice.content import Truth
from bench.drawing.invoices import Drawing, draw, encode
from bench.drawing.kinds import KINDS
from bench.drawing.many import Group, Ticket, sheet, tabletop
from bench.drawing.other_papers.papers import OTHER_PAPERS, draw_other

__all__ = [
    "KINDS",
    "OTHER_PAPERS",
    "Drawing",
    "FontsMissingError",
    "Group",
    "Ticket",
    "Truth",
    "draw",
    "draw_other",
    "encode",
    "sheet",
    "tabletop",
]
