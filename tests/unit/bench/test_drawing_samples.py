"""The committed samples; only drawing them again needs the fonts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from bench.drawing.fonts import FontsMissingError, folder
from bench.drawing.invoice.divisions import divisions
from bench.drawing.samples import SAMPLES, SEED, TRUTH, write
from tests.support.paths import SAMPLES as FOLDER

TRUTHS: dict[str, dict[str, str]] = json.loads((FOLDER / TRUTH).read_text(encoding="utf-8"))
LIMIT = 3_000_000


def images() -> list[Path]:
    return sorted(
        path for path in FOLDER.iterdir() if path.suffix in {".jpg", ".png", ".bmp", ".tif"}
    )


def test_images_and_truths_have_the_same_names() -> None:
    assert {path.name for path in images()} == set(TRUTHS)
    assert len(TRUTHS) >= 20


def test_the_samples_cover_all_formats_within_the_size_limit() -> None:
    formats = set()
    for path in images():
        with Image.open(path) as image:
            formats.add(image.format)
    assert formats == {"JPEG", "PNG", "BMP", "TIFF"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LIMIT


@pytest.mark.parametrize("path", images(), ids=lambda path: path.name)
def test_an_image_has_a_size_that_the_service_accepts(path: Path) -> None:
    with Image.open(path) as image:
        image.load()
        assert 15 <= min(image.size) <= max(image.size) <= 4096


@pytest.mark.parametrize("name", TRUTHS)
def test_a_truth_obeys_the_rules_of_real_invoices(name: str) -> None:
    truth = TRUTHS[name]
    places = {each.code: each.location for each in divisions()}
    assert set(truth) == {"code", "number", "amount", "location"}
    assert re.fullmatch(r"[012]\d{7}[0-9A-Z]{4}", truth["code"])
    assert re.fullmatch(r"\d{8}", truth["number"])
    assert re.fullmatch(r"￥\d+\.00", truth["amount"])
    assert truth["location"] == places[truth["code"][1:5]]


def test_the_samples_cover_all_authorities_and_codes_with_letters() -> None:
    codes = [truth["code"] for truth in TRUTHS.values()]
    assert {code[0] for code in codes} == {"0", "1", "2"}
    assert any(not code.isdigit() for code in codes)
    assert any(code.isdigit() for code in codes)


@pytest.mark.exhaustive
def test_the_samples_can_be_drawn_again(tmp_path: Path) -> None:
    try:
        folder()
    except FontsMissingError as error:
        pytest.skip(str(error))
    write(tmp_path, SEED)
    assert {path.name for path in tmp_path.iterdir()} == {sample.name for sample in SAMPLES} | {
        TRUTH
    }
    assert json.loads((tmp_path / TRUTH).read_text(encoding="utf-8")) == TRUTHS
