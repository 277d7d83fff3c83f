"""Prints the parts that every invoice has, at the positions that a layout chooses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.drawing.invoice.content import Invoice
from bench.drawing.invoice.print_style import BLACK, PrintStyle
from bench.drawing.invoice.seals import Imprint, stamp_seal, supervision
from bench.drawing.pen import Ink, Pen, Point, TextStyle
from bench.drawing.random_numbers import Rng

_FEW = 3
"""Maximum number of characters with wide spacing."""
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(ord("0"), ord("Z") + 1)}
"""Full-width form of each digit and capital letter."""


@dataclass(frozen=True)
class Printing:
    """Prints one invoice on one sheet."""

    pen: Pen
    invoice: Invoice
    style: PrintStyle
    rng: Rng

    def title(self, centre: Point, widest: float, *, size: float = 48) -> None:
        """Print the title, smaller if it is long."""
        text = self.invoice.title
        style = replace(self.style.title, size=min(size, widest / len(text) / 1.03), spread=0.02)
        self.pen.text(centre, text, style, anchor="mm", name="title")

    def copy_name(self, centre: Point, *, size: float = 50, ink: Ink | None = None) -> None:
        """Print 发票联, the name of the invoice's copy."""
        style = replace(self.style.title, size=size, spread=0.6, ink=ink or self.style.title.ink)
        self.pen.text(centre, "发票联", style, anchor="mm")

    def seal(self, centre: Point) -> None:
        """Print the supervision seal."""
        stamp_seal(self.pen, supervision(self.invoice), centre, Imprint(strength=0.75))

    def code_and_number(self, corner: Point, step: float) -> None:
        """Print code and number with their labels, one below the other."""
        x, y = corner
        self.field((x, y), "发票代码", self.invoice.code, "code")
        self.field((x, y + step), "发票号码", self.invoice.number, "number")

    def field(self, point: Point, label: str, value: str, name: str) -> None:
        """Print a label and the value to its right."""
        _, _, right, _ = self.pen.text(point, label + self.style.colon, self.style.label)
        value = value.translate(_FULL_WIDTH) if self.style.is_full_width else value
        self.pen.text((right + 14, point[1] + self.style.drop), value, self.style.digits, name=name)

    def amount(
        self, centre: Point, *, size: float = 62, figures: bool = True, left: float = 0
    ) -> None:
        """Print the amount in words, followed by figures; ``left`` is where its room begins."""
        in_words = self.style.is_amount_in_words
        words = self.invoice.words if in_words else self.invoice.figures
        # Four widely spaced characters would leave no room for the figures.
        spread = self.style.amount.spread if len(words) <= _FEW else 0.25 * in_words
        if gap := self.style.words_gap:
            widest = 1.9 * min(centre[0] - left, 1000 - centre[0])
            spread, size = gap, min(size, widest / (len(words) * (1 + gap) - gap))
            figures = False
        style = replace(self.style.amount, size=size, spread=spread)
        _, _, right, _ = self.pen.text(centre, words, style, anchor="mm", name="amount")
        if figures and in_words:
            style = TextStyle("sans", size * 0.5, style.ink, bold=0.014)
            self.pen.text((right + 28, centre[1] + 4), self.invoice.figures, style, name="figures")

    def small(
        self, point: Point, text: str, *, size: float = 20, anchor: str = "lm", turn: int = 0
    ) -> None:
        """Print small text."""
        self.pen.text(
            point, text, replace(self.style.label, size=size, turn=turn, bold=0), anchor=anchor
        )

    def password(self, point: Point) -> None:
        """Print the password; the ink steps cover it with a grey area."""
        _, _, right, _ = self.pen.text(point, "密　码", self.style.label)
        x, y = right + 14, point[1]
        style = replace(self.style.digits, size=26, ink=BLACK, bold=0)
        box = self.pen.text((x + 8, y), self.invoice.password, style)
        self.pen.boxes["password"] = (x, y - 20, max(box[2] + 8, x + 150), y + 20)
