"""Turns the heatmap of the detection model into boxes around lines of text."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.reading.text.orientation import Box, slope


class _Rule(NamedTuple):
    """How shapes in the heatmap become boxes.

    Attributes:
        least: the chance from which a pixel belongs to text.
        growth: the model marks the inside of a line: a box grows, on each side, by this factor
            times its area, divided by its perimeter.
        is_joined: whether parts that are one pixel apart are one shape.
    """

    least: float
    growth: float
    is_joined: bool


# RapidOCR's own settings, and sharper ones for text that they miss: the arcs of a seal connect
# lines of text to a shape that is no box. The connections are fainter than the text.
_USUAL = _Rule(least=0.3, growth=1.6, is_joined=True)
_SHARP = _Rule(least=0.75, growth=1.9, is_joined=False)
_LEAST_MEAN = 0.5  # of the chances inside a shape's rectangle
_LEAST_SIDE = 3  # pixels of the heatmap, before a box grows
_LEAST_BOX_SIDE = 4  # pixels of the image
_MOST_SHAPES = 1000  # each takes time

_STRAIGHT = 31  # pixels, odd: two or three characters


def boxes_from_heatmap(heatmap: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    """Return the boxes of text, four corners each, in pixels; ``size`` is (height, width).

    ``heatmap``: the output of the model, 0 to 1 for each of its pixels.
    """
    found = _detect(_USUAL, heatmap, size)
    rest = _erase(heatmap, found, size)
    found += _detect(_SHARP, rest, size)
    rest = _erase(rest, found, size)
    if (rest > _SHARP.least).sum() > _STRAIGHT**2:
        found += _detect(_SHARP, straight_parts(rest, slope(found)), size)
    return found


def straight_parts(heatmap: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    """Return the parts of the heatmap that run straight at this angle, without the arcs of a seal.

    >>> heatmap = np.zeros((40, 80), np.float32)
    >>> heatmap[20, 10:60] = heatmap[20:40, 30] = 1  # a line, and another one across it
    >>> float(straight_parts(heatmap, 0.0).sum())
    50.0
    """
    reach = _STRAIGHT // 2
    stick = np.zeros((_STRAIGHT, _STRAIGHT), np.uint8)
    x, y = round(reach * math.cos(angle)), round(reach * math.sin(angle))
    cv2.line(stick, (reach - x, reach - y), (reach + x, reach + y), 1)
    opened: NDArray[np.float32] = np.empty_like(heatmap)
    cv2.morphologyEx(heatmap, cv2.MORPH_OPEN, stick, opened)
    return opened


def _erase(
    heatmap: NDArray[np.float32], boxes: list[Box], size: tuple[int, int]
) -> NDArray[np.float32]:
    rest: NDArray[np.float32] = heatmap.copy()
    scale = np.array([heatmap.shape[1] / size[1], heatmap.shape[0] / size[0]], np.float32)
    for box in boxes:
        cv2.fillPoly(rest, [np.asarray(box * scale, np.int32)], 0)
    return rest


def _detect(rule: _Rule, heatmap: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    """Return the boxes of one rule: the smallest rectangle around each shape, grown."""
    mask = (heatmap > rule.least).astype(np.uint8)
    if rule.is_joined:
        mask = cv2.dilate(mask, np.ones((2, 2), np.uint8)).astype(np.uint8)
    shapes, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([size[1] / heatmap.shape[1], size[0] / heatmap.shape[0]])
    last = np.array([size[1] - 1, size[0] - 1], np.float32)
    boxes = []
    for shape in shapes[:_MOST_SHAPES]:
        center, (width, height), angle = cv2.minAreaRect(shape)
        if min(width, height) < _LEAST_SIDE:
            continue
        marked = np.asarray(cv2.boxPoints((center, (width, height), angle)), np.float32)
        if _mean(heatmap, marked) < _LEAST_MEAN:
            continue
        grown = width * height / (width + height) * rule.growth  # on both sides together
        corners = cv2.boxPoints((center, (width + grown, height + grown), angle))
        box = np.clip(_in_order(np.round(corners * scale)), 0, last)
        sides = np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[0] - box[3])
        if min(sides) >= _LEAST_BOX_SIDE:
            boxes.append(box)
    return boxes


def _mean(heatmap: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    """Return the mean of the heatmap inside a rectangle."""
    last = np.array(heatmap.shape[::-1]) - 1
    low = np.clip(np.floor(corners.min(axis=0)), 0, last).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)), 0, last).astype(int)
    part = heatmap[low[1] : high[1] + 1, low[0] : high[0] + 1]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - low).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def _in_order(corners: NDArray[np.float64]) -> Box:
    """Return the corners from the upper left one, clockwise.

    >>> _in_order(np.array([[9, 9], [1, 8], [9, 2], [0, 1]])).tolist()
    [[0.0, 1.0], [9.0, 2.0], [9.0, 9.0], [1.0, 8.0]]
    """
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (part[np.argsort(part[:, 1], kind="stable")] for part in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)
