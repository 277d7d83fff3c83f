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


@pytest.mark.sampled(every=4)
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


def test_a_page_has_its_width_and_its_height() -> None:
    content = of_pages(Image.new("L", (640, 461)))
    assert Tiff(content).sizes == [(640, 461)]
    for tag in (256, 257):
        content = content.replace(struct.pack("<H", tag) + b"\4\0", struct.pack("<H", 9) + b"\4\0")
    assert Tiff(content).sizes == [(0, 0)]


def test_equal_pages_of_one_size_are_pages() -> None:
    assert pages(of_pages(sample(), sample(), sample())) == [0, 1, 2]


@pytest.mark.parametrize(("grey", "expected"), [(140, [0]), (141, [0, 1])])
def test_a_copy_differs_by_at_most_40_levels_of_grey(grey: int, expected: list[int]) -> None:
    first, second = Image.new("L", (640, 480), 100), Image.new("L", (320, 240), grey)
    assert pages(of_pages(first, second)) == expected


@pytest.mark.parametrize(("grey", "expected"), [(178, [0]), (184, [0, 1])])
def test_a_copy_differs_in_squares_of_eight_pixels(grey: int, expected: list[int]) -> None:
    first, second = Image.new("L", (640, 480), 100), Image.new("L", (320, 240), 100)
    second.paste(grey, (0, 0, 4, 8))  # half of a square
    assert pages(of_pages(first, second)) == expected


@pytest.mark.parametrize(("half", "expected"), [(1274, [0]), (1273, [0, 1])])
def test_the_side_of_a_copy_is_half_of_the_page_s_up_to_a_fiftieth(
    half: int, expected: list[int]
) -> None:
    first, second = Image.new("L", (2600, 200)), Image.new("L", (half, 100))
    assert pages(of_pages(first, second)) == expected


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


def test_a_tiff_has_at_most_1000_directories() -> None:
    for directories, counted in ((1000, 1000), (1001, 1000)):
        assert len(Tiff(with_shared_tables(directories, 1)).pages) == counted


@pytest.mark.parametrize(("strip", "cut_off"), [(199_999, True), (200_000, False)])
def test_200_000_strips_tell_whether_a_tiff_is_cut_off(strip: int, *, cut_off: bool) -> None:
    content = bytearray(with_shared_tables(1, 200_001))
    struct.pack_into("<I", content, 8 + 4 * strip, len(content))
    assert Tiff(bytes(content)).is_cut_off() is cut_off


def test_a_tiff_whose_directory_or_table_is_missing_is_cut_off() -> None:
    content = with_shared_tables(1, 1000)
    far_table = content.replace(
        struct.pack("<HHI", 273, 4, 1000), struct.pack("<HHI", 273, 4, 9999)
    )
    found = [Tiff(each).is_cut_off() for each in (content, content[:-20], far_table)]
    assert found == [False, True, True]
    assert not Tiff(b"II*\0\x08\0\0\0" + bytes(6)).is_cut_off()  # without an image


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
