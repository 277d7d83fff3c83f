"""Finds the edges of the paper around its text."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ocr_service.reading.multi_invoice import crop_to_image, transformed
from ocr_service.reading.text.engine import crop, crop_scale
from ocr_service.reading.text.lines import expanded
from ocr_service.reading.text.network import Image
from ocr_service.reading.text.orientation import Box, height, length

_STEP = 4.0  # grey levels between paper and ground
_BEFORE, _AFTER = 12, 8  # pixels that are compared; a printed frame is thinner than the ground
# In lengths of the title: more area than an invoice without its stub, and the maximum distance of
# an edge from the text.
_ASIDE, _DOWN, _REACH = 0.4, 0.1, 0.55


def paper_on_image(image: Image, area: Box, title: Box, text: Sequence[Box]) -> Box:
    """Return the corners of an invoice's paper, clockwise from its top left.

    Args:
        image: RGB.
        area: corners of the crop that holds the invoice upright.
        title: the title on the crop.
        text: all text of the invoice on the crop.
    """
    aside, down = (share * length(title) / crop_scale(area) for share in (_ASIDE, _DOWN))
    wider, offset = expanded(area, aside, down), np.array([aside, down], np.float32)
    scale = crop_scale(wider)
    own = [(box / crop_scale(area) + offset) * scale for box in text]
    reach = _REACH * length(title) / crop_scale(area) * scale
    paper = paper_around(crop(image, wider), own, reach)
    return transformed(paper, crop_to_image(wider))


def paper_around(image: Image, text: Sequence[Box], reach: float) -> Box:
    """Return the corners of the paper with this text, on an image with level text.

    An edge is the first line, parallel to a side, where the colour changes. The median along the
    line ignores print and security patterns. A side without an edge gets a margin of one line.
    ``reach``: maximum distance of an edge from the text, in pixels.
    """
    corners = np.clip(np.concatenate(text), 0, np.array(image.shape[1::-1]) - 1)
    left, top = corners.min(axis=0).astype(int).tolist()
    right, bottom = corners.max(axis=0).astype(int).tolist()
    columns = np.median(image[top : bottom + 1], axis=0)
    lines = np.median(image[:, left : right + 1], axis=1)
    margin = median(height(box) for box in text)
    left -= _edge(columns[: left + _BEFORE][::-1], reach, margin)
    top -= _edge(lines[: top + _BEFORE][::-1], reach, margin)
    right += _edge(columns[max(right - _BEFORE, 0) :], reach, margin)
    bottom += _edge(lines[max(bottom - _BEFORE, 0) :], reach, margin)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def _edge(colours: NDArray[np.float64], reach: float, margin: float) -> float:
    """Return the distance of the first change of colour from the text; ``margin`` without one.

    The text begins after the first pixels.
    """
    places = min(len(colours) - _AFTER, round(reach) + _BEFORE) - _BEFORE
    if places <= 0:
        return margin
    before = np.median(sliding_window_view(colours, _BEFORE, axis=0)[:places], axis=2)
    after = sliding_window_view(colours[_BEFORE:], _AFTER, axis=0)[:places]
    change = np.abs(after - before[:, :, np.newaxis]).max(axis=1)
    is_edge = (change > _STEP).all(axis=1)
    return float(is_edge.argmax()) if is_edge.any() else margin
