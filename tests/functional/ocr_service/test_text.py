"""Text on images: its characters, and lines that several passes share."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr_service.reading.text.engine import Engine
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.orientation import Box
from ocr_service.reading.text.page import read_unknown
from ocr_service.reading.text.recognition import EXACT, QUICK, WIDE, Mode


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


@pytest.mark.parametrize("mode", [QUICK, EXACT, WIDE])
def test_digits_set_wide_are_certain_although_the_model_knows_two_forms_of_each(
    engine: Engine, mode: Mode
) -> None:
    image = np.full((60, 376, 3), 255, np.uint8)
    for place, digit in enumerate("70315842"):
        at = (20 + 42 * place, 44)
        cv2.putText(image, digit, at, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 3, cv2.LINE_AA)
    [reading] = engine.recognize([image], mode=mode)
    assert reading.text == "70315842"
    assert min(reading.chances) > 0.95


def box_at(top: float) -> Box:
    return np.array([[20, top], [220, top], [220, top + 40], [20, top + 40]], np.float32)


@pytest.mark.parametrize(("chance", "text"), [(0.99, "from before"), (0.9, "7031")])
def test_only_a_line_that_is_not_clear_is_read_again(
    engine: Engine, chance: float, text: str
) -> None:
    image = np.full((100, 240, 3), 255, np.uint8)
    cv2.putText(image, "7031", (40, 62), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 3, cv2.LINE_AA)
    known = Line("from before", (chance,), (0.5,), 20, 220, 50, 40, box_at(30))
    [line] = read_unknown(engine, image, [box_at(33)], 0.0, [known])
    assert line.text == text


@pytest.mark.parametrize("turns", [0, 1])
def test_a_line_over_the_middle_of_a_large_image_is_one_box(engine: Engine, turns: int) -> None:
    # 1,024 x 512 pixels are too many for the network at once: it sees one half after the other.
    image = np.full((512, 1024, 3), 255, np.uint8)
    places = {"across": (380, 100), "left": (40, 300), "right": (760, 480)}
    for text, at in places.items():
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 4, cv2.LINE_AA)
    turned = np.ascontiguousarray(np.rot90(image, turns))
    found = engine.detect(turned, 1024, in_halves=True)
    boxes = sorted(found, key=lambda box: float(box[:, turns].min()))
    assert len(boxes) == 3
    assert boxes[1][:, turns].min() < 512 < boxes[1][:, turns].max()
