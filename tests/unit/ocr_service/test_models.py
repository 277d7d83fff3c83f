"""The models, and the halves of a title that a seal cuts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ocr_service.reading.text import models
from ocr_service.reading.text.engine import Engine
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.models import ModelsMissingError
from ocr_service.reading.text.recognition import FULL
from ocr_service.reading.title_detection import with_start


@pytest.mark.parametrize("name", ["QUICK_DETECTION", "DETECTION", "DIRECTION", "_SMALL", "_TINY"])
def test_models_that_are_not_installed_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    models.check()
    monkeypatch.setattr(models, name, tmp_path / "none")
    with pytest.raises(ModelsMissingError, match="make install"):
        models.check()


def test_a_damaged_model_is_no_fault_of_the_image_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(models.DETECTION.read_bytes()[:100_000])
    monkeypatch.setattr(models, "DETECTION", damaged)
    engine, image = Engine(threads=1), np.zeros((64, 64, 3), np.uint8)
    assert engine.detect(image, 64, is_quick=True) == []
    with pytest.raises(OSError, match=r"the model damaged\.onnx cannot be loaded"):
        engine.detect(image, 64)
    monkeypatch.setattr(models, "_SMALL", damaged)
    assert len(engine.recognize([image])) == 1
    with pytest.raises(OSError, match="the model PP-OCRv6 small cannot be loaded"):
        engine.recognize([image], mode=FULL)


def piece(text: str, left: float, right: float, *, top: float = 0, height: float = 20) -> Line:
    box = [[left, top], [right, top], [right, top + height], [left, top + height]]
    return Line(text, (), (), left, right, top + height / 2, height, np.array(box, np.float32))


TITLE = piece("公司通用定额发票", 100, 260)


@pytest.mark.parametrize("gap", [0, 50])
def test_a_title_in_two_halves_is_one(gap: float) -> None:
    whole = with_start(TITLE, [TITLE, piece("鸿福客运有限", 0, 100 - gap)])
    assert whole.text == "鸿福客运有限公司通用定额发票"
    assert whole.box[:, 0].tolist() == [0, 260, 260, 0]


@pytest.mark.parametrize(
    "other",
    [
        piece("鸿福客运有限", -40, 30),  # too far
        piece("鸿福客运有限", 0, 95, top=16),  # on another line
        piece("鸿福客运有限", 0, 95, height=8),  # small print
        Line("票发额定", (), (), 100, 260, 10, 20, np.roll(TITLE.box, 2, axis=0)),  # upside down
        piece("监制章", 270, 330),  # behind it
    ],
)
def test_other_text_is_no_part_of_a_title(other: Line) -> None:
    assert with_start(TITLE, [TITLE, other]) is TITLE
