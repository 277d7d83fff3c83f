"""Where the quota invoices are, when an image holds more than one."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean
from typing import TYPE_CHECKING

import cv2
import numpy as np

from local.ocr.reading.engine import crop
from local.ocr.reading.lines import part
from local.ocr.reading.orientation import aligned, height, is_along, length, slope
from local.ocr.reading.page import read
from local.ocr.reading.title import is_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from local.ocr.reading.engine import Box, Engine, Image
    from local.ocr.reading.lines import Line

SIDE = 1280  # pixels; at this size the titles of six invoices on a sheet are found
TITLE_LIKE = 3.0  # a title, or a half of one, is this many times as long as high
MOST = 60  # of the longest lines are looked at
EVEN = 0.5  # chance
LEGIBLE = 0.7  # mean chance of the characters of a line that stands upright
# The area that an invoice can fill, from the middle of its title, in lengths of the title.
ASIDE, ABOVE, BELOW = 1.05, 0.3, 1.2
SHORTEST, USUAL = 9.0, 13.0  # characters of a title
EDGE = 3.0  # pixels
FAR = 0.9  # from that middle, its text ends
CENTRE = 0.35  # how far below its title an invoice has its middle


def titles(engine: Engine, image: Image) -> list[Line]:
    """The titles of all quota invoices, each with its box turned as its own text runs."""
    boxes = [aligned(box, slope([box])) for box in engine.detect(image, SIDE)]
    long = [box for box in boxes if is_along(box) and length(box) > TITLE_LIKE * height(box)]
    long = sorted(long, key=length, reverse=True)[:MOST]
    if not long:
        return []
    down = engine.upside_down([crop(image, box) for box in long])
    upright = [
        np.roll(box, 2, axis=0) if chance > EVEN else box
        for box, chance in zip(long, down, strict=True)
    ]
    lines = read(engine, image, upright, 0.0)
    # A single line's direction is not sure.
    doubtful = [np.roll(line.box, 2, axis=0) for line in lines if mean(line.chances) < LEGIBLE]
    lines += read(engine, image, doubtful, 0.0)
    return [replace(line, box=whole(line.box)) for line in lines if is_title(line.text)]


def whole(title: Box) -> Box:
    """The box of a title that a seal has cut in two, with its other half: 定额 is in the last one.

    >>> half = np.array([[90, 0], [150, 0], [150, 10], [90, 10]], np.float32)
    >>> whole(half)[:, 0].round().tolist()
    [20.0, 150.0, 150.0, 20.0]
    """
    characters = length(title) / max(height(title), 1e-6)
    return part(title, 1 - USUAL / characters, 1) if characters < SHORTEST else title


def inside(lines: Sequence[Line], size: tuple[int, ...]) -> list[Line]:
    """The lines that are not cut at an edge of a crop: half a code looks like a number."""
    far = np.array([size[1], size[0]]) - EDGE
    return [line for line in lines if (line.box > EDGE).all() and (line.box < far).all()]


def area(title: Box) -> Box:
    """The corners of the area that the invoice with that title can fill.

    >>> title = np.array([[100, 90], [200, 90], [200, 110], [100, 110]], np.float32)
    >>> area(title).round().tolist()
    [[45.0, 70.0], [255.0, 70.0], [255.0, 220.0], [45.0, 220.0]]
    """
    middle, along, down = _axes(title)
    offsets = ((-ASIDE, -ABOVE), (ASIDE, -ABOVE), (ASIDE, BELOW), (-ASIDE, BELOW))
    return np.array([middle + u * along + v * down for u, v in offsets], np.float32)


def within(area_: Box) -> NDArray[np.float32]:
    """The matrix from pixels of the area's crop to pixels of the image."""
    size = np.array([length(area_), height(area_)], np.float32)
    flat = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * size
    return np.asarray(cv2.getPerspectiveTransform(flat, area_), np.float32)


def moved(points: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The points, seen through the matrix.

    >>> moved(np.array([[1, 2]], np.float32), np.diag([2, 2, 1]).astype(np.float32)).tolist()
    [[2.0, 4.0]]
    """
    return np.asarray(cv2.perspectiveTransform(points[np.newaxis], matrix)[0], np.float32)


def is_same(box: Box, other: Box) -> bool:
    """Whether two boxes, seen at different times, are around the same line.

    >>> box = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)
    >>> is_same(box, box + 4), is_same(box, box + [0, 60])
    (True, False)
    """
    away = float(np.linalg.norm(box.mean(axis=0) - other.mean(axis=0)))
    return away < max(length(other) / 4, height(other))


def owner(box: Box, titles_: Sequence[Box]) -> int:
    """Which title's invoice the box stands on: the one whose middle is nearest, by its size.

    -1 when it is too far from all of them, as text of other papers is.
    """
    away = [_away(box, title) for title in titles_]
    nearest = int(np.argmin(away))
    return nearest if away[nearest] < FAR else -1


def _away(box: Box, title: Box) -> float:
    middle, along, down = _axes(title)
    offset = box.mean(axis=0) - middle - CENTRE * down
    return float(np.linalg.norm(offset) / np.linalg.norm(along))


def _axes(title: Box) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    along, down = title[1] - title[0], title[3] - title[0]
    down = down / max(height(title), 1e-6) * length(title)
    return title.mean(axis=0), along, down
