"""From the heat of text, as the detection model sees it, to boxes around its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from rapidocr.ch_ppocr_det.utils import DBPostProcess

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Box = NDArray[np.float32]

# RapidOCR's own settings, and sharper ones for what they lose: the arcs of a seal link lines of
# text to each other, and the clump they make is no box. The links are fainter than the text.
USUAL = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)
SHARP = DBPostProcess(thresh=0.75, box_thresh=0.5, unclip_ratio=1.9, use_dilation=False)


def boxes_of(heat: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    """The boxes of text, four corners each, in pixels of an image of `size` (height, width).

    `heat`: the model's answer, 0 to 1 for every pixel it saw.
    """
    found = _found(USUAL, heat, size)
    scale = np.array([heat.shape[1] / size[1], heat.shape[0] / size[0]], np.float32)
    rest = heat.copy()
    for box in found:
        cv2.fillPoly(rest, [np.asarray(box * scale, np.int32)], 0)
    return found + _found(SHARP, rest, size)


def _found(rule: DBPostProcess, heat: NDArray[np.float32], size: tuple[int, int]) -> list[Box]:
    boxes, _ = rule(heat[np.newaxis, np.newaxis], size)
    return [np.asarray(box, np.float32) for box in boxes]
