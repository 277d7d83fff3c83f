"""The pages of a TIFF, which may hold each of them in several sizes."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from PIL import Image

from quota_invoice.errors import FileRefused
from quota_invoice.recognition.formats.conversion import to_jpeg
from quota_invoice.recognition.formats.pyramid import pages_of_pyramid
from quota_invoice.recognition.formats.tiff import Tiff
from quota_invoice.recognition.paged import TiffPages
from tests.support.files.formats import SECOND, enlarged, in_sizes, of_pages, sample

NEAREST, BOX, LANCZOS = (
    Image.Resampling.NEAREST,
    Image.Resampling.BOX,
    Image.Resampling.LANCZOS,
)


def pages(content: bytes) -> list[int]:
    return pages_of_pyramid(content, Tiff(content))


@pytest.mark.parametrize("resampling", [NEAREST, BOX, LANCZOS])
@pytest.mark.parametrize("width", [640, 1501, 3000])
def test_smaller_copies_of_a_page_are_no_pages(width: int, resampling: Image.Resampling) -> None:
    content = of_pages(*in_sizes(enlarged(width, "RGB"), 4, resampling))
    assert Tiff(content).pages == [0, 1, 2, 3]
    assert pages(content) == [0]
    assert TiffPages(content, Tiff(content)).total == 1


def test_copies_that_are_too_small_for_the_service_are_no_pages() -> None:
    assert pages(of_pages(*in_sizes(sample(), 7, BOX))) == [0]


def test_pages_behind_the_copies_are_read() -> None:
    content = of_pages(*in_sizes(sample(), 3, BOX), sample(SECOND), sample())
    assert pages(content) == [0, 3, 4]


def test_another_paper_of_half_the_size_is_a_page() -> None:
    first = enlarged(1280, "RGB")
    second = sample(SECOND).resize((first.width // 2, first.height // 2))
    assert pages(of_pages(first, second)) == [0, 1]


def test_equal_pages_of_one_size_are_pages() -> None:
    assert pages(of_pages(sample(), sample(), sample())) == [0, 1, 2]


def test_a_copy_that_is_cut_off_is_named() -> None:
    content = of_pages(*in_sizes(sample(), 2, BOX))
    assert pages(content[:-100_000]) == [0, 1]


def with_shared_tables(directories: int, strips: int) -> bytes:
    """Return a TIFF whose images all have the same tables of strips."""
    table = struct.pack(f"<{strips}I", *range(1000, 1000 + strips))
    content = b"II*\0" + struct.pack("<I", 8 + len(table)) + table
    tags = [(256, 3, 1, 640), (257, 3, 1, 461), (259, 3, 1, 1), (273, 4, strips, 8)]
    entries = [struct.pack("<HHII", *tag) for tag in [*tags, (279, 4, strips, 8)]]
    for number in reversed(range(directories)):
        following = len(content) + 2 + 12 * len(entries) + 4 if number else 0
        content += struct.pack("<H", len(entries)) + b"".join(entries)
        content += struct.pack("<I", following)
    return content


def test_a_small_file_whose_images_share_vast_tables_takes_little_memory() -> None:
    content = with_shared_tables(300, 100_000)
    assert len(content) < 500_000
    tracemalloc.start()
    found = Tiff(content)
    is_cut_off = found.is_cut_off()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(found.pages), is_cut_off) == (300, False)
    assert peak < 20_000_000


def test_directories_with_too_many_entries_end_the_count() -> None:
    entries = bytes(12) * 30_000
    first = struct.pack("<H", 30_000) + entries
    content, at = b"II*\0\x08\0\0\0", 8
    for _ in range(5):
        at += len(first) + 4
        content += first + struct.pack("<I", at)
    assert Tiff(content).pages == [0, 1]


@pytest.mark.filterwarnings("error")
def test_a_damaged_tiff_brings_no_line_into_the_log_that_is_not_json() -> None:
    with pytest.raises(FileRefused):
        to_jpeg(with_shared_tables(3, 100_000), 2)
