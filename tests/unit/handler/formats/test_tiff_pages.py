"""The pages of a TIFF, which may hold each of them in several sizes."""

from __future__ import annotations

import pytest
from PIL import Image

from quota_invoice.recognition.formats import tiff
from quota_invoice.recognition.formats.pyramid import pages_of_pyramid
from quota_invoice.recognition.paged import TiffPages
from tests.support.files.formats import SECOND, enlarged, in_sizes, of_pages, sample

NEAREST, BOX, LANCZOS = (
    Image.Resampling.NEAREST,
    Image.Resampling.BOX,
    Image.Resampling.LANCZOS,
)


@pytest.mark.parametrize("resampling", [NEAREST, BOX, LANCZOS])
@pytest.mark.parametrize("width", [640, 1501, 3000])
def test_smaller_copies_of_a_page_are_no_pages(width: int, resampling: Image.Resampling) -> None:
    content = of_pages(*in_sizes(enlarged(width, "RGB"), 4, resampling))
    assert tiff.pages(content) == [0, 1, 2, 3]
    assert pages_of_pyramid(content) == [0]
    assert TiffPages(content).total == 1


def test_copies_that_are_too_small_for_the_service_are_no_pages() -> None:
    assert pages_of_pyramid(of_pages(*in_sizes(sample(), 7, BOX))) == [0]


def test_pages_behind_the_copies_are_read() -> None:
    content = of_pages(*in_sizes(sample(), 3, BOX), sample(SECOND), sample())
    assert pages_of_pyramid(content) == [0, 3, 4]


def test_another_paper_of_half_the_size_is_a_page() -> None:
    first = enlarged(1280, "RGB")
    second = sample(SECOND).resize((first.width // 2, first.height // 2))
    assert pages_of_pyramid(of_pages(first, second)) == [0, 1]


def test_equal_pages_of_one_size_are_pages() -> None:
    assert pages_of_pyramid(of_pages(sample(), sample(), sample())) == [0, 1, 2]


def test_a_copy_that_is_cut_off_is_named() -> None:
    content = of_pages(*in_sizes(sample(), 2, BOX))
    assert pages_of_pyramid(content[:-100_000]) == [0, 1]
