"""From an image to its lines of text, whichever way up it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from local.ocr.reading.engine import crop
from local.ocr.reading.lines import Line, placed
from local.ocr.reading.orientation import aligned, height, is_along, length, slope

if TYPE_CHECKING:
    from local.ocr.reading.engine import Box, Engine, Image

VOTERS = 3  # so many of the longest lines say which way up the image is
# Share of the usual height of lines: what is lower is small print, and comes last.
SMALL = 0.8
SHORT = 2.0  # a box less than this many times as long as high holds a character or two


@dataclass(frozen=True, eq=False)
class Page:
    """The lines of text of an image, top to bottom, and the direction they run in, in radians.

    `rest`: boxes not read yet.
    """

    lines: list[Line]
    rest: list[Box]
    angle: float


def look(engine: Engine, image: Image, *, side: int) -> Page:
    """What is written large on an RGB image that the model sees at `side` pixels.

    Two thirds of the time goes into reading, and a third of all text is small print, such as the
    printer's line, that no field stands in: that is left for `complete`.
    """
    boxes = engine.detect(image, side)
    if not boxes:
        return Page([], [], 0.0)
    angle = slope(boxes)
    boxes = [box for box in (aligned(box, angle) for box in boxes) if is_along(box)]
    longest = sorted(boxes, key=length, reverse=True)[:VOTERS]
    if longest and engine.upside_down([crop(image, box) for box in longest]) > 0.5:
        angle += math.pi
        boxes = [aligned(box, angle) for box in boxes]
    usual = median([height(box) for box in boxes if length(box) > 3 * height(box)] or [0.0])
    large = [b for b in boxes if height(b) >= SMALL * usual and length(b) > SHORT * height(b)]
    rest = [b for b in boxes if not any(b is each for each in large)]
    return Page(read(engine, image, large, angle), rest, angle)


def complete(engine: Engine, image: Image, page: Page) -> Page:
    """The page with what was left unread."""
    lines = page.lines + read(engine, image, page.rest, page.angle)
    return Page(sorted(lines, key=lambda line: line.middle), [], page.angle)


def read(engine: Engine, image: Image, boxes: list[Box], angle: float) -> list[Line]:
    """The lines of text in the boxes, top to bottom."""
    readings = engine.recognise([crop(image, box) for box in boxes])
    found = [
        Line(reading.text, reading.chances, reading.places, *placed(box, angle), box)
        for reading, box in zip(readings, boxes, strict=True)
        if reading.text
    ]
    return sorted(found, key=lambda line: line.middle)
