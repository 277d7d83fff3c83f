"""Which part of an image belongs to which of the quota invoices on it, by their titles."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.reading.invoice import Corners
from ocr_service.reading.text.engine import Box
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.orientation import height, length

# The area that an invoice can fill, from the middle of its title, in lengths of the title.
ASIDE, ABOVE, BELOW = 1.05, 0.3, 1.2
EDGE = 3.0  # pixels
FAR = 0.9  # from that middle, its text ends
NEARER = 0.7  # times as far, what stands so near to another title is of that one
STRAY = 3  # boxes of text that may lie around an invoice that is alone
REACH = 0.2, 0.2  # aside and down, in lengths of the title, from its fields to its other text
CENTRE = 0.35  # how far below its title an invoice has its middle


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


def is_foreign(box: Box, titles_: Sequence[Box], own: int) -> bool:
    """Whether a box that may be on the invoice with title `own` is rather on another one."""
    away = [_away(box, title) for title in titles_]
    return min(away) < NEARER * away[own]


def has_others(boxes_: Sequence[Box], title: Box) -> bool:
    """Whether there is more text on the image than that invoice's."""
    return sum(owner(box, [title]) < 0 for box in boxes_) > STRAY


def near(boxes_: Sequence[Box], anchors: Sequence[Box]) -> list[Box]:
    """The boxes around the anchors, of which the first is the title, and as far as paper goes on.

    On a crop, where the title runs level.
    """
    corners = np.concatenate(anchors)
    reach = np.array(REACH) * length(anchors[0])
    least, most = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    middles = [(box, box.mean(axis=0)) for box in boxes_]
    return [box for box, middle in middles if (least < middle).all() and (middle < most).all()]


def in_reading_order(polygons: Sequence[Corners]) -> list[int]:
    """The order in which one reads what lies there: row by row, by the middles.

    >>> square = lambda x, y: ((x, y), (x + 9, y), (x + 9, y + 9), (x, y + 9))
    >>> in_reading_order([square(50, 3), square(0, 30), square(0, 0)])
    [2, 0, 1]
    """
    corners = np.array(polygons, np.float64)
    middles = corners.mean(axis=1)
    tall = float(np.median(np.ptp(corners[:, :, 1], axis=1)))
    rows: list[list[int]] = []
    for index in np.argsort(middles[:, 1]).tolist():
        if rows and middles[index, 1] - middles[rows[-1][0], 1] < tall / 2:
            rows[-1].append(index)
        else:
            rows.append([index])
    return [index for row in rows for index in sorted(row, key=lambda each: middles[each, 0])]


def _away(box: Box, title: Box) -> float:
    middle, along, down = _axes(title)
    offset = box.mean(axis=0) - middle - CENTRE * down
    return float(np.linalg.norm(offset) / np.linalg.norm(along))


def _axes(title: Box) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    along, down = title[1] - title[0], title[3] - title[0]
    down = down / max(height(title), 1e-6) * length(title)
    return title.mean(axis=0), along, down
