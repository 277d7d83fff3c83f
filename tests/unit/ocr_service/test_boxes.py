"""Boxes of text from the heatmap of the detection model."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_service.reading.text.boxes import boxes_from_heatmap

WIDE, HIGH = 240, 160  # pixels of the heatmap
SIZE = 3 * HIGH, 2 * WIDE  # height and width of the image
Heatmap = NDArray[np.float32]


def heatmap(*rectangles: tuple[int, int, int, int], chance: float = 0.9) -> Heatmap:
    """A heatmap with marked rectangles: left, top, right, bottom, all inside."""
    drawn = np.zeros((HIGH, WIDE), np.float32)
    for left, top, right, bottom in rectangles:
        drawn[top : bottom + 1, left : right + 1] = chance
    return drawn


def boxes(drawn: Heatmap) -> list[list[list[float]]]:
    return [box.tolist() for box in boxes_from_heatmap(drawn, SIZE)]


def test_a_box_is_larger_than_its_mark_and_begins_at_the_upper_left_corner() -> None:
    # Joined to 101 x 21 pixels, it grows by 1.6 * 2121 / 244 = 13.9 pixels on each side.
    [[first, second, third, fourth]] = boxes(heatmap((40, 80, 140, 100)))
    assert first == pytest.approx([2 * 26, 3 * 66], abs=4)
    assert second == pytest.approx([2 * 155, 3 * 66], abs=4)
    assert third == pytest.approx([2 * 155, 3 * 115], abs=4)
    assert fourth == pytest.approx([2 * 26, 3 * 115], abs=4)


def test_a_box_ends_at_the_edge_of_the_image() -> None:
    [box] = boxes(heatmap((0, 80, WIDE - 1, 100)))
    assert [box[0][0], box[1][0]] == [0, 2 * WIDE - 1]


@pytest.mark.parametrize("angle", [50, 55, 60])
@pytest.mark.parametrize("middle", [0, HIGH - 1])
def test_the_corners_of_steep_text_at_the_edge_stay_in_order(middle: int, angle: int) -> None:
    drawn = np.zeros((HIGH, WIDE), np.float32)
    corners = cv2.boxPoints(((120, middle), (80, 16), angle))
    cv2.fillPoly(drawn, [corners.astype(np.int32)], 0.9)
    found = boxes_from_heatmap(drawn, SIZE)
    assert found
    assert all(cv2.contourArea(box, oriented=True) > 0 for box in found)
    assert all(map(cv2.isContourConvex, found))


@pytest.mark.parametrize(("gap", "count"), [(1, 1), (3, 2)])
def test_parts_that_are_one_pixel_apart_are_one_line(gap: int, count: int) -> None:
    right = 100 + gap
    assert len(boxes(heatmap((40, 80, 99, 100), (right, 80, right + 60, 100)))) == count


@pytest.mark.parametrize(
    "drawn",
    [
        pytest.param(heatmap((40, 80, 140, 100), chance=0.25), id="below the least chance"),
        pytest.param(heatmap((40, 80, 140, 100), chance=0.45), id="the mean is too low"),
        pytest.param(heatmap((40, 80, 140, 81)), id="too low for text"),
    ],
)
def test_a_faint_or_tiny_mark_is_no_text(drawn: Heatmap) -> None:
    assert boxes(drawn) == []


def test_the_boxes_are_those_of_rapidocr() -> None:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess  # noqa: PLC0415 - it takes a second

    rng = np.random.default_rng(17)
    theirs = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)
    for _ in range(20):
        drawn = np.zeros((HIGH, WIDE), np.float32)
        at = rng.uniform((70, 60), (170, 100))
        size = rng.uniform(30, 100), rng.uniform(6, 20)
        corners = cv2.boxPoints((at.tolist(), size, float(rng.uniform(-30, 30))))
        cv2.fillPoly(drawn, [corners.astype(np.int32)], 0.9)
        [own] = boxes(drawn)
        [[expected], _] = theirs(drawn[np.newaxis, np.newaxis], SIZE)
        assert np.abs(np.array(own) - expected).max() < 7  # their corners are whole pixels
