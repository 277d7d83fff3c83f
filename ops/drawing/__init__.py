"""Draws quota invoices and other papers, damaged as photographs are, with their true fields."""

from .content import Truth
from .fonts import FontsMissingError
from .invoices import Drawing, draw, encode
from .kinds import KINDS

__all__ = ["KINDS", "Drawing", "FontsMissingError", "Truth", "draw", "encode"]
