"""The reader on images: samples, photographs, and images without an invoice."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from bench.drawing.invoice.content import Fixed, make_invoice
from bench.drawing.invoices import print_sheet
from bench.drawing.kinds import Kind
from bench.drawing.random_numbers import rng_for
from ocr_service.reading.reader import Reader
from ocr_service.reading.text.engine import Engine
from ocr_service.reading.text.network import Image as Pixels
from ocr_service.reading.text.recognition import QUICK, Mode, Model, Reading
from tests.support.paths import PHOTOS, SAMPLES

FIELDS = ("code", "number", "amount", "location")

truth = json.loads((SAMPLES / "truth.json").read_text("utf-8")) if SAMPLES.is_dir() else {}
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason="the photographs are not public")


def pixels(path: Path) -> NDArray[np.uint8]:
    return np.array(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", truth)
def test_samples(reader: Reader, name: str) -> None:
    found = reader.read(pixels(SAMPLES / name))
    assert found is not None
    assert {field: getattr(found, field).text for field in FIELDS} == truth[name]


@pytest.mark.parametrize(
    ("name", "quick", "again"),
    [
        # title, code, number and amount, and others that are as long or tall; then digits that are
        # not clear
        ("hangzhou-50-yuan-exif.jpg", 7, 3),
        ("shanghai-10-yuan-clean.png", 6, 1),
        ("mianyang-5-yuan-letter-in-code.jpg", 8, 1),
    ],
)
def test_few_lines_are_read_for_all_fields(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, name: str, quick: int, again: int
) -> None:
    read: Counter[Model] = Counter()
    recognize = Engine.recognize

    def counted(
        engine: Engine, crops: Iterable[Pixels], *, mode: Mode = QUICK, **options: Any
    ) -> list[Reading]:
        readings = recognize(engine, crops, mode=mode, **options)
        read[mode.model] += len(readings)
        return readings

    monkeypatch.setattr(Engine, "recognize", counted)
    found = reader.read(pixels(SAMPLES / name))
    assert found is not None
    assert found.code.text == truth[name]["code"]
    assert read[Model.TINY] <= quick
    assert read[Model.SMALL] <= again


@pytest.mark.parametrize(("half_turns", "asked"), [(0, 0), (1, 1)])
def test_only_of_a_page_without_words_of_an_invoice_the_direction_is_asked(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, half_turns: int, asked: int
) -> None:
    name = "mianyang-5-yuan-letter-in-code.jpg"
    upside_down, chances = Engine.upside_down, []

    def noted(engine: Engine, crops: list[Pixels]) -> list[float]:
        chances.append(upside_down(engine, crops))
        return chances[-1]

    monkeypatch.setattr(Engine, "upside_down", noted)
    found = reader.read(np.ascontiguousarray(np.rot90(pixels(SAMPLES / name), 2 * half_turns)))
    assert found is not None
    assert found.code.text == truth[name]["code"]
    assert len(chances) == asked
    assert all(chance > 0.5 for each in chances for chance in each)


@pytest.mark.parametrize("field", ["code", "number"])
def test_a_digit_that_the_quick_model_loses_is_read(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    name = "mianyang-5-yuan-letter-in-code.jpg"
    value, lost = truth[name][field], 0
    recognize = Engine.recognize

    def losing(
        engine: Engine, crops: Iterable[Pixels], *, mode: Mode = QUICK, **options: Any
    ) -> list[Reading]:
        nonlocal lost
        readings = recognize(engine, crops, mode=mode, **options)
        for at, reading in enumerate(readings):
            start = reading.text.find(value)
            if mode.model is Model.TINY and start >= 0:
                lost += 1
                kept = [each for each in range(len(reading.text)) if each != start + 3]
                readings[at] = Reading(
                    "".join(reading.text[each] for each in kept),
                    (1.0,) * len(kept),
                    tuple(reading.places[each] for each in kept),
                )
        return readings

    monkeypatch.setattr(Engine, "recognize", losing)
    found = reader.read(pixels(SAMPLES / name))
    assert lost
    assert found is not None
    assert getattr(found, field).text == value
    assert getattr(found, field).confidence > 0.95


@pytest.mark.parametrize(
    ("layout", "place"), [("tall", "below the words"), ("plain", "right of the words")]
)
def test_figures_that_differ_from_the_words_are_noticed(
    reader: Reader, layout: str, place: str
) -> None:
    differing = 0
    for number in range(4):
        rng = rng_for(f"figures {place}", number)
        invoice = make_invoice(rng, Fixed(yuan=20))
        invoice = dataclasses.replace(invoice, figures="￥500.00")
        sheet = print_sheet(invoice, Kind(layouts=(layout,)), rng, 900)
        if "figures" not in sheet.boxes:
            continue
        found = reader.read(np.asarray(sheet.sheet.convert("RGB")))
        assert found is not None
        assert found.amount.confidence <= 0.6
        differing += 1
    assert differing > 0


def test_the_polygon_lies_around_the_fields(reader: Reader) -> None:
    image = np.full((1400, 1600, 3), 90, np.uint8)
    paper = pixels(SAMPLES / "shanghai-10-yuan-clean.png")[:700, :1000]
    image[600 : 600 + paper.shape[0], 500 : 500 + paper.shape[1]] = paper
    found = reader.read(image)
    assert found is not None
    corners = np.array(found.polygon)
    assert corners.min(axis=0).tolist() > [450, 550]
    assert corners[0].tolist() < corners[2].tolist()


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("size", [(15, 15), (15, 4096), (600, 400)])
def test_nothing_on_empty_images(reader: Reader, shade: int, size: tuple[int, int]) -> None:
    image = np.full((*size, 3), shade, np.uint8)
    assert reader.read(image) is None
    assert reader.read_all(image) == []


def test_a_tiny_invoice_in_a_large_photograph(reader: Reader) -> None:
    name = "chongqing-100-yuan-wavy.jpg"
    invoice = Image.fromarray(pixels(SAMPLES / name))
    invoice = invoice.resize((420, round(420 * invoice.height / invoice.width)))
    photograph = Image.new("RGB", (3000, 2200), (96, 72, 50))
    photograph.paste(invoice, (1200, 900))
    found = reader.read(np.asarray(photograph))
    assert found
    assert {field: getattr(found, field).text for field in FIELDS} == truth[name]


def test_several_invoices_on_one_image(reader: Reader) -> None:
    names = ["shanghai-10-yuan-clean.png", "hunan-1000-yuan-password.png"]
    papers = [pixels(SAMPLES / name) for name in names]
    width = max(paper.shape[1] for paper in papers)
    padded = [np.pad(paper, ((40, 40), (0, width - paper.shape[1]), (0, 0))) for paper in papers]
    found = reader.read_all(np.vstack(padded))
    assert {each.code.text for each in found} == {truth[name]["code"] for name in names}


def test_threads_share_a_reader() -> None:
    reader, names = Reader(threads=2), list(truth)[:4]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: reader.read(pixels(SAMPLES / name)), names))
    assert [each and each.code.text for each in found] == [truth[name]["code"] for name in names]


# Of damaged photographs, those that need further passes; the samples have upright ones.
TURNS = {"none": (0, 1, 2, 3), "dark": (1, 3), "blurred": (2, 3), "small": (2, 3)}


@pytest.mark.sampled(every=4)
@needs_photos
@pytest.mark.parametrize(
    ("damage", "turns"), [(damage, each) for damage, turns in TURNS.items() for each in turns]
)
def test_photograph(reader: Reader, damage: str, turns: int) -> None:
    picture = Image.open(PHOTOS / "beijing_10yuan.jpg").convert("RGB")
    if damage == "dark":
        picture = picture.point(lambda value: value * 0.4)
    elif damage == "blurred":
        picture = picture.filter(ImageFilter.GaussianBlur(0.8))
    elif damage == "small":
        picture = picture.resize((560, 420))
    found = reader.read(np.ascontiguousarray(np.rot90(np.array(picture), turns)))
    assert found is not None
    read = tuple(getattr(found, field).text for field in FIELDS)
    assert read == ("111001740101", "01142646", "￥10.00", "北京市")


@pytest.mark.sampled(every=3)
@needs_photos
@pytest.mark.parametrize("turns", [0, 1, 2])
def test_redacted_fields_stay_empty(reader: Reader, turns: int) -> None:
    image = np.rot90(pixels(PHOTOS / "shanghai_10yuan_redacted.png"), turns)
    found = reader.read(np.ascontiguousarray(image))
    assert found is not None
    assert (found.code.text, found.code.confidence) == ("", 0.0)
    assert (found.number.text, found.number.confidence) == ("", 0.0)
    assert (found.amount.text, found.location.text) == ("￥10.00", "上海市")
