"""From the heat of text, as the detection model sees it, to boxes around its lines."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from ocr_service.reading.text.orientation import slope

Box = NDArray[np.float32]

# RapidOCR's own settings, and sharper ones for what they lose: the arcs of a seal link lines of
# text to each other, and the clump they make is no box. The links are fainter than the text.
USUAL = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)
SHARP = DBPostProcess(thresh=0.75, box_thresh=0.5, unclip_ratio=1.9, use_dilation=False)

STRAIGHT = 31  # pixels, odd: two characters or three


def boxes_of(heat: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    """The boxes of text, four corners each, in pixels of an image of `size` (height, width).

    `heat`: the model's answer, 0 to 1 for every pixel it saw.
    """
    found = _found(USUAL, heat, size)
    rest = _without(heat, found, size)
    found += _found(SHARP, rest, size)
    rest = _without(rest, found, size)
    if (rest > SHARP.thresh).sum() > STRAIGHT**2:
        found += _found(SHARP, straight(rest, slope(found)), size)
    return found


def straight(heat: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    """What of the heat runs straight at that angle: lines of text do, the arcs of a seal do not.

    >>> heat = np.zeros((40, 80), np.float32)
    >>> heat[20, 10:60] = heat[20:40, 30] = 1  # a line, and something that crosses it
    >>> float(straight(heat, 0.0).sum())
    50.0
    """
    reach = STRAIGHT // 2
    stick = np.zeros((STRAIGHT, STRAIGHT), np.uint8)
    x, y = round(reach * math.cos(angle)), round(reach * math.sin(angle))
    cv2.line(stick, (reach - x, reach - y), (reach + x, reach + y), 1)
    opened: NDArray[np.float32] = np.empty_like(heat)
    cv2.morphologyEx(heat, cv2.MORPH_OPEN, stick, opened)
    return opened


def _without(
    heat: NDArray[np.float32], boxes: list[Box], size: tuple[int, int]
) -> NDArray[np.float32]:
    rest: NDArray[np.float32] = heat.copy()
    scale = np.array([heat.shape[1] / size[1], heat.shape[0] / size[0]], np.float32)
    for box in boxes:
        cv2.fillPoly(rest, [np.asarray(box * scale, np.int32)], 0)
    return rest


def _found(rule: DBPostProcess, heat: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    boxes, _ = rule(heat[np.newaxis, np.newaxis], size)
    return [np.asarray(box, np.float32) for box in boxes]
