"""Draws quota invoices and other papers with the damage of photographs, and their true fields."""

from bench.drawing.fonts import FontsMissingError
from bench.drawing.hard_kinds import HARD_KINDS
from bench.drawing.invoice.content import Truth
from bench.drawing.invoices import Drawing, draw, encode
from bench.drawing.kinds import KINDS
from bench.drawing.other_papers.draw_other import OTHER_PAPERS, draw_other
from bench.drawing.several_on_one_image import Group, Ticket, sheet, tabletop
from bench.drawing.two_papers import TWO_PAPERS, TWO_QUOTA_INVOICES, draw_two

__all__ = [
    "HARD_KINDS",
    "KINDS",
    "OTHER_PAPERS",
    "TWO_PAPERS",
    "TWO_QUOTA_INVOICES",
    "Drawing",
    "FontsMissingError",
    "Group",
    "Ticket",
    "Truth",
    "draw",
    "draw_other",
    "draw_two",
    "encode",
    "sheet",
    "tabletop",
]
