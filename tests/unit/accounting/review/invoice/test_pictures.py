"""Pictures: browsers get the formats that they can show, by the files' bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from accounting.review.invoice.picture import NotShown, Pictures, picture_of
from quota_invoice.obs.objects import Source
from tests.support.fakes import pdf_of
from tests.support.ledger.record_store import RecordStore
from tests.support.paths import HEIC, SAMPLES

PNG = (SAMPLES / "shanghai-10-yuan-clean.png").read_bytes()
SHOWN_AS_THEY_ARE = {
    "shanghai-10-yuan-clean.png": "image/png",
    "hangzhou-50-yuan-exif.jpg": "image/jpeg",
    "hebei-5-yuan-low-resolution.bmp": "image/bmp",
}
# Files that could hold a program, by any name.
DANGEROUS = [
    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    b"<?xml version='1.0'?><svg/>",
    b"<!doctype html><script>alert(1)</script>",
    b"GIF" + b"<html>",
    b"\xef\xbb\xbf<html><body onload=alert(1)>",
    b"%!PS-Adobe",
    b"PK\3\4 archive",
    b"plain text",
    b"",
]


@pytest.mark.parametrize("name", SHOWN_AS_THEY_ARE)
def test_formats_of_browsers_are_unchanged(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    assert picture_of(content) == (content, SHOWN_AS_THEY_ARE[name], 1.0)


def saved(form: str, **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        with Image.open(io.BytesIO(PNG)) as image, io.BytesIO() as file:
            image.convert("RGB").save(file, form, **options)
            return file.getvalue()

    return make


CONVERTED = {
    "HEIC": HEIC.read_bytes,
    "TIFF": saved("TIFF"),
    "JPEG 2000": saved("JPEG2000"),
    "PCX": saved("PCX"),
    "PPM": saved("PPM"),
    "PDF": saved("PDF"),
}


@pytest.mark.parametrize("make", CONVERTED.values(), ids=CONVERTED)
def test_other_formats_become_jpegs(make: Callable[[], bytes]) -> None:
    picture = picture_of(make())
    assert picture.media_type == "image/jpeg"
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.format == "JPEG"
        assert min(image.size) > 400


def test_the_scale_of_a_large_image_is_known() -> None:
    with io.BytesIO() as file:
        Image.new("RGB", (8000, 2000), "white").save(file, "TIFF", compression="tiff_lzw")
        picture = picture_of(file.getvalue())
    with Image.open(io.BytesIO(picture.content)) as image:
        assert picture.scale == pytest.approx(image.width / 8000)


def test_each_page_of_a_file_is_shown() -> None:
    with io.BytesIO() as file:
        pages = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
        pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
        content = file.getvalue()
    for page, colour in ((1, (254, 0, 0)), (2, (0, 0, 254))):
        with Image.open(io.BytesIO(picture_of(content, page).content)) as image:
            assert image.getpixel((100, 100)) == colour


@pytest.mark.parametrize("content", [PNG, saved("TIFF")(), pdf_of(2)], ids=["PNG", "TIFF", "PDF"])
def test_there_is_no_page_after_the_last_one(content: bytes) -> None:
    with pytest.raises(NotShown):
        picture_of(content, 3)


@pytest.mark.parametrize("content", DANGEROUS)
def test_files_that_could_hold_a_program_are_not_shown(content: bytes) -> None:
    with pytest.raises(NotShown) as refused:
        picture_of(content)
    assert refused.value.reason == "kind"


@pytest.mark.parametrize("form", ["TIFF", "JPEG2000"])
def test_damaged_files_are_not_shown(form: str) -> None:
    with pytest.raises(NotShown) as refused:
        picture_of(saved(form)()[:400])
    assert refused.value.reason == "damaged"


def test_an_image_behind_a_text_is_shown_without_it() -> None:
    assert picture_of(b"HTTP/1.1 200 OK\r\n\r\n" + PNG).content == PNG


def test_a_picture_that_was_made_is_kept_for_its_content_only() -> None:
    store = RecordStore()
    key = store.upload("a.tif", content=saved("TIFF")())
    source = store.describe("invoices", key)
    assert source
    pictures = Pictures(store.bucket)
    first = pictures.of(source, 1)
    assert pictures.of(source, 1) is first
    assert store.requests.count(("fetch", key)) == 1
    pictures.of(source._replace(etag="another"), 1)
    assert store.requests.count(("fetch", key)) == 2


def test_a_file_that_does_not_fit_into_memory_is_not_fetched() -> None:
    store = RecordStore()
    source = Source("invoices", "incoming/a.jpg", "e", 65 << 20, None, None)
    with pytest.raises(NotShown):
        Pictures(store.bucket).of(source, 1)
    assert store.requests == []
