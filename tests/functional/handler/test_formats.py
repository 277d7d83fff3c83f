"""Files in any format, under any name, from the bucket through the function and the OCR service."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from tests.functional.conftest import Objects, Run
from tests.support.announce import announce
from tests.support.fakes import problems
from tests.support.files import formats, pdfs
from tests.support.files.formats import CUT, NOT_READ, READ, SAMPLE, SECOND, THIRD
from tests.support.paths import CASES

LONGEST = 10.0
"""Seconds for one file; the slowest takes about two."""
FIELDS = ("code", "number", "location", "amount")


def invoke(run: Run, objects: Objects, name: str, content: bytes) -> dict[str, Any]:
    """Upload a file; return its record or failure record."""
    key = f"incoming/{name}"
    objects.put(key, content)
    [outcome] = run.invoke(announce(key, content))
    folder = {"recognized": "results", "failed": "failures"}[outcome]
    seconds = [line["elapsed_ms"] for line in run.lines() if "elapsed_ms" in line]
    assert max(seconds, default=0) < LONGEST * 1000
    return objects.record(f"{folder}/{name}.json")


def fields(record: dict[str, Any]) -> dict[str, str]:
    """Return the fields of the only invoice."""
    result = record["result"]
    found = result if isinstance(result, dict) else result[0]["content"]
    return {field: found[field] for field in FIELDS}


def numbers(record: dict[str, Any]) -> dict[int, str]:
    return {invoice["page"]: invoice["number"] for invoice in record["invoices"]}


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("name", READ)
def test_a_file_in_any_format_gets_the_right_record(
    run: Run, objects: Objects, truth: dict[str, Any], name: str
) -> None:
    variant = READ[name]
    record = invoke(run, objects, name, variant.content())
    assert record["status"] == "recognized", record["error"]
    assert fields(record) == truth[SAMPLE]
    assert run.count("recognize") == variant.calls
    fallback = record["ocr"]["fallback"]
    assert (fallback or {}).get("code") == variant.fallback
    is_converted = variant.fallback == formats.CONVERTED
    assert ("kind" in (fallback or {})) == is_converted


@pytest.mark.parametrize("name", NOT_READ)
def test_a_file_that_is_no_image_is_named_without_an_ocr_request(
    run: Run, objects: Objects, name: str
) -> None:
    code, content = NOT_READ[name]
    failure = invoke(run, objects, name, content())
    assert failure["error"]["code"] == code
    assert all(
        failure["error"][text][tongue]
        for text in ("message", "hint")
        for tongue in failure["error"][text]
    )
    assert run.count("recognize") == 0


@pytest.mark.parametrize("name", CUT)
def test_a_file_whose_end_is_missing_is_said_to_be_cut_off(
    run: Run, objects: Objects, name: str
) -> None:
    error = invoke(run, objects, name, CUT[name]())["error"]
    assert error["code"] in {"AIS.0102", "File.CutOff"}  # the service's, if it was asked
    assert ("cut off" in error["message"]["en"], "不完整" in error["message"]["zh"]) == (True, True)


def test_every_page_of_a_tiff_becomes_an_invoice(
    run: Run, objects: Objects, truth: dict[str, Any]
) -> None:
    names = (SAMPLE, SECOND, THIRD)
    record = invoke(run, objects, "scan.tif", formats.tiff(*names, compression="tiff_lzw"))
    assert numbers(record) == {
        page: truth[name]["number"] for page, name in enumerate(names, start=1)
    }
    assert record["pages"] == {"read": [1, 2, 3], "asked": 3, "total": 3}
    assert record["ocr"]["fallback"] == {"code": "Image.Converted", "scale": 1.0, "kind": "TIFF"}
    assert run.count("recognize") == 3


def test_a_page_of_a_tiff_that_is_not_read_is_named(run: Run, objects: Objects) -> None:
    content = formats.tiff(SAMPLE, SECOND)
    record = invoke(run, objects, "cut.tif", content[: len(content) * 3 // 4])
    [invoice] = record["invoices"]
    assert (invoice["page"], invoice["needs_review"]) == (1, True)
    assert "unread_pages" in [finding["code"] for finding in invoice["findings"]]


def test_a_pdf_beyond_the_limit_is_sent_page_by_page(
    run: Run, objects: Objects, truth: dict[str, Any]
) -> None:
    content = formats.heavy_pdf(7, SAMPLE, SECOND)
    assert len(content) > 10 << 20
    record = invoke(run, objects, "heavy.pdf", content)
    assert numbers(record) == {1: truth[SAMPLE]["number"], 2: truth[SECOND]["number"]}
    assert record["ocr"]["fallback"]["code"] == "File.Split"


def test_an_image_of_several_invoices_is_said_to_hold_further_ones(
    run: Run, objects: Objects
) -> None:
    record = invoke(run, objects, "two.jpg", formats.side_by_side(SAMPLE, SECOND))
    [invoice] = record["invoices"]
    assert [finding["code"] for finding in problems(invoice)] == ["several_invoices"]


@pytest.mark.exhaustive
def test_pages_that_share_their_images_are_read_from_a_pdf_beyond_the_limit(
    run: Run, objects: Objects, truth: dict[str, Any]
) -> None:
    pages = (SAMPLE, SECOND, THIRD)
    pictures = [pdfs.jpeg(formats.sample(name), more=5_000_000) for name in pages]
    record = invoke(run, objects, "shared.pdf", pdfs.of_images(*pictures))
    assert numbers(record) == {
        page: truth[name]["number"] for page, name in enumerate(pages, start=1)
    }


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("turn", [0, 90])
def test_a_page_beyond_the_limit_is_read(
    run: Run, objects: Objects, truth: dict[str, Any], turn: int
) -> None:
    picture = formats.enlarged(4500, "RGB")
    pixels = pdfs.image(picture.size, picture.tobytes(), b"[]", b"/DeviceRGB")
    content = pdfs.of_images(pixels, more=b"/Rotate %d" % turn)
    record = invoke(run, objects, "scan.pdf", content)
    assert fields(record) == truth[SAMPLE]
    assert run.count("recognize") == 1


def test_blank_backs_of_pages_need_no_review(run: Run, objects: Objects) -> None:
    front = formats.sample()
    back = Image.new("RGB", front.size, "white")
    record = invoke(run, objects, "duplex.tif", formats.of_pages(front, back))
    [invoice] = record["invoices"]
    assert "pages_without_invoice" in [finding["code"] for finding in invoice["findings"]]
    assert invoice["needs_review"] is False


A = {"code": "13100139T713", "number": "57344418", "amount": "￥10.00"}
FIELD_CASES: dict[str, dict[int, str] | str] = {
    "41-megapixel-progressive.jpg": {1: "57344418"},
    "IMG_4211.HEIC": {1: "57344418"},
    "mmexport1714537845123.webp": {1: "57344418"},
    "scanner.jpg": {1: "57344418"},
    "invoice.jpg-as.pdf": {1: "57344418"},
    "blank-line-first.pdf": {1: "57344418"},
    "no-eoi.jpg": {1: "57344418"},
    "motion-photo.jpg": {1: "57344418"},
    "scan-3-invoices.tif": {1: "57344418", 2: "15815421", 3: "96279444"},
    "claim-3-forms-then-invoice.pdf": {4: "57344418"},
    "invoice-3-forms-invoice.pdf": {1: "57344418", 5: "96279444"},
    "locked.pdf": "File.Locked",
    "photos.zip": "File.Archive",
    "empty.jpg": "File.Empty",
}
"""The numbers on each page, or the code of the failure."""


@pytest.mark.sampled(every=4)
@pytest.mark.skipif(not CASES.exists(), reason="the field cases are not at hand")
@pytest.mark.parametrize("name", FIELD_CASES)
def test_a_field_case_gets_its_right_result(run: Run, objects: Objects, name: str) -> None:
    record = invoke(run, objects, name, (CASES / name).read_bytes())
    expected = FIELD_CASES[name]
    if isinstance(expected, str):
        assert record["error"]["code"] == expected
        assert run.count("recognize") == 0
        return
    found = {invoice.get("page", 1): invoice["number"] for invoice in record["invoices"]}
    assert found == expected
    if 1 in expected:
        first = record["invoices"][0]
        assert {
            "code": first["code"],
            "number": first["number"],
            "amount": first["amount"]["text"],
        } == A
    if name == "invoice.jpg-as.pdf":
        assert run.count("recognize") == 1
