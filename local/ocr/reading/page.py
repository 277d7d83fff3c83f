"""From an image to its lines of text, whichever way up it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.ocr.reading.engine import crop
from local.ocr.reading.lines import Line, placed
from local.ocr.reading.orientation import aligned, is_along, length, slope

if TYPE_CHECKING:
    from local.ocr.reading.engine import Box, Engine, Image

VOTERS = 5  # the longest lines say which way up the image is


@dataclass(frozen=True, eq=False)
class Page:
    """The lines of text of an image, top to bottom, and the direction they run in, in radians."""

    lines: list[Line]
    angle: float


def look(engine: Engine, image: Image, *, side: int) -> Page:
    """Everything written on an RGB image that the model sees at `side` pixels."""
    boxes = engine.detect(image, side)
    if not boxes:
        return Page([], 0.0)
    angle = slope(boxes)
    boxes = [box for box in (aligned(box, angle) for box in boxes) if is_along(box)]
    longest = sorted(boxes, key=length, reverse=True)[:VOTERS]
    if longest and engine.upside_down([crop(image, box) for box in longest]) > 0.5:
        angle += math.pi
        boxes = [aligned(box, angle) for box in boxes]
    return Page(read(engine, image, boxes, angle), angle)


def read(engine: Engine, image: Image, boxes: list[Box], angle: float) -> list[Line]:
    """The lines of text in the boxes, top to bottom."""
    readings = engine.recognise([crop(image, box) for box in boxes])
    found = [
        Line(reading.text, reading.chances, reading.places, *placed(box, angle), box)
        for reading, box in zip(readings, boxes, strict=True)
        if reading.text
    ]
    return sorted(found, key=lambda line: line.middle)
