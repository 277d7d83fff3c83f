"""Print styles: the fonts and inks of a printing works."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.drawing.fonts import Face
from bench.drawing.pen import Ink, TextStyle
from bench.drawing.random_numbers import Rng, pick

BLACK: Ink = (38, 36, 38)
BROWN: Ink = (84, 58, 40)
RED: Ink = (205, 52, 56)
ORANGE: Ink = (222, 104, 34)
BLUE: Ink = (46, 84, 160)

_DIGITS: tuple[tuple[Face, float], ...] = (
    ("mono", 1.0),
    ("mono", 1.2),
    ("sans", 1.0),
    ("wide", 0.85),
)
"""Font and character width of codes and numbers."""


@dataclass(frozen=True)
class PrintStyle:
    """The text styles of one printing works."""

    title: TextStyle
    label: TextStyle
    digits: TextStyle
    amount: TextStyle
    colon: str = ""
    """Separates label and value."""
    drop: float = 0.0
    """Distance of codes and numbers below their labels, as they are printed in a second run."""
    is_amount_in_words: bool = True
    words_gap: float = 0.0
    """Space between the characters of the amount, as a share of their size; 0 for the usual one."""
    is_full_width: bool = False
    """Whether codes and numbers are printed in full-width digits."""


def random_print_style(rng: Rng) -> PrintStyle:
    """Return a random but usual combination of fonts and inks."""
    ink = pick(rng, (BLACK, BLACK, BROWN))
    face: Face = pick(rng, ("serif", "sans"))
    digits = pick(rng, _DIGITS)
    return PrintStyle(
        title=TextStyle(face, 48, ink, bold=0.014),
        label=TextStyle(pick(rng, ("serif", "sans")), 26, ink),
        digits=TextStyle(
            digits[0], 34, pick(rng, (RED, RED, ORANGE, BLACK)), 0.014, 0.04, digits[1]
        ),
        amount=TextStyle(face, 62, ink, bold=0.018, spread=pick(rng, (0.1, 0.5, 0.8))),
        colon=pick(rng, ("", "", "：")),
    )


def larger(style: PrintStyle, times: float) -> PrintStyle:
    """Return the style with labels, codes and numbers enlarged by a factor."""
    return replace(
        style,
        label=replace(style.label, size=style.label.size * times),
        digits=replace(style.digits, size=style.digits.size * times),
    )
