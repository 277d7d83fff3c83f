"""Finds the edges of the paper around its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ocr_service.reading.text.engine import Image
from ocr_service.reading.text.orientation import Box, height

_STEP = 7.0  # grey levels between paper and ground
_BEFORE, _AFTER = 12, 3  # pixels that are compared: paper before an edge, ground after it


def paper_around(image: Image, boxes: Sequence[Box], reach: float) -> Box:
    """Return the corners of the paper with these boxes of level text, clockwise from the top left.

    An edge is the first line, parallel to a side, where the colour changes. The median along the
    line ignores print and security patterns. A side without an edge gets a margin of one line.

    Args:
        image: RGB.
        boxes: the text on the paper.
        reach: maximum distance of an edge from the text, in pixels.
    """
    corners = np.concatenate(boxes)
    limits = np.array(image.shape[1::-1])
    left, top = np.clip(corners.min(axis=0), 0, limits).astype(int).tolist()
    right, bottom = np.clip(corners.max(axis=0), 0, limits).astype(int).tolist()
    usual = median(height(box) for box in boxes)

    def margin(colours: NDArray[np.float64]) -> float:
        return next(_edges(colours, reach), usual) if len(colours) else usual

    columns = np.median(image[top : bottom + 1], axis=0)
    lines = np.median(image[:, left : right + 1], axis=1)
    left, right = (
        left - margin(columns[: left + _BEFORE][::-1]),
        right + margin(columns[max(right - _BEFORE, 0) :]),
    )
    top, bottom = (
        top - margin(lines[: top + _BEFORE][::-1]),
        bottom + margin(lines[max(bottom - _BEFORE, 0) :]),
    )
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def _edges(colours: NDArray[np.float64], reach: float) -> Iterator[float]:
    """Distances of changes of colour from the text, which begins after the first pixels."""
    for place in range(_BEFORE, min(len(colours) - _AFTER, round(reach) + _BEFORE)):
        before = np.median(colours[place - _BEFORE : place], axis=0)
        change = np.abs(colours[place : place + _AFTER] - before).max(axis=1)
        if (change > _STEP).all():
            yield float(place - _BEFORE)
