"""Images that the service refuses for their size, or cannot fetch, are recognized by a fallback."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from local.cloud import Cloud
from ocr_service.errors import URL_REFUSED
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce
from tests.support.paths import SAMPLES

FIRST, SECOND = "shanghai-10-yuan-clean.png", "beijing-10-yuan-stamped.jpg"
FIELDS = ("code", "number", "location", "amount")


def sample(name: str) -> Image.Image:
    return Image.open(SAMPLES / name).convert("RGB")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    with io.BytesIO() as file:
        image.save(file, kind, **options)
        return file.getvalue()


def enlarged(width: int) -> Image.Image:
    image = sample(FIRST)
    return image.resize((width, round(image.height * width / image.width)))


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("name", ["vast.jpg", "heavy.bmp"])
def test_an_image_that_exceeds_the_limits_gets_a_right_record(
    run: Run, objects: Objects, truth: dict[str, Any], name: str
) -> None:
    wide = name == "vast.jpg"
    content = encoded(enlarged(5600 if wide else 2600), "JPEG" if wide else "BMP")
    assert wide or len(content) > 10_000_000
    objects.put(f"incoming/{name}", content)
    assert run.invoke(announce(f"incoming/{name}", content)) == {"recognized": 1}
    record = objects.record(f"results/{name}.json")
    assert {field: record["result"][field] for field in FIELDS} == truth[FIRST]
    fallback = record["ocr"]["fallback"]
    assert fallback["code"] == "AIS.0103"
    assert fallback["scale"] == (pytest.approx(4096 / 5600) if wide else 1.0)
    assert [line["outcome"] for line in run.lines() if line["step"] == "recognize"] == [
        "error",
        "ok",
    ]


def test_an_object_that_the_service_may_not_fetch_is_sent_as_bytes(
    start: Callable[..., Run], objects: Objects, image: bytes, truth: dict[str, Any], cloud: Cloud
) -> None:
    # The bucket has this name as well, but the service does not allow it.
    elsewhere = cloud.bucket.endpoint.replace("127.0.0.1", "localhost")
    run = start(OBS_ENDPOINT=elsewhere)
    objects.put("incoming/a.png", image)
    assert run.invoke(announce("incoming/a.png", image)) == {"recognized": 1}
    record = objects.record("results/a.png.json")
    assert {field: record["result"][field] for field in FIELDS} == truth[FIRST]
    assert record["ocr"]["fallback"] == {"code": URL_REFUSED.code, "scale": 1.0}


def test_a_pdf_gets_one_record_with_the_invoices_of_all_pages(
    run: Run, objects: Objects, truth: dict[str, Any]
) -> None:
    blank = Image.new("RGB", (1200, 800), "white")
    content = encoded(sample(FIRST), "PDF", save_all=True, append_images=[blank, sample(SECOND)])
    objects.put("incoming/scan.pdf", content)
    assert run.invoke(announce("incoming/scan.pdf", content)) == {"recognized": 1}
    record = objects.record("results/scan.pdf.json")
    assert record["ocr"]["api"] == "auto-classification"
    found = {invoice["page"]: invoice for invoice in record["invoices"]}
    assert found.keys() == {1, 3}
    for page, name in ((1, FIRST), (3, SECOND)):
        assert found[page]["code"] == truth[name]["code"]
        assert found[page]["number"] == truth[name]["number"]


def test_auto_recognition_records_every_invoice_of_an_image(
    start: Callable[..., Run], objects: Objects, truth: dict[str, Any]
) -> None:
    run = start(RECOGNITION="auto")
    first, second = sample(FIRST), sample(SECOND)
    second = second.resize((first.width, round(second.height * first.width / second.width)))
    table = Image.new("RGB", (first.width + 80, first.height + second.height + 160), "white")
    table.paste(first, (40, 40))
    table.paste(second, (40, first.height + 120))
    content = encoded(table, "JPEG", quality=92)
    objects.put("incoming/two.jpg", content)
    assert run.invoke(announce("incoming/two.jpg", content)) == {"recognized": 1}
    record = objects.record("results/two.jpg.json")
    numbers = {invoice["number"] for invoice in record["invoices"]}
    assert numbers == {truth[FIRST]["number"], truth[SECOND]["number"]}
    upper, lower = sorted(invoice["polygon"][0][1] for invoice in record["invoices"])
    assert upper < first.height < lower
    assert record["failed_tickets"] == []
