"""A PDF with more pages than one invocation can read gets its record after several."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from local.runtime import FunctionError
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce
from tests.support.paths import CASES, SAMPLES

PAGES = 80
FIRST, SECOND = "shanghai-10-yuan-clean.png", "hunan-1000-yuan-password.png"
KEY, RECORD, KEPT = "incoming/80.pdf", "results/80.pdf.json", "progress/80.pdf.json"


def long_pdf() -> bytes:
    """Return a PDF of two invoices in turn, whose pictures it holds once."""
    images = [Image.open(SAMPLES / name).convert("RGB") for name in (FIRST, SECOND)]
    with io.BytesIO() as two, io.BytesIO() as many:
        images[0].save(two, "PDF", save_all=True, append_images=images[1:])
        reader, writer = PdfReader(two), PdfWriter()
        for number in range(PAGES):
            writer.add_page(reader.pages[number % 2])
        writer.write(many)
        return many.getvalue()


def pages_read(run: Run) -> int:
    """Return the number of OCR requests; a step without time for one is an error."""
    return sum(line["step"] == "recognize" and line["outcome"] == "ok" for line in run.lines())


def invoke(run: Run, content: bytes) -> dict[str, int] | str:
    """Deliver the event; return the outcome, or the kind of the error."""
    try:
        return dict(run.invoke(announce(KEY, content)))
    except FunctionError as error:
        return error.kind


def read_in_several_invocations(run: Run, objects: Objects, content: bytes) -> tuple[Any, int]:
    """Deliver the event until it succeeds; return the record and the number of invocations."""
    objects.put(KEY, content)
    invocations = 1
    while invoke(run, content) != {"recognized": 1}:
        assert objects.keys("progress/") == [KEPT]
        invocations += 1
        assert invocations < PAGES
    return objects.record(RECORD), invocations


@pytest.mark.exhaustive
def test_each_page_of_a_long_pdf_is_asked_for_once(
    start: Callable[..., Run], objects: Objects, truth: dict[str, Any]
) -> None:
    run = start(seconds=8)  # three of them for writing
    record, invocations = read_in_several_invocations(run, objects, long_pdf())
    assert invocations > 1
    assert pages_read(run) == PAGES
    assert record["ocr"]["attempts"] == PAGES
    assert record["pages"] == {"read": list(range(1, PAGES + 1)), "asked": PAGES, "total": PAGES}
    numbers = [invoice["number"] for invoice in record["invoices"]]
    assert numbers == [truth[FIRST]["number"], truth[SECOND]["number"]] * (PAGES // 2)
    assert objects.keys("progress/") == []
    assert invoke(run, long_pdf()) == {"duplicate": 1}


@pytest.mark.exhaustive
@pytest.mark.skipif(not CASES.exists(), reason="the field cases are absent")
def test_the_field_case_of_eighty_pages_gets_its_record(
    start: Callable[..., Run], objects: Objects
) -> None:
    run = start(seconds=60)
    content = (CASES / "80-pages.pdf").read_bytes()
    record, _ = read_in_several_invocations(run, objects, content)
    assert pages_read(run) == PAGES
    numbers = [invoice["number"] for invoice in record["invoices"]]
    assert numbers == ["57344418", "96279444"] * (PAGES // 2)
