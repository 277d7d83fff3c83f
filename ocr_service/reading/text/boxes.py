"""Turns the heatmap of the detection model into boxes around lines of text."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from ocr_service.reading.text.orientation import Box, slope

# RapidOCR's own settings, and sharper ones for text that they miss: the arcs of a seal connect
# lines of text to a shape that is no box. The connections are fainter than the text.
_USUAL = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)
_SHARP = DBPostProcess(thresh=0.75, box_thresh=0.5, unclip_ratio=1.9, use_dilation=False)

_STRAIGHT = 31  # pixels, odd: two or three characters


def boxes_from_heatmap(heatmap: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    """Return the boxes of text, four corners each, in pixels; ``size`` is (height, width).

    ``heatmap``: the output of the model, 0 to 1 for each of its pixels.
    """
    found = _detect(_USUAL, heatmap, size)
    rest = _erase(heatmap, found, size)
    found += _detect(_SHARP, rest, size)
    rest = _erase(rest, found, size)
    if (rest > _SHARP.thresh).sum() > _STRAIGHT**2:
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


def _detect(rule: DBPostProcess, heatmap: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    boxes, _ = rule(heatmap[np.newaxis, np.newaxis], size)
    return [np.asarray(box, np.float32) for box in boxes]
