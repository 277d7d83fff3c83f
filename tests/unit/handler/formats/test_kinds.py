"""The kind of a file follows from its first bytes."""

from __future__ import annotations

import random

import pytest

from quota_invoice.obs.objects import BEGINNING
from quota_invoice.recognition.formats import jpeg, tiff
from quota_invoice.recognition.formats.cut_off import is_cut_off
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from tests.support.fakes import pdf_of
from tests.support.files import formats
from tests.support.paths import HEIC


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", Kind.EMPTY),
        (bytes(100), Kind.BLANK),
        (formats.jpeg(), Kind.JPEG),
        (HEIC.read_bytes(), Kind.HEIC),
        (formats.box(b"mif1", b"mif1", b"heic"), Kind.HEIC),
        (formats.box(b"mif1", b"mif1", b"avif"), Kind.AVIF),
        (formats.box(b"crx "), Kind.OTHER_IMAGE),
        (formats.box(b"3gp5"), Kind.VIDEO),
        (b"\0\0\0\x08wide\0\0\0\0mdat", Kind.VIDEO),
        (b"RIFF\0\0\0\0AVI LIST", Kind.VIDEO),
        (b"II*\0\x10\0\0\0CR\2\0", Kind.OTHER_IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", Kind.OTHER_IMAGE),
        (b"\n" * 500 + pdf_of(1), Kind.PDF),
        (b"\xef\xbb\xbf%PDF-1.4", Kind.PDF),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(60), Kind.BMP),
        (b"BMW is a car. " * 20, Kind.NOT_AN_IMAGE),
        (formats.chunked(formats.jpeg()), Kind.FRAMED),
        (b"10000\r\n" + formats.jpeg(), Kind.FRAMED),
        (formats.chunked(pdf_of(1)), Kind.FRAMED),
        (b"10000\r\n20000\r\n" * 50, Kind.NOT_AN_IMAGE),
        (formats.in_form(formats.jpeg()), Kind.FRAMED),
        ("发票".encode("utf-16"), Kind.NOT_AN_IMAGE),
        (b"image", Kind.UNKNOWN),
        (random.Random(1).randbytes(5000), Kind.UNKNOWN),
    ],
)
def test_a_file_has_the_kind_of_its_content(content: bytes, kind: Kind) -> None:
    assert kind_of(content[:BEGINNING]) is kind


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_sent_converted_or_refused(kind: Kind) -> None:
    assert [kind.is_read_by_url, kind.is_converted, kind.refusal is not None].count(True) == 1


@pytest.mark.parametrize("name", formats.READ)
def test_a_whole_file_is_not_cut_off(name: str) -> None:
    content = formats.READ[name].content()
    lacks_end = content.startswith(b"\xff\xd8") and not jpeg.own_part(content).has_end
    assert is_cut_off(content) == lacks_end


def test_only_a_jpeg_without_some_pixels_misses_pixels() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 0}):
        content = formats.jpeg(**options).removesuffix(formats.EOI)
        shares = (0.4, 0.9, 0.97, 1)
        parts = [content[: int(len(content) * share)].removesuffix(b"\xff") for share in shares]
        found = [jpeg.misses_pixels(part, (3600, 3600)) for part in parts]
        assert found == [True, True, True, False]


def test_the_pages_of_a_tiff_are_counted_without_its_thumbnails() -> None:
    three = formats.tiff(formats.SAMPLE, formats.SECOND, formats.THIRD)
    assert tiff.pages(three) == [0, 1, 2]
    assert tiff.pages(formats.tiff(formats.SAMPLE, big_tiff=True)) == [0]
    assert tiff.pages(formats.with_thumbnail_first()) == [1]


@pytest.mark.parametrize("order", ["II*\0", "MM\0*", "II+\0\x08\0", "MM\0+\0\x08"])
def test_a_hostile_tiff_ends_the_count(order: str) -> None:
    head = order.encode("latin-1")
    for seed in range(300):
        content = head + random.Random(seed).randbytes(400).replace(b"\xff", b"\0")
        assert len(tiff.pages(content)) <= 1001


def test_directories_in_a_circle_are_counted_once() -> None:
    content = b"II*\0\x08\0\0\0" + b"\0\0\x0e\0\0\0" + b"\0\0\x08\0\0\0"
    assert tiff.pages(content) == [0, 1]
