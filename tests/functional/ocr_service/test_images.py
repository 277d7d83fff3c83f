"""Decoding of images in the OCR service."""

from __future__ import annotations

import base64
import random
import struct
import time
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ocr_service.decode import images, pixels
from ocr_service.decode.sandbox import Sandbox
from ocr_service.errors import BAD_FORMAT, BAD_SIZE, ApiError, Code

SANDBOX = Sandbox(1, 20)
RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def picture(size: tuple[int, int] = (40, 20), mode: str = "RGB") -> Image.Image:
    """Red on its left half, white on its right."""
    image = Image.new("RGB", size, RED)
    image.paste(WHITE, (size[0] // 2, 0, size[0], size[1]))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def refusal(data: bytes) -> Code:
    with pytest.raises(ApiError) as caught:
        SANDBOX.decode(data)
    return caught.value.code


@pytest.mark.parametrize("kind", images.FORMATS)
def test_the_four_formats_are_read_by_content(kind: str) -> None:
    pixels = SANDBOX.decode(saved(picture(), kind))
    assert pixels.shape == (20, 40, 3)
    assert pixels.dtype == np.uint8
    assert abs(pixels[10, 5].astype(int) - RED).max() < 3
    assert abs(pixels[10, 35].astype(int) - WHITE).max() < 3


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PPM", "PDF", "ICO", "TGA"])
def test_other_formats_are_refused(kind: str) -> None:
    assert refusal(saved(picture(), kind)) is BAD_FORMAT


@pytest.mark.parametrize("data", [b"", b"text", b"\xff\xd8\xff", b"BM", b"II*\0", b"\x89PNG\r\n"])
def test_files_other_than_images_are_refused(data: bytes) -> None:
    assert refusal(data) is BAD_FORMAT


@pytest.mark.parametrize(
    ("size", "code"),
    [((14, 100), BAD_SIZE), ((100, 14), BAD_SIZE), ((4097, 20), BAD_SIZE), ((20, 4097), BAD_SIZE)],
)
def test_sides_beyond_the_contract_are_refused(size: tuple[int, int], code: Code) -> None:
    assert refusal(saved(picture(size), "PNG")) is code


@pytest.mark.parametrize("size", [(15, 15), (4096, 15), (15, 4096)])
def test_sides_at_the_limits_are_accepted(size: tuple[int, int]) -> None:
    assert SANDBOX.decode(saved(picture(size), "PNG")).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    data = saved(noise, kind)
    assert refusal(data[: len(data) // 2]) is BAD_FORMAT


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "top left"), (3, "bottom right"), (6, "top right"), (8, "bottom left")],
)
def test_exif_orientation_is_applied(orientation: int, corner: str) -> None:
    image = Image.new("RGB", (60, 30), WHITE)
    image.paste(BLACK, (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = SANDBOX.decode(saved(image, "PNG", exif=exif))
    y = -1 if corner.startswith("bottom") else 0
    x = -1 if corner.endswith("right") else 0
    assert pixels[y, x].tolist() == [0, 0, 0]
    assert pixels.shape[:2] == ((30, 60) if orientation in (1, 3) else (60, 30))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")  # the service also ignores it
def test_damaged_exif_is_ignored() -> None:
    data = saved(picture(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 30)
    assert SANDBOX.decode(data).shape == (20, 40, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LAB"])
def test_colour_modes_become_rgb(mode: str) -> None:
    pixels = SANDBOX.decode(saved(picture(mode=mode), "TIFF"))
    assert pixels.shape == (20, 40, 3)
    assert pixels[10, 35].min() > 240


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    pixels = SANDBOX.decode(saved(picture(mode="CMYK"), "JPEG"))
    assert abs(pixels[10, 5].astype(int) - RED).max() < 6


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_become_white(mode: str) -> None:
    image = Image.new(mode, (20, 20), 0)
    assert SANDBOX.decode(saved(image, "PNG")).min() == 255


@pytest.mark.parametrize(("mode", "bright"), [("I;16", 65535), ("I", 100000), ("F", 1.0)])
def test_deep_greys_keep_their_brightness(mode: str, bright: float) -> None:
    dtype = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    values = np.zeros((20, 40), dtype)
    values[:, 20:] = bright
    pixels = SANDBOX.decode(saved(Image.fromarray(values), "TIFF"))
    assert pixels[10, 5].tolist() == [0, 0, 0]
    assert pixels[10, 35].tolist() == [255, 255, 255]


def test_the_first_of_several_pages_is_read() -> None:
    other = Image.new("RGB", (100, 100), BLACK)
    data = saved(picture(), "TIFF", save_all=True, append_images=[other] * 3)
    assert SANDBOX.decode(data).shape == (20, 40, 3)


def png_of(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [4097, 12000, 60000, 2**31 - 1])
def test_giant_dimensions_are_refused_before_anything_is_decoded(side: int) -> None:
    started = time.monotonic()
    assert refusal(png_of(side, side, zlib.compress(bytes(1000)))) is BAD_SIZE
    assert time.monotonic() - started < 0.5


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = saved(picture((200, 200)), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    bomb = data[:-2] + scan * pixels.MAX_SCANS + data[-2:]
    assert data.count(b"\xff\xda") < 20
    assert refusal(bomb) is BAD_FORMAT


def test_a_video_behind_a_jpeg_has_no_scans_of_it() -> None:
    video = random.Random(1).randbytes(1000) + b"\xff\xda" * 2 * pixels.MAX_SCANS
    decoded = pixels.ImageFile(saved(picture((200, 200)), "JPEG") + video).decode()
    assert decoded.size == (200, 200)


def test_the_end_of_a_thumbnail_is_not_the_end_of_its_image() -> None:
    data = saved(picture((200, 200)), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    comment = b"\xff\xfe\x00\x04\xff\xd9"
    bomb = data[:2] + comment + data[2:-2] + data[start:-2] * pixels.MAX_SCANS + data[-2:]
    assert refusal(bomb) is BAD_FORMAT


def test_a_file_of_more_than_10_mib_is_refused_before_decoding() -> None:
    assert refusal(saved(picture(), "PNG") + bytes(images.MAX_BYTES)) is BAD_SIZE


def test_base64_longer_than_10_mib_is_refused_before_decoding() -> None:
    with pytest.raises(ApiError) as caught:
        images.from_base64("!" * (images.MAX_BYTES + 1))
    assert caught.value.code is BAD_SIZE


@pytest.mark.parametrize(
    "text", ["A", "AAA", "AA=A", "A A=", "票票票票", "data:image/png;base64,AAAA"]
)
def test_invalid_base64_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        images.from_base64(text)
    assert caught.value.code is BAD_FORMAT


@given(st.binary())
def test_base64_is_decoded_with_and_without_line_ends(data: bytes) -> None:
    assert images.from_base64(base64.b64encode(data).decode()) == data
    assert images.from_base64(base64.encodebytes(data).decode()) == data


SEEDS = [saved(picture(), kind) for kind in images.FORMATS] + [
    saved(picture(), "TIFF", compression="tiff_lzw"),
    saved(picture(), "TIFF", compression="jpeg"),
    saved(picture(mode="1"), "TIFF", compression="group4"),
    saved(picture(), "JPEG", progressive=True),
    saved(picture(mode="P"), "BMP"),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255))))
def test_damaged_files_give_pixels_or_a_documented_error(
    seed: bytes, hits: list[tuple[int, int]]
) -> None:
    data = bytearray(seed)
    for place, value in hits:
        data[place % len(data)] = value
    try:
        pixels = SANDBOX.decode(bytes(data))
    except ApiError as refused:
        assert refused.code in (BAD_FORMAT, BAD_SIZE)  # noqa: PT017 - either outcome is right
    else:
        assert pixels.ndim == 3
        assert max(pixels.shape) <= images.MAX_SIDE
