"""Several papers on one image: Quota Invoice OCR returns one whole invoice, the other API all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from bench.drawing import draw_other
from bench.drawing.fonts import font
from ocr_service.reading import multi_invoice
from ocr_service.reading.invoice import QuotaInvoice
from ocr_service.reading.reader import Reader
from ocr_service.reading.text.engine import crop
from tests.support.paths import CASES, SAMPLES

Pixels = NDArray[np.uint8]
FIELDS = ("code", "number", "amount", "location")
ACCEPTED = 0.9  # the cloud function marks a field below this confidence for review

truth = json.loads((SAMPLES / "truth.json").read_text("utf-8")) if SAMPLES.is_dir() else {}
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the field cases are not public")

SHANGHAI = "shanghai-10-yuan-clean.png"
BEIJING = "beijing-10-yuan-stamped.jpg"
HUNAN = "hunan-1000-yuan-password.png"
ZHEJIANG = "zhejiang-100-yuan-skewed.jpg"
URUMQI = "urumqi-20-yuan-orange-light.jpg"
MIANYANG_20 = "mianyang-20-yuan-company.jpg"
MIANYANG_5 = "mianyang-5-yuan-letter-in-code.jpg"

CASE_INVOICES = {
    "two-side-by-side.jpg": [MIANYANG_20, MIANYANG_5],
    "five-glued-same-town.jpg": [MIANYANG_5, MIANYANG_20, MIANYANG_20, MIANYANG_5, MIANYANG_5],
    "five-glued.jpg": [SHANGHAI, BEIJING, HUNAN, ZHEJIANG, URUMQI],
}


@cache
def paper(name: str, turn: int = 0) -> Image.Image:
    """A sample, 700 pixels long, turned counter-clockwise."""
    with Image.open(SAMPLES / name) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    return ImageOps.contain(upright, (700, 700)).rotate(turn, expand=True)


def glued(papers: Sequence[Image.Image], columns: int, gap: int = 4) -> Pixels:
    """The papers row by row on a white page."""
    rows = [papers[start : start + columns] for start in range(0, len(papers), columns)]
    heights = [max(each.height for each in row) + gap for row in rows]
    width = max(sum(each.width + gap for each in row) for row in rows)
    page = Image.new("RGB", (width, sum(heights)), "white")
    for row, top in zip(rows, np.cumsum([0, *heights]).tolist(), strict=False):
        left = 0
        for each in row:
            page.paste(each, (left, top))
            left += each.width + gap
    return np.asarray(page)


def fields_of(invoice: QuotaInvoice) -> dict[str, str]:
    return {name: getattr(invoice, name).text for name in FIELDS}


def assert_one_whole_doubtful(found: QuotaInvoice | None, names: Sequence[str]) -> None:
    assert found is not None
    assert fields_of(found) in [truth[name] for name in names]
    assert all(field.confidence < ACCEPTED for field in found.fields)


# Field cases


@pytest.mark.sampled(every=3)
@needs_cases
@pytest.mark.parametrize("case", CASE_INVOICES)
def test_one_whole_invoice_of_a_field_case(reader: Reader, case: str) -> None:
    with Image.open(CASES / case) as opened:
        image = np.asarray(opened.convert("RGB"))
    assert_one_whole_doubtful(reader.read(image), CASE_INVOICES[case])


@pytest.mark.sampled(every=3)
@needs_cases
@pytest.mark.parametrize("case", CASE_INVOICES)
def test_every_invoice_of_a_field_case(reader: Reader, case: str) -> None:
    with Image.open(CASES / case) as opened:
        found = reader.read_all(np.asarray(opened.convert("RGB")))
    assert [fields_of(each) for each in found] == [truth[name] for name in CASE_INVOICES[case]]


# The same kinds from the samples

PAGES = {
    "side by side": ([(MIANYANG_20, 0), (MIANYANG_5, 0)], 2),
    "stacked": ([(MIANYANG_5, 0), (SHANGHAI, 0)], 1),
    "five on a sheet": (
        [(BEIJING, 0), (MIANYANG_20, 0), (HUNAN, 0), (SHANGHAI, 0), (URUMQI, 0)],
        2,
    ),
    "one upside down": ([(MIANYANG_20, 180), (BEIJING, 0)], 2),
    "one across the other": ([(MIANYANG_20, 90), (BEIJING, 0)], 2),
    "all turned": ([(BEIJING, 270), (SHANGHAI, 270)], 2),
}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("page", PAGES)
def test_one_whole_invoice_of_a_glued_page(reader: Reader, page: str) -> None:
    papers, columns = PAGES[page]
    image = glued([paper(*each) for each in papers], columns)
    assert_one_whole_doubtful(reader.read(image), [name for name, _ in papers])


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("page", PAGES)
def test_every_invoice_of_a_glued_page(reader: Reader, page: str) -> None:
    papers, columns = PAGES[page]
    found = reader.read_all(glued([paper(*each) for each in papers], columns))
    # The pages' reading order is that of the papers.
    assert [fields_of(each) for each in found] == [truth[name] for name, _ in papers]


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("place", "length"), [((1500, 1100), 350), ((1350, 300), 350), ((200, 1250), 300)]
)
def test_a_much_smaller_second_invoice_makes_the_result_doubtful(
    reader: Reader, place: tuple[int, int], length: int
) -> None:
    page = Image.new("RGB", (2400, 1800), "white")
    page.paste(paper(MIANYANG_20).resize((1200, 504)), (50, 50))
    page.paste(ImageOps.contain(paper(HUNAN), (length, length)), place)
    assert_one_whole_doubtful(reader.read(np.asarray(page)), [MIANYANG_20])


def test_a_second_invoice_with_half_its_title_makes_the_result_doubtful(reader: Reader) -> None:
    other = paper(MIANYANG_5)
    half = other.crop((0, 0, other.width // 2, other.height))
    assert_one_whole_doubtful(reader.read(glued([paper(MIANYANG_20), half], 2)), [MIANYANG_20])


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("other", "columns"),
    [("receipt", 2), ("taxi-ticket", 1), ("machine-invoice", 1), ("machine-invoice", 2)],
)
def test_an_invoice_beside_another_paper_is_certain(
    reader: Reader, other: str, columns: int
) -> None:
    beside = ImageOps.contain(draw_other(other, 5).image, (700, 700))
    found = reader.read(glued([paper(MIANYANG_20), beside], columns))
    assert found is not None
    assert fields_of(found) == truth[MIANYANG_20]
    assert all(field.confidence > ACCEPTED for field in found.fields)


def test_two_copies_of_one_invoice_are_certain(reader: Reader) -> None:
    found = reader.read(glued([paper(SHANGHAI), paper(SHANGHAI)], 1))
    assert found is not None
    assert fields_of(found) == truth[SHANGHAI]
    assert all(field.confidence > ACCEPTED for field in found.fields)


def test_no_value_is_taken_from_a_paper_below_that_lost_its_title(reader: Reader) -> None:
    upper, below = paper(BEIJING), paper(ZHEJIANG)
    page = Image.new("RGB", (760, upper.height + below.height), "white")
    page.paste(below, (20, upper.height - below.height // 2))
    page.paste(upper, (0, 0))
    image = np.asarray(page)
    for found in (reader.read(image), *reader.read_all(image)):
        assert found is not None
        assert fields_of(found) == truth[BEIJING]


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("from_top", [0.3, 0.5])
def test_no_value_is_taken_from_a_paper_above_that_lost_its_title(
    reader: Reader, from_top: float
) -> None:
    above, own = paper(ZHEJIANG), paper(SHANGHAI)
    above = above.crop((0, round(above.height * from_top), above.width, above.height))
    image = glued([above, own], 1)
    for found in (reader.read(image), *reader.read_all(image)):
        assert found is not None
        assert fields_of(found) == truth[SHANGHAI]


def test_a_number_above_the_title_does_not_replace_a_hidden_one(reader: Reader) -> None:
    own = paper(SHANGHAI).copy()
    hidden = _without(reader, own, truth[SHANGHAI]["number"])
    above = paper(ZHEJIANG)
    half = above.crop((0, round(above.height * 0.3), above.width, above.height))
    found = reader.read(glued([half, hidden], 1))
    assert found is not None
    assert fields_of(found) == {**truth[SHANGHAI], "number": ""}


def test_a_hidden_number_is_not_taken_from_the_paper_below(reader: Reader) -> None:
    upper = paper(SHANGHAI).copy()
    alone = reader.read(np.asarray(upper))
    assert alone is not None
    assert alone.number
    hidden = _without(reader, upper, alone.number.text)
    for found in reader.read_all(glued([hidden, paper("kunming-50-yuan-stamp-over-code.jpg")], 1)):
        if found.code.text == truth[SHANGHAI]["code"]:
            assert (found.number.text, found.amount.text) == ("", truth[SHANGHAI]["amount"])
            break
    else:
        pytest.fail("the upper invoice was not read")


def _without(reader: Reader, image: Image.Image, number: str) -> Image.Image:
    """The image with a white patch over this number."""
    extraction, _ = reader._extract(np.asarray(image))  # noqa: SLF001 - the place of a field
    copy = image.copy()
    for each in extraction.numbers:
        if each.text == number:
            (left, top), (right, bottom) = each.line.box.min(axis=0), each.line.box.max(axis=0)
            copy.paste("white", (int(left) - 3, int(top) - 3, int(right) + 3, int(bottom) + 3))
    return copy


def test_a_list_that_names_invoices_in_its_rows_is_none(reader: Reader) -> None:
    page = Image.new("RGB", (1400, 2000), "white")
    pen = ImageDraw.Draw(page)
    for row in range(30):
        pen.text((100, 40 + 64 * row), "通用定额发票", font=font("sans", 40), fill="black")
    assert reader.read(np.asarray(page)) is None
    assert reader.read_all(np.asarray(page)) == []


def test_the_crop_of_a_huge_title_has_no_more_pixels_than_a_photograph() -> None:
    title = np.array([[0, 0], [9000, 900], [8930, 1600], [-70, 700]], np.float32)
    area = multi_invoice.invoice_area(title)
    part = crop(np.zeros((4096, 4096, 3), np.uint8), area)
    height, width = part.shape[:2]
    assert height * width == pytest.approx(8_000_000, rel=0.01)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    back = multi_invoice.transformed(corners, multi_invoice.crop_to_image(area))
    assert np.abs(back - area).max() < 10
