"""Printing: the parts that every invoice has, wherever a layout puts them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.drawing.invoice.content import Invoice
from bench.drawing.invoice.print_style import BLACK, PrintStyle
from bench.drawing.invoice.seals import Imprint, stamp_seal, supervision
from bench.drawing.pen import Ink, Pen, Point, TextStyle
from bench.drawing.random_numbers import Rng

_FEW = 3
"""Characters that may stand far apart."""


@dataclass(frozen=True)
class Printing:
    """One invoice on one sheet, being printed."""

    pen: Pen
    invoice: Invoice
    look: PrintStyle
    rng: Rng

    def title(self, centre: Point, widest: float, *, size: float = 48) -> None:
        """The title, made smaller where its place is long."""
        text = self.invoice.title
        style = replace(self.look.title, size=min(size, widest / len(text) / 1.03), spread=0.02)
        self.pen.text(centre, text, style, anchor="mm", name="title")

    def copy_name(self, centre: Point, *, size: float = 50, ink: Ink | None = None) -> None:
        """发票联: which copy of the invoice this is."""
        style = replace(self.look.title, size=size, spread=0.6, ink=ink or self.look.title.ink)
        self.pen.text(centre, "发票联", style, anchor="mm")

    def seal(self, centre: Point) -> None:
        """The supervision seal."""
        stamp_seal(self.pen, supervision(self.invoice), centre, Imprint(strength=0.75))

    def code_and_number(self, corner: Point, step: float) -> None:
        """The two fields below each other, with their labels."""
        x, y = corner
        self.field((x, y), "发票代码", self.invoice.code, "code")
        self.field((x, y + step), "发票号码", self.invoice.number, "number")

    def field(self, spot: Point, label: str, value: str, name: str) -> None:
        """A label, and a value to its right."""
        _, _, right, _ = self.pen.text(spot, label + self.look.colon, self.look.label)
        self.pen.text((right + 14, spot[1] + self.look.drop), value, self.look.digits, name=name)

    def amount(self, centre: Point, *, size: float = 62, figures: bool = True) -> None:
        """The amount in words, and in figures behind them."""
        in_words = self.look.is_amount_in_words
        words = self.invoice.words if in_words else self.invoice.figures
        # Four characters far apart would leave no room for the figures.
        spread = self.look.amount.spread if len(words) <= _FEW else 0.25 * in_words
        style = replace(self.look.amount, size=size, spread=spread)
        _, _, right, _ = self.pen.text(centre, words, style, anchor="mm", name="amount")
        if figures and in_words:
            style = TextStyle("sans", size * 0.5, style.ink, bold=0.014)
            self.pen.text((right + 28, centre[1] + 4), self.invoice.figures, style, name="figures")

    def small(
        self, spot: Point, text: str, *, size: float = 20, anchor: str = "lm", turn: int = 0
    ) -> None:
        """Small print."""
        self.pen.text(
            spot, text, replace(self.look.label, size=size, turn=turn, bold=0), anchor=anchor
        )

    def password(self, spot: Point) -> None:
        """密码 below its grey area, still covered, or scratched free."""
        _, _, right, _ = self.pen.text(spot, "密　码", self.look.label)
        x, y = right + 14, spot[1]
        style = replace(self.look.digits, size=26, ink=BLACK, bold=0)
        box = self.pen.text((x + 8, y), self.invoice.password, style)
        self.pen.boxes["password"] = (x, y - 20, max(box[2] + 8, x + 150), y + 20)
