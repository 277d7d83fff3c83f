"""Prints text and lines, placed in design units, on a sheet of any resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from bench.drawing.fonts import Face, font

Ink = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_WIDTH = 1000
"""Width of a sheet in design units."""


@dataclass(frozen=True)
class TextStyle:
    """The style of a line of text; lengths are in design units."""

    face: Face
    size: float
    ink: Ink
    bold: float = 0.0
    """Width of the extra outline, as a share of the size."""
    spread: float = 0.0
    """Space between the characters, as a share of the size."""
    stretch: float = 1.0
    """Factor for the width of the characters."""
    turn: int = 0
    """Quarter turns counter-clockwise."""
    uneven: float = 0.0
    """Maximum vertical displacement of a character, as a share of the size."""


@dataclass
class Pen:
    """A sheet being printed, and the boxes of its fields."""

    sheet: Image.Image
    boxes: dict[str, Box] = field(default_factory=dict)
    """Box of each field in design units, for stamps and damage that cover a field."""

    @property
    def unit(self) -> float:
        """Pixels per design unit."""
        return self.sheet.width / _WIDTH

    @property
    def height(self) -> float:
        """The sheet's height in design units."""
        return self.sheet.height / self.unit

    def text(
        self, point: Point, text: str, style: TextStyle, *, anchor: str = "lm", name: str = ""
    ) -> Box:
        """Print a line of text.

        Args:
            point: position of the anchor, in design units.
            text: one line.
            style: the text style.
            anchor: "l", "m" or "r" and "t", "m" or "b", as in Pillow.
            name: the field's name, if ``boxes`` must contain it.

        Returns:
            The box that the text fills, in design units.
        """
        mask = letters(text, style, self.unit)
        left = point[0] * self.unit - mask.width * {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]]
        top = point[1] * self.unit - mask.height * {"t": 0.0, "m": 0.5, "b": 1.0}[anchor[1]]
        corner = round(left), round(top)
        self.sheet.paste(style.ink, corner, mask)
        box = tuple(each / self.unit for each in (left, top, left + mask.width, top + mask.height))
        if name:
            self.boxes[name] = (box[0], box[1], box[2], box[3])
        return box[0], box[1], box[2], box[3]

    def line(self, points: Sequence[Point], ink: Ink, width: float = 2.0) -> None:
        """Draw a line through the points."""
        pixels = [(x * self.unit, y * self.unit) for x, y in points]
        ImageDraw.Draw(self.sheet).line(pixels, fill=ink, width=max(1, round(width * self.unit)))

    def frame(self, box: Box, ink: Ink, width: float = 2.0) -> None:
        """Draw the outline of a box."""
        left, top, right, bottom = box
        corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        self.line(corners, ink, width)


def letters(text: str, style: TextStyle, unit: float) -> Image.Image:
    """Return the text as a mask without margins; ``unit`` is the pixels per design unit."""
    pixels = round(style.size * unit)
    face = font(style.face, pixels)
    bold = style.bold * pixels
    gap = style.spread * pixels
    lengths = [face.getlength(each) + gap for each in text]
    uneven = style.uneven * pixels
    margin = 2 + round(bold + uneven)
    size = round(sum(lengths) - gap) + 2 * margin, round(pixels * 1.3) + 2 * margin
    mask = Image.new("L", size)
    canvas = ImageDraw.Draw(mask)
    x = float(margin)
    for place, (each, length) in enumerate(zip(text, lengths, strict=True)):
        y = margin + uneven * _UNEVEN[place % len(_UNEVEN)]
        canvas.text((x, y), each, fill=255, font=face, stroke_width=bold, anchor="la")
        x += length
    mask = mask.crop(mask.getbbox() or (0, 0, 1, 1))
    if style.stretch != 1:
        mask = mask.resize((max(1, round(mask.width * style.stretch)), mask.height))
    # Unlike rotate(), transpose() keeps the edges sharp.
    return mask.transpose(_TURNS[style.turn % 4]) if style.turn % 4 else mask


_UNEVEN = (0.0, 0.6, -0.4, 0.9, 0.2, -0.8, 0.5, -0.2, 1.0, -0.6, 0.3)
"""Displacements of the wheels of a numbering machine."""
_TURNS = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}
