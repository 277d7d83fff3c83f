"""Finds and reads the lines of text of an image in any direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import mean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_service.reading.invoice import Corners
from ocr_service.reading.text.engine import Engine, crop
from ocr_service.reading.text.lines import Line, level_position
from ocr_service.reading.text.network import Image
from ocr_service.reading.text.orientation import (
    Box,
    aligned,
    centre,
    height,
    is_along,
    length,
    slope,
)
from ocr_service.reading.text.recognition import FULL, QUICK, Mode
from ocr_service.reading.text.reuse import known_line, moved

_VOTERS = 5  # number of the longest lines that decide whether the image is upside down
_EVEN = 0.5  # chance
CLEAR = 0.9  # the chance of each character
FIRST = 4  # lines that are read at first
_MAX_LINES = 120  # on an image; a newspaper would take minutes
_SMALL = 0.8  # of the usual height of a line
_PIECE = 1.6  # heights; 壹元 has 1.7
# The printer's line, which is useless, is the longest of all and lower than others.
_LONG, _LOW = 15.0, 0.95
_PAPER = 9.0  # heights of large print: no text of its paper is farther away
_AROUND = 8.0  # heights of a line from the only text that was found to the edge of its paper
_MARGIN = 1.0  # of paper around its text, in heights of a line


@dataclass(frozen=True, eq=False)
class Page:
    """The lines of text of an image, and their direction in radians.

    ``unread``: boxes not read yet, in order of priority.
    ``across``: boxes of text that runs across the page; they are not read.
    """

    lines: list[Line]
    unread: list[Box]
    angle: float
    across: list[Box] = field(default_factory=list)

    @property
    def boxes(self) -> list[Box]:
        """All boxes along the page, read or not."""
        return [line.box for line in self.lines] + self.unread


def detect(  # noqa: PLR0913 - most are passed on
    engine: Engine,
    image: Image,
    *,
    side: int,
    enlarge: float = 1.0,
    angle: float | None = None,
    towards: float = 0.0,
    is_quick: bool = False,
) -> Page:
    """Detect the boxes of text on an RGB image, at ``side`` pixels, without reading them.

    Args:
        engine: detects the boxes; ``enlarge`` and ``is_quick`` as in ``Engine.detect``.
        image: the image.
        side: the longer side of the model's input.
        enlarge: the maximum factor.
        angle: the direction of the text in radians, if known.
        towards: the direction of the text in radians, within a right angle. The boxes show only
            the slope of the text, and not which end of a line is its start.
        is_quick: whether the quicker model suffices.
    """
    boxes = engine.detect(image, side, enlarge=enlarge, is_quick=is_quick)
    if angle is None:
        angle = slope(boxes)
        angle += math.pi * (math.cos(angle - towards) < 0)
    return _page(boxes, angle)


def turned(page: Page) -> Page:
    """Return the page turned by 180°, with all of its boxes unread."""
    return _page([*page.boxes, *page.across], page.angle + math.pi)


def _page(boxes: Sequence[Box], angle: float) -> Page:
    boxes = [aligned(box, angle) for box in boxes]
    along = [box for box in boxes if is_along(box)]
    across = [box for box in boxes if not is_along(box)]
    return Page([], _by_priority(along), angle, across)


def is_upside_down(engine: Engine, image: Image, page: Page) -> bool:
    """Whether the longest lines of a page are upside down."""
    longest = sorted(page.boxes, key=length, reverse=True)[:_VOTERS]
    chances = engine.upside_down([crop(image, box) for box in longest]) if longest else [0.0]
    return mean(chances) > _EVEN


def _by_priority(boxes: list[Box]) -> list[Box]:
    """Return the boxes in the order in which they are read, so that few are read for all fields.

    Title, code and number are the longest lines, and the amount is the tallest of the others. Then
    come pieces of a character, and last small print and the printer's line.
    """
    usual = median([height(box) for box in boxes if length(box) > 3 * height(box)] or [0.0])

    def uselessness(box: Box) -> int:
        is_low = is_very_long(box) and height(box) < _LOW * usual
        if height(box) < _SMALL * usual or is_low:
            return 2
        return int(length(box) < _PIECE * height(box))

    tallest = sorted(boxes, key=height, reverse=True)[:_MAX_LINES]
    useful = [box for box in tallest if not uselessness(box)]
    first = sorted(useful, key=length, reverse=True)[:FIRST]
    chosen = {id(box) for box in first}
    rest = [box for box in tallest if id(box) not in chosen]
    return first + sorted(rest, key=uselessness)


def is_very_long(box: Box) -> bool:
    """Whether a box is as long as the printer's line or a long title; no value is."""
    return length(box) > _LONG * height(box)


def read_some(
    engine: Engine, image: Image, page: Page, boxes: Sequence[Box], known: Sequence[Line] = ()
) -> Page:
    """Return the page with some of its unread boxes read.

    ``known``: lines that were read before.
    """
    lines = page.lines + read_unknown(engine, image, boxes, page.angle, known)
    chosen = {id(box) for box in boxes}
    return replace(page, lines=lines, unread=[box for box in page.unread if id(box) not in chosen])


def paper_corners(page: Page, boxes: Sequence[Box]) -> Corners:
    """Return the corners of the paper around these boxes of text, clockwise from the top left."""
    sine, cosine = math.sin(page.angle), math.cos(page.angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    level = np.concatenate(boxes) @ turn
    margin = _MARGIN * median(height(box) for box in boxes)
    left, top = level.min(axis=0) - margin
    right, bottom = level.max(axis=0) + margin
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ turn.T
    return as_corners(corners)


def text_area(page: Page, image: Image) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of the area with text and the paper around it."""
    size = image.shape[1], image.shape[0]
    if not page.boxes:
        return 0, 0, *size
    text = np.concatenate(page.boxes)
    margin = _AROUND * median(min(height(box), length(box)) for box in page.boxes)
    left, top = np.clip(text.min(axis=0) - margin, 0, size).astype(int).tolist()
    right, bottom = np.clip(text.max(axis=0) + margin, 0, size).astype(int).tolist()
    return left, top, right, bottom


def near(boxes: Sequence[Box], print_: Sequence[Box]) -> list[Box]:
    """Return the boxes that may be on one paper with a box of ``print_``; all if that is empty.

    >>> corners = np.array([[0, 0], [9, 0], [9, 3], [0, 3]], np.float32)
    >>> boxes = [corners, corners + 15, corners + 90]
    >>> len(near(boxes, [corners])), len(near(boxes, []))
    (2, 3)
    """
    reach = [(centre(each), _PAPER * min(height(each), length(each))) for each in print_]
    centres = [centre(box) for box in boxes]
    return [
        box
        for box, middle in zip(boxes, centres, strict=True)
        if not reach or any(abs(middle - at) <= far for at, far in reach)
    ]


def text_share(page: Page, image: Image) -> float:
    """Return the share, 0 to 1, of the image's width or height that its text takes, the larger one.

    >>> box = np.array([[1, 1], [8, 1], [8, 3], [1, 3]], np.float32)
    >>> text_share(Page([], [box], 0.0), np.zeros((10, 10, 3), np.uint8))
    0.7
    """
    boxes = page.boxes + page.across
    if not boxes:
        return 0.0
    wide, high = np.ptp(np.concatenate(boxes), axis=0).tolist()
    return max(float(wide / image.shape[1]), float(high / image.shape[0]))


def as_corners(points: NDArray[Any]) -> Corners:
    """Four points as tuples."""
    (a, b), (c, d), (e, f), (g, h) = points.tolist()
    return (a, b), (c, d), (e, f), (g, h)


def read_rest(engine: Engine, image: Image, page: Page) -> Page:
    """Read all unread boxes of the page."""
    lines = page.lines + read_boxes(engine, image, page.unread, page.angle)
    return replace(page, lines=lines, unread=[])


def unclear(page: Page) -> list[Line]:
    """Return the lines that the quick model may have read wrong."""
    return [line for line in page.lines if line.chance < CLEAR]


def read_again(engine: Engine, image: Image, page: Page, lines: Sequence[Line]) -> Page:
    """Return the page after some of its lines were read again, with the better model."""
    again = read_boxes(engine, image, [line.box for line in lines], page.angle, mode=FULL)
    return replace(page, lines=[line for line in page.lines if line not in lines] + again)


def read_unknown(  # noqa: PLR0913 - most are passed on
    engine: Engine,
    image: Image,
    boxes: Sequence[Box],
    angle: float,
    known: Sequence[Line],
    *,
    mode: Mode = QUICK,
) -> list[Line]:
    """Return the lines in these boxes; those that are clear in ``known`` are not read again."""
    matches = [(box, known_line(box, known)) for box in boxes]
    kept = [moved(line, box, angle) for box, line in matches if line]
    unknown = [box for box, line in matches if not line]
    return kept + read_boxes(engine, image, unknown, angle, mode=mode)


def read_boxes(  # noqa: PLR0913 - two of them are passed on
    engine: Engine,
    image: Image,
    boxes: list[Box],
    angle: float,
    *,
    alphabet: str = "",
    mode: Mode = QUICK,
) -> list[Line]:
    """Read the text in the boxes; ``alphabet`` and ``mode`` as in ``Engine.recognize``."""
    crops = (crop(image, box) for box in boxes)
    readings = engine.recognize(crops, alphabet=alphabet, mode=mode)
    return [
        Line(reading.text, reading.chances, reading.places, *level_position(box, angle), box)
        for reading, box in zip(readings, boxes, strict=True)
        if reading.text
    ]
