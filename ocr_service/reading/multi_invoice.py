"""Several quota invoices on one image: assigns boxes of text to invoices by their titles."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.reading.invoice import Corners
from ocr_service.reading.text.engine import crop_scale
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.orientation import Box, centre, edges, height, length

# The area that an invoice can fill, from the centre of its title, in lengths of the title.
_ASIDE, _ABOVE, _BELOW = 1.05, 0.3, 1.2
_EDGE = 3.0  # pixels
_FAR = 0.9  # the text of an invoice ends at this distance from its centre
_FIELDS_END = 0.72  # its fields, 0.62 in all drawn layouts; those of a stub begin at 0.75
_STRAY = 3  # boxes of other text beside a single invoice
_REACH = 0.2, 0.2  # aside and down, in lengths of the title, from its fields to its other text
_CENTRE = 0.35  # distance from the title down to the centre of the invoice


def uncut(lines: Sequence[Line], size: tuple[int, ...]) -> list[Line]:
    """Return the lines that no edge of a crop cuts: half a code looks like a number."""
    far = np.array([size[1], size[0]]) - _EDGE
    return [line for line in lines if (line.box > _EDGE).all() and (line.box < far).all()]


def invoice_area(title: Box) -> Box:
    """Return the corners of the area that the invoice with this title can fill.

    >>> title = np.array([[100, 90], [200, 90], [200, 110], [100, 110]], np.float32)
    >>> invoice_area(title).round().tolist()
    [[45.0, 70.0], [255.0, 70.0], [255.0, 220.0], [45.0, 220.0]]
    """
    middle, along, down = _axes(title)
    offsets = ((-_ASIDE, -_ABOVE), (_ASIDE, -_ABOVE), (_ASIDE, _BELOW), (-_ASIDE, _BELOW))
    return np.array([middle + u * along + v * down for u, v in offsets], np.float32)


def crop_to_image(area: Box) -> NDArray[np.float32]:
    """Return the matrix from pixels of the area's crop to pixels of the image."""
    size = np.array([length(area), height(area)], np.float32) * crop_scale(area)
    flat = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * size
    return np.asarray(cv2.getPerspectiveTransform(flat, area), np.float32)


def transformed(points: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the points after the perspective transform.

    >>> transformed(np.array([[1, 2]], np.float32), np.diag([2, 2, 1]).astype(np.float32)).tolist()
    [[2.0, 4.0]]
    """
    return np.asarray(cv2.perspectiveTransform(points[np.newaxis], matrix)[0], np.float32)


def is_same_line(box: Box, other: Box) -> bool:
    """Whether two boxes from different passes surround the same line, or one a part of it.

    >>> box = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)
    >>> is_same_line(box, box + 4), is_same_line(box, box + [0, 60])
    (True, False)
    """
    return _has_centre(box, other) or _has_centre(other, box)


def _has_centre(box: Box, other: Box) -> bool:
    """Whether the centre of the other box lies in this one, or at most half a line beside it."""
    along, _, _, up = edges(box)
    offset = centre(other) - centre(box)
    is_within = abs((offset * along.conjugate()).real) < abs(along) ** 2 / 2
    return is_within and abs((offset * up.conjugate()).real) < abs(up) ** 2


def nearest_title(box: Box, titles: Sequence[Box]) -> int:
    """Return the index of the title whose invoice contains the box; -1 if there is none."""
    away = [distance(box, title) for title in titles]
    nearest = int(np.argmin(away))
    return nearest if away[nearest] < _FAR else -1


def may_have_field(box: Box, titles: Sequence[Box], own: int) -> bool:
    """Whether a box may have a field of the invoice with the title ``own``, and of no other.

    A box between two papers belongs to one of them: otherwise an invoice with an unreadable field
    would get this field of its neighbour. The stub of an invoice repeats its fields, but lies as
    near to the paper above, so it is not used.
    """
    away = [distance(box, title) for title in titles]
    return min(away) == away[own] < _FIELDS_END


def has_other_text(boxes: Sequence[Box], title: Box, *, far: float = _FAR) -> bool:
    """Whether the image has more text than this invoice, which ends at the distance ``far``."""
    return sum(distance(box, title) >= far for box in boxes) > _STRAY


def boxes_near(boxes: Sequence[Box], anchors: Sequence[Box]) -> list[Box]:
    """Return the boxes on the paper of the anchors; the first anchor is the level title."""
    corners = np.concatenate(anchors)
    reach = np.array(_REACH) * length(anchors[0])
    least, most = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    middles = [(box, box.mean(axis=0)) for box in boxes]
    return [box for box, middle in middles if (least < middle).all() and (middle < most).all()]


def reading_order(polygons: Sequence[Corners]) -> list[int]:
    """Return the indexes of the polygons row by row, from left to right.

    >>> square = lambda x, y: ((x, y), (x + 9, y), (x + 9, y + 9), (x, y + 9))
    >>> reading_order([square(50, 3), square(0, 30), square(0, 0)])
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


def distance(box: Box, title: Box) -> float:
    """Return the distance of a box from the centre of an invoice, in lengths of its title."""
    along, _, _, up = edges(title)
    down = -up / max(abs(up), 1e-6) * abs(along)
    return abs(centre(box) - centre(title) - _CENTRE * down) / max(abs(along), 1e-6)


def _axes(title: Box) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    along, down = title[1] - title[0], title[3] - title[0]
    down = down / max(height(title), 1e-6) * length(title)
    return title.mean(axis=0), along, down
