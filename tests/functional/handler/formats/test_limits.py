"""The limits of images, from both sides: bytes, sides, ground, margin, memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageFile

from quota_invoice.deadline import Deadline
from quota_invoice.errors import FileRefused, ImageTooLarge, OutOfTime
from quota_invoice.recognition.formats import jpeg, memory
from quota_invoice.recognition.formats.conversion import fits, to_jpeg
from tests.functional.handler.formats.test_conversion import encoded, opened

MB = 1 << 20
FREE = 1024 * MB * 3 // 4 - 110 * MB
"""Bytes that an image may take: three quarters of the memory, without interpreter and libraries."""
SENT = 4096 * 4096 * 8
"""Bytes of the image that is sent, and of a copy."""


def png(width: int, height: int, grey: int = 200) -> bytes:
    return encoded(Image.new("L", (width, height), grey), "PNG")


def test_a_file_of_7_500_000_bytes_fits_into_ten_million_of_base64() -> None:
    assert fits(bytes(7_500_000))
    assert not fits(bytes(7_500_001))


@pytest.mark.parametrize(("longest", "scale"), [(4096, 1), (4097, 4096 / 4097)])
def test_a_side_has_at_most_4096_pixels(longest: int, scale: float) -> None:
    made = to_jpeg(png(longest, 20))
    assert (max(opened(made.image).size), made.view.scale) == (4096, scale)


def test_a_side_has_at_least_15_pixels() -> None:
    assert opened(to_jpeg(png(15, 15)).image).size == (15, 15)
    for sides in ((14, 15), (15, 14), (15, 5000)):
        with pytest.raises(ImageTooLarge, match=r"File\.TooSmall"):
            to_jpeg(png(*sides))


@pytest.mark.parametrize(("longest", "made"), [(7200, 3600), (7198, 4096)])
def test_a_jpeg_is_decoded_in_half_its_size_if_3600_pixels_are_left(
    longest: int, made: int
) -> None:
    content = encoded(Image.new("L", (longest, 100), 200), "JPEG")
    assert max(opened(to_jpeg(content).image).size) == made


@pytest.mark.parametrize(
    ("dark", "grey", "is_on_black"),
    [(11, 0, False), (10, 0, True), (11, 159, False), (11, 160, True)],
)
def test_a_transparent_image_is_on_black_unless_a_thousandth_is_print(
    dark: int, grey: int, *, is_on_black: bool
) -> None:
    pixels = np.zeros((100, 100, 2), np.uint8)
    pixels[0, :dark] = (grey, 255)
    assert to_jpeg(encoded(Image.fromarray(pixels, "LA"), "PNG")).is_on_black is is_on_black


@pytest.mark.parametrize(
    ("most", "shown"), [(220, 200), (255, 200), (256, 200 * 255 // 256), (51_000, 1)]
)
def test_a_grey_of_16_bits_is_scaled_if_it_needs_more_than_8(most: int, shown: int) -> None:
    grey = np.full((64, 64), 200, np.uint16)
    grey[:8] = most
    made = opened(to_jpeg(encoded(Image.fromarray(grey), "PNG")).image).convert("L")
    assert made.getpixel((32, 48)) == pytest.approx(shown, abs=0.1)


@pytest.mark.parametrize(("difference", "is_trimmed"), [(24, False), (25, True)])
def test_a_paper_differs_from_the_glass_by_more_than_noise(
    difference: int, *, is_trimmed: bool
) -> None:
    assert (glass(2176, 200 - difference) != (0, 0)) is is_trimmed


def test_a_margin_is_trimmed_if_half_of_the_image_is_left_out() -> None:
    # The paper and a twentieth of it on each side, and a little, are just one half.
    assert glass(2176, 0) == (1000 - 112, 0)
    assert glass(2180, 0) == (0, 0)
    assert glass(2176, 0, is_upright=True) == (0, 1000 - 112)
    assert glass(2180, 0, is_upright=True) == (0, 0)


def test_an_image_that_is_to_be_turned_is_not_trimmed() -> None:
    image, exif = Image.new("L", (4800, 400), 200), Image.Exif()
    image.paste(0, (300, 100, 500, 300))
    for orientation, is_trimmed in ((1, True), (6, False)):
        exif[0x0112] = orientation
        made = to_jpeg(encoded(image, "PNG", exif=exif), trimmed=True)
        assert (made.view.scale == 1) is is_trimmed


@pytest.mark.parametrize("corner", [(0, 0), (4796, 0), (0, 396), (4796, 396)])
def test_an_image_whose_corners_differ_is_not_trimmed(corner: tuple[int, int]) -> None:
    image = Image.new("L", (4800, 400), 200)
    image.paste(0, (300, 100, 500, 300) if corner[0] == 0 else (4300, 100, 4500, 300))
    assert to_jpeg(encoded(image, "PNG"), trimmed=True).view.scale == 1
    image.paste(0, (*corner, corner[0] + 4, corner[1] + 4))
    assert to_jpeg(encoded(image, "PNG"), trimmed=True).view.scale < 1


def glass(paper: int, grey: int, *, is_upright: bool = False) -> tuple[int, int]:
    """Return the corner of the view of a scanner's glass with a paper so many pixels long."""
    image = Image.new("L", (4800, 800), 200)
    image.paste(grey, (1000, 8, 1000 + paper, 792))
    if is_upright:
        image = image.transpose(Image.Transpose.TRANSPOSE)
    view = to_jpeg(encoded(image, "PNG"), trimmed=True).view
    return view.left, view.top


@pytest.mark.parametrize(("scans", "is_decoded"), [(100, True), (101, False)])
def test_a_jpeg_has_at_most_a_hundred_scans(scans: int, *, is_decoded: bool) -> None:
    content = encoded(Image.new("RGB", (64, 64), "red"), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    more = scans - jpeg.own_part(content).scans
    content = content[:-2] + last * more + content[-2:]
    if is_decoded:
        assert to_jpeg(content).image
    else:
        with pytest.raises(FileRefused, match=r"File\.Damaged"):
            to_jpeg(content)


def test_a_decoder_without_memory_finds_the_image_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(ImageTooLarge, match=r"File\.TooLarge"):
        to_jpeg(png(20, 20))


def test_the_end_of_a_jpeg_is_not_that_of_a_thumbnail_in_it() -> None:
    content = encoded(Image.new("L", (64, 64), 200), "JPEG")
    segment = b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content
    alone = b"\xff\x01"  # a marker without a length
    for before in (segment, alone, alone + segment):
        whole = content[:2] + before + content[2:]
        assert jpeg.own_part(whole + b"video") == (whole, True, 1)
    assert jpeg.own_part(content[:-2] + bytes(63)).content == content[:-2] + bytes(63)
    assert jpeg.own_part(content[:-2] + bytes(64)) == (content[:-2], False, 1)


def test_the_levels_of_a_jpeg_2000_are_those_of_its_coding_style() -> None:
    for resolutions in (1, 2, 6):
        content = encoded(Image.new("L", (640, 640), 200), "JPEG2000", num_resolutions=resolutions)
        assert jpeg.levels(content) == resolutions - 1
    assert jpeg.levels(content[:20]) == 0
    assert jpeg.levels(b"no image") == 0
    # Behind the first tile, only the tile's own styles follow.
    start = b"\xff\x4f\xff\x51" + b"\0\2"
    style = b"\xff\x52" + b"\0\x0c" + bytes(5) + b"\3" + bytes(5)
    assert jpeg.levels(start + style) == 3
    assert jpeg.levels(start + b"\xff\x90" + style) == 0
    comment = b"\xff\x64" + (300).to_bytes(2, "big") + bytes(298)
    assert jpeg.levels(start + comment + style) == 3
    assert [jpeg.levels((start + style)[:end]) for end in (15, 16)] == [0, 3]


def test_a_jpeg_2000_beyond_the_memory_is_decoded_smaller_if_it_has_a_level_to_leave_out() -> None:
    memory.set_function(150)  # 2.5 MiB for an image
    try:
        image = Image.new("L", (640, 640), 200)
        made = to_jpeg(encoded(image, "JPEG2000", num_resolutions=2))
        assert (opened(made.image).size, made.view.scale) == ((320, 320), 0.5)
        with pytest.raises(ImageTooLarge, match=r"File\.TooLarge:"):
            to_jpeg(encoded(image, "JPEG2000", num_resolutions=1))
    finally:
        memory.set_function(memory.DEFAULT_FUNCTION)


# Bytes per pixel beside the image that is sent: those that Pillow holds, and a copy.
COPIES = {
    "RGB": 4,
    "CMYK": 4,
    "L": 1,
    "1": 1 + 1,
    "P": 1 + 4,
    "RGBA": 4 + 4,
    "LA": 4 + 4,
    "PA": 4 + 4,
    "I": 4 + 4,
    "F": 4 + 4,
    "I;16": 4 + 4,
}


@pytest.mark.parametrize("mode", COPIES)
def test_an_image_and_its_copy_fit_beside_the_one_that_is_sent(mode: str) -> None:
    assert most_pixels(mode) == (FREE - SENT) // COPIES[mode]


# Bytes per pixel while the image is decoded, beside those that Pillow holds.
DECODERS = {"WEBP": 16.5, "HEIF": 12.0, "JPEG2000": 19.5}


@pytest.mark.parametrize("kind", DECODERS)
def test_a_decoder_that_holds_the_image_several_times_needs_more(kind: str) -> None:
    assert most_pixels("RGB", format=kind) == int(FREE // DECODERS[kind])


def test_a_progressive_jpeg_is_held_with_two_bytes_per_sample() -> None:
    progressive = {"format": "JPEG", "info": {"progressive": 1}}
    halved = [(1, 2, 2), (2, 1, 1), (3, 1, 1)]
    assert most_pixels("RGB", **progressive, layer=halved) == int(FREE // (4 + 2 * 1.5))
    assert most_pixels("RGB", **progressive) == FREE // (4 + 2 * 4)
    assert most_pixels("RGB", format="JPEG") == (FREE - SENT) // 4


def test_a_tile_of_a_tiff_is_held_with_four_bytes_per_pixel() -> None:
    tags = {322: 1 << 12, 323: 1 << 12}
    assert most_pixels("L", tag_v2=tags) == (FREE - SENT) // 1
    assert most_pixels("L", tag_v2={322: 1 << 14, 323: 1 << 13}) == FREE - (1 << 29)
    assert most_pixels("L", tag_v2={278: 1}) == FREE // 5


def test_an_image_smaller_than_the_one_that_is_sent_needs_eight_bytes_per_pixel_more() -> None:
    memory.set_function(256)
    try:
        assert most_pixels("L") == (256 * MB * 3 // 4 - 110 * MB) // (1 + 8)
    finally:
        memory.set_function(memory.DEFAULT_FUNCTION)


def most_pixels(mode: str, **members: Any) -> int:
    """Return how many pixels an image of a mode may have."""

    def is_enough(pixels: int) -> bool:
        found = {"format": "PNG", "info": {}, **members}
        image = SimpleNamespace(mode=mode, width=pixels, height=1, **found)
        return memory.suffices(cast("Image.Image", image), (pixels, 1))

    least, most = 1, 1 << 40
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if is_enough(middle) else (least, middle)
    return least


def test_pixels_of_any_colour_need_eight_bytes_each() -> None:
    most = (FREE - SENT) // 8
    memory.require_pixels(most)
    with pytest.raises(ImageTooLarge):
        memory.require_pixels(most + 1)


def test_images_of_64_mb_and_files_of_128_mb_are_opened() -> None:
    assert (memory.LARGEST_OBJECT, memory.LARGEST_FILE) == (64 * MB, 128 * MB)


def test_files_take_a_quarter_of_the_memory_with_their_requests() -> None:
    room, request = 256 * MB, 30_000_000
    with memory.room_for(room // 2 - request, Deadline.never()):
        with memory.room_for(room // 2 - request, Deadline.after(0.01)):
            pass
        with (
            pytest.raises(OutOfTime),
            memory.room_for(room // 2 - request + 1, Deadline.after(0.01)),
        ):
            pass
