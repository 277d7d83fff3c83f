"""The kind of a file follows from its first bytes."""

from __future__ import annotations

import random
import re

import pytest

from quota_invoice.obs.objects import BEGINNING
from quota_invoice.recognition.formats import jpeg
from quota_invoice.recognition.formats.cut_off import is_cut_off
from quota_invoice.recognition.formats.kinds import (
    Kind,
    kind_of,
    may_be_transparent,
    without_head,
)
from quota_invoice.recognition.formats.tiff import Tiff
from tests.support.fakes import pdf_of
from tests.support.files import formats
from tests.support.paths import HEIC

OTHERS = ("SGI", "DDS", "ICNS", "QOI")
# Each worker makes the files below: Pillow writes some formats slowly.
SMALL = formats.sample().resize((96, 68))


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
        # HTML with an image in it, and texts of a few bytes
        (b"<!DOCTYPE html><html><body><svg width='1'></svg>Log in</body>", Kind.NOT_AN_IMAGE),
        (b"<div class='logo'><svg></svg></div>", Kind.NOT_AN_IMAGE),
        (b"<?xml version='1.0'?><!-- made --><svg:svg>", Kind.OTHER_IMAGE),
        (b'{"errcode":40001}', Kind.NOT_AN_IMAGE),
        (b"<html>403", Kind.NOT_AN_IMAGE),
        ("这不是发票".encode(), Kind.NOT_AN_IMAGE),
        ("这不是发票".encode("gb18030"), Kind.NOT_AN_IMAGE),
        (b"1\r\n" * 2000, Kind.NOT_AN_IMAGE),
        # Text before an image
        (b"\xef\xbb\xbf" + formats.jpeg(), Kind.JPEG),
        (b"\r\n\r\n" + formats.encoded(SMALL, "PNG"), Kind.PNG),
        (formats.HTTP_HEAD + formats.jpeg(), Kind.JPEG),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f40\r\n\xff\xd8\xff", Kind.FRAMED),
        (b"--b\r\nContent-Type: image/png\r\n" + formats.in_form(b"")[12:], Kind.FRAMED),
        # Archives, and what only looks like one
        (formats.archive("xl/workbook.xml", "[Content_Types].xml"), Kind.OFFICE),
        (formats.archive("word/media/image1.jpeg"), Kind.OFFICE),
        (formats.archive("ppt/slides/slide1.xml"), Kind.OFFICE),
        (formats.archive("Index/Document.iwa"), Kind.OFFICE),
        (
            formats.archive("mimetype", content=b"application/vnd.oasis.opendocument.text"),
            Kind.OFFICE,
        ),
        (formats.archive("Doc_1/Document.xml"), Kind.OFD),
        (formats.archive("Res/seal.png", "OFD.xml"), Kind.OFD),
        (formats.streamed_archive("a.txt", "OFD.xml"), Kind.OFD),
        (b"a.jpg".ljust(257, b"\0") + b"ustar\x0000", Kind.ARCHIVE),
        (formats.archive("a.ofd", content=formats.archive("OFD.xml")), Kind.ARCHIVE),
        (formats.archive("a.docx", content=formats.archive("word/document.xml")), Kind.ARCHIVE),
        (formats.archive("a.pdf", content=b"%PDF-1.4"), Kind.ARCHIVE),
        (formats.archive("xl/1.jpg"), Kind.ARCHIVE),
        (formats.streamed_archive("_rels/a.xml", "word/document.xml"), Kind.OFFICE),
        (formats.streamed_archive("1.jpg", "2.jpg"), Kind.ARCHIVE),
        (b"\x1c\0-lh5-" + bytes(50), Kind.ARCHIVE),
        # Sound and video
        (formats.box(b"M4A ", b"M4A ", b"mp42", b"isom"), Kind.NOT_AN_IMAGE),
        (b"\xff\xfb\x90\x44" + bytes(400), Kind.NOT_AN_IMAGE),
        (b"\xff\xf1\x50\x80" + bytes(400), Kind.NOT_AN_IMAGE),
        (b"OggS\0\2" + bytes(400), Kind.NOT_AN_IMAGE),
        ((b"\0\0\0\0G" + bytes(187)) * 20, Kind.VIDEO),
        ((b"G" + bytes(187)) * 20, Kind.VIDEO),
        (b".RMF\0\0\0\x12" + bytes(400), Kind.VIDEO),
        # Images that no service reads
        (formats.encoded(SMALL, "ICO"), Kind.OTHER_IMAGE),
        (formats.encoded(SMALL, "TGA"), Kind.OTHER_IMAGE),
        (formats.encoded(SMALL.quantize(64), "TGA"), Kind.OTHER_IMAGE),
        (
            formats.encoded(SMALL.convert("L"), "TGA", compression="tga_rle"),
            Kind.OTHER_IMAGE,
        ),
        *((formats.encoded(SMALL, kind), Kind.OTHER_IMAGE) for kind in OTHERS),
        (b"Image type: RGB image\r\n".ljust(511, b"\0") + b"\x1a", Kind.OTHER_IMAGE),
        (formats.encoded(SMALL.convert("1"), "XBM"), Kind.OTHER_IMAGE),
        (b"/* made by a program */\n#define seal_width 9\n", Kind.OTHER_IMAGE),
        (b"#define WIDTH 9\n", Kind.NOT_AN_IMAGE),
        (formats.encoded(SMALL.convert("F"), "PPM"), Kind.OTHER_IMAGE),
        (b"P7\nWIDTH 640\nHEIGHT 461\nDEPTH 3\n" + bytes(9), Kind.OTHER_IMAGE),
        (b"8BPS\0\2" + bytes(400), Kind.OTHER_IMAGE),
        (b"\1\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF" + bytes(400), Kind.OTHER_IMAGE),
        (b"\1\0\0\0\x6c\0\0\0" + bytes(400), Kind.UNKNOWN),
        (bytes(40) + b" EMF" + bytes(400), Kind.UNKNOWN),
        (b"\xc5\xd0\xd3\xc6" + bytes(400), Kind.OTHER_IMAGE),
        (random.Random(1).randbytes(5000), Kind.UNKNOWN),
    ],
)
def test_a_file_has_the_kind_of_its_content(content: bytes, kind: Kind) -> None:
    assert kind_of(content[:BEGINNING]) is kind


@pytest.mark.parametrize(("before", "is_pdf"), [(1019, True), (1020, False)])
def test_a_pdf_begins_within_1024_bytes(before: int, *, is_pdf: bool) -> None:
    assert (kind_of(b"\n" * before + pdf_of(1)) is Kind.PDF) is is_pdf


def test_a_bmp_has_a_second_header_of_a_known_size() -> None:
    known = {12, 16, 40, 52, 56, 64, 108, 124}
    for size in range(130):
        content = b"BM" + bytes(12) + size.to_bytes(4, "little") + b"\xff\0" * 40
        assert (kind_of(content) is Kind.BMP) is (size in known)


@pytest.mark.parametrize(
    ("mode", "may_be"), [("RGBA", True), ("LA", True), ("RGB", False), ("L", False)]
)
def test_a_png_with_an_alpha_channel_may_be_transparent(mode: str, *, may_be: bool) -> None:
    content = formats.encoded(formats.sample().convert(mode), "PNG")
    assert may_be_transparent(content[:BEGINNING]) is may_be
    assert may_be_transparent(content[:40] + b"tRNS" + content[40:80])
    assert not may_be_transparent(b"II*\0" + content[4:])


def test_only_the_text_before_an_image_is_left_out() -> None:
    image = formats.jpeg()
    assert without_head(formats.HTTP_HEAD + image) == image
    for whole in (image, formats.pdf(formats.SAMPLE), formats.in_form(image), b"\r\n" * 9):
        assert without_head(whole) == whole


@pytest.mark.parametrize(("damaged", "kind"), [(3, Kind.NOT_AN_IMAGE), (4, Kind.UNKNOWN)])
def test_a_text_may_end_within_a_character(damaged: int, kind: Kind) -> None:
    assert kind_of(b"an ordinary text, " * 20 + b"\xff" * damaged) is kind


def test_a_random_file_is_no_image_by_chance() -> None:
    random_files = (random.Random(seed).randbytes(600) for seed in range(20_000))
    found = [kind for kind in map(kind_of, random_files) if kind is not Kind.UNKNOWN]
    assert len(found) < 20


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_sent_converted_or_refused(kind: Kind) -> None:
    assert [kind.is_read_by_url, kind.is_converted, kind.refusal is not None].count(True) == 1


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("name", formats.READ)
def test_a_whole_file_is_not_cut_off(name: str) -> None:
    content = formats.READ[name].content()
    lacks_end = content.startswith(b"\xff\xd8") and not jpeg.own_part(content).has_end
    assert is_cut_off(content) == lacks_end


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP", "JPEG2000", "TIFF"])
def test_a_file_without_its_last_bytes_is_cut_off(kind: str) -> None:
    content = formats.encoded(formats.sample(), kind)
    assert [is_cut_off(content), is_cut_off(content[:-9])] == [False, True]
    if kind in {"BMP", "WEBP", "JPEG2000"}:  # these say their size
        assert is_cut_off(content[:-1])


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_each_byte_of_the_size_of_a_bmp_and_a_webp_counts(shift: int) -> None:
    size = (200 << shift).to_bytes(4, "little")
    for whole in (
        b"BM" + size + bytes(8) + b"\x28\0\0\0",
        b"RIFF" + size + b"WEBPVP8 ",
    ):
        assert is_cut_off(whole.ljust(100, b"\0"))


def test_a_box_of_more_than_4_gb_says_its_size_in_8_bytes() -> None:
    content = HEIC.read_bytes()
    for size, cut_off in ((24, False), (25, True)):
        large = b"\0\0\0\1mdat" + size.to_bytes(8, "big") + bytes(8)
        assert is_cut_off(content + large) is cut_off
    for length in (0, 7):  # to the end of the file, and damaged
        assert not is_cut_off(content + length.to_bytes(4, "big") + b"mdat" + bytes(9))


def test_only_a_jpeg_without_some_pixels_misses_pixels() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 0}):
        content = formats.jpeg(**options).removesuffix(formats.EOI)
        shares = (0.4, 0.9, 0.97, 1)
        parts = [content[: int(len(content) * share)].removesuffix(b"\xff") for share in shares]
        for longest in ((3600, 3600), (300, 300)):
            found = [jpeg.misses_pixels(part, longest) for part in (*parts, content[:-10])]
            assert found == [True, True, True, False, False]


@pytest.mark.parametrize(("missing", "misses"), [(1, False), (2, True)])
def test_a_jpeg_may_miss_its_last_block_of_rows(missing: int, *, misses: bool) -> None:
    image = formats.sample().resize((640, 480))
    # Each 16 rows end with a marker.
    content = formats.encoded(image, "JPEG", restart_marker_rows=1, subsampling=2)
    begins = [found.end() for found in re.finditer(rb"\xff[\xd0-\xd7]", content)]
    assert jpeg.misses_pixels(content[: begins[-missing]], (3600, 3600)) is misses


def test_a_damaged_jpeg_misses_pixels() -> None:
    assert jpeg.misses_pixels(b"\xff\xd8 no image", (3600, 3600))


def test_the_pages_of_a_tiff_are_counted_without_its_thumbnails() -> None:
    three = formats.tiff(formats.SAMPLE, formats.SECOND, formats.THIRD)
    assert Tiff(three).pages == [0, 1, 2]
    assert Tiff(formats.tiff(formats.SAMPLE, big_tiff=True)).pages == [0]
    assert Tiff(formats.with_thumbnail_first()).pages == [1]
    thumbnail = formats.encoded(formats.sample().resize((64, 46)), "TIFF", tiffinfo={254: 1})
    assert Tiff(thumbnail).pages == [0]  # there is no other


@pytest.mark.parametrize("order", ["II*\0", "MM\0*", "II+\0\x08\0", "MM\0+\0\x08"])
def test_a_hostile_tiff_ends_the_count(order: str) -> None:
    head = order.encode("latin-1")
    for seed in range(300):
        content = head + random.Random(seed).randbytes(400).replace(b"\xff", b"\0")
        assert len(Tiff(content).pages) <= 1001


def test_directories_in_a_circle_are_counted_once() -> None:
    content = b"II*\0\x08\0\0\0" + b"\0\0\x0e\0\0\0" + b"\0\0\x08\0\0\0"
    assert Tiff(content).pages == [0, 1]
