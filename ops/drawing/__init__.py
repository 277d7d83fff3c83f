"""Draws quota invoices and other papers, damaged as photographs are, with their true fields."""

from .content import Truth
from .fonts import FontsMissingError
from .invoices import Drawing, draw, encode
from .kinds import KINDS
from .many import Group, Ticket, sheet, tabletop
from .papers import OTHER_PAPERS, draw_other

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
