"""From an image to its lines of text, whichever way up it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median

import numpy as np

from ocr_service.reading.invoice import Corners
from ocr_service.reading.text.engine import Box, Engine, Image, crop
from ocr_service.reading.text.lines import Line, placed
from ocr_service.reading.text.orientation import aligned, height, is_along, length, slope

VOTERS = 3  # so many of the longest lines say which way up the image is
EVEN = 0.5  # chance
FIRST, NEXT = 6, 3  # lines read before the rules are asked whether more is needed
MOST_LINES = 120  # on an image; a newspaper would take minutes
SMALL = 0.8  # of the usual height of a line
# The printer's line: the longest of all, lower than others, and never of use.
LONG, LOW = 15.0, 0.95
ALIKE = 0.75  # of the higher one's height: what is lower behind an amount are its figures
REACH = 3.0  # heights between characters that belong together
MARGIN = 1.0  # of paper around its text, in heights of a line


@dataclass(frozen=True, eq=False)
class Page:
    """The lines of text of an image, and the direction they run in, in radians.

    `rest`: boxes not read yet, the most promising first.
    """

    lines: list[Line]
    rest: list[Box]
    angle: float

    @property
    def boxes(self) -> list[Box]:
        """All boxes, read or not."""
        return [line.box for line in self.lines] + self.rest


def look(
    engine: Engine,
    image: Image,
    *,
    side: int,
    enlarge: float = 1.0,
    angle: float | None = None,
) -> Page:
    """Where there is text on an RGB image that the model sees at `side` pixels; nothing is read.

    `angle`: the direction of the text, where it is known.
    """
    boxes = engine.detect(image, side, enlarge=enlarge)
    angle = direction(engine, image, boxes) if angle is None else angle
    boxes = [box for box in (aligned(box, angle) for box in boxes) if is_along(box)]
    return Page([], by_promise(boxes, angle), angle)


def direction(engine: Engine, image: Image, boxes: Sequence[Box]) -> float:
    """The direction that text runs in, in radians; 0 is level, π upside down."""
    angle = slope(boxes)
    along = [box for box in (aligned(box, angle) for box in boxes) if is_along(box)]
    longest = sorted(along, key=length, reverse=True)[:VOTERS]
    if longest and mean(engine.upside_down([crop(image, box) for box in longest])) > EVEN:
        return angle + math.pi
    return angle


def by_promise(boxes: list[Box], angle: float) -> list[Box]:
    """The boxes in the order in which reading them is worth it.

    Fields are large print, from the title down to the amount; what is small, or below it, is not.
    """
    usual = median([height(box) for box in boxes if length(box) > 3 * height(box)] or [0.0])
    down = np.array([-math.sin(angle), math.cos(angle)])

    def promise(box: Box) -> tuple[bool, float]:
        printers_line = length(box) > LONG * height(box) and height(box) < LOW * usual
        return height(box) < SMALL * usual or printers_line, float(box.mean(axis=0) @ down)

    return sorted(sorted(boxes, key=height, reverse=True)[:MOST_LINES], key=promise)


def waves(engine: Engine, image: Image, page: Page) -> Iterator[Page]:
    """The page with more and more of its text read.

    Most of the time goes into reading, and half of all text stands outside of the fields.
    """
    count = FIRST
    while page.rest:
        lines = page.lines + read(engine, image, page.rest[:count], page.angle)
        page = Page(lines, page.rest[count:], page.angle)
        count = NEXT
        yield page


def is_torn(page: Page, line: Line) -> bool:
    """Whether a box not read yet may hold the start or the end of that line.

    Of 贰 拾 元 the last two alone would be another amount, and so would 壹元 of 壹元 伍角.
    """
    for box in page.rest:
        left, right, middle, high = placed(box, page.angle)
        low, tall = sorted((high, line.height))
        if abs(middle - line.middle) > tall / 2:
            continue
        if tall / 2 < low and -tall < line.left - right < REACH * tall:
            return True
        if ALIKE * tall < low and 0 < left - line.right < (REACH + 1) * tall:
            return True
    return False


def outline(page: Page, boxes: Sequence[Box]) -> Corners:
    """The corners of the paper around these boxes of text, clockwise from its top left."""
    sine, cosine = math.sin(page.angle), math.cos(page.angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    level = np.concatenate(boxes) @ turn
    margin = MARGIN * median(height(box) for box in boxes)
    left, top = level.min(axis=0) - margin
    right, bottom = level.max(axis=0) + margin
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ turn.T
    (a, b), (c, d), (e, f), (g, h) = corners.tolist()
    return (a, b), (c, d), (e, f), (g, h)


def complete(engine: Engine, image: Image, page: Page) -> Page:
    """The page with all of its text read."""
    return Page(page.lines + read(engine, image, page.rest, page.angle), [], page.angle)


def read(  # noqa: PLR0913 - two of them are passed on
    engine: Engine,
    image: Image,
    boxes: list[Box],
    angle: float,
    *,
    alphabet: str = "",
    stretch: float = 1.0,
) -> list[Line]:
    """The lines of text in the boxes; `alphabet` and `stretch` as in `Engine.recognise`."""
    crops = [crop(image, box) for box in boxes]
    readings = engine.recognise(crops, alphabet=alphabet, stretch=stretch)
    return [
        Line(reading.text, reading.chances, reading.places, *placed(box, angle), box)
        for reading, box in zip(readings, boxes, strict=True)
        if reading.text
    ]
