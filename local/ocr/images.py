"""From the bytes at the door to pixels: formats by content, sizes by the contract."""

from __future__ import annotations

import base64
import binascii
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from local.ocr.codes import BAD_FORMAT, BAD_SIZE, Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
LARGEST = 10 << 20
"""10 MB is 10 MiB: of Base64 characters in `image` ("Base64 character string … cannot exceed
10 MB"), of bytes in a file behind `url`, which is never encoded."""
NARROWEST = 15
WIDEST = 4096
MOST_SCANS = 64
"""Scans of a progressive JPEG. Cameras and optimisers write up to about 20; every scan passes over
the whole image, so that thousands of empty ones would be work for minutes."""

# Pillow warns of damaged metadata, which does not matter here, and would do so in the midst of the
# log's lines; only its warning of giant images counts.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def from_base64(text: str) -> bytes:
    """Decode the contract's `image`; line ends are let pass, since many encoders wrap lines.

    Raises:
        Refusal: it is too long or not Base64.
    """
    if len(text) > LARGEST:
        raise Refusal(BAD_SIZE)
    try:
        data = text.encode("ascii").translate(None, b"\r\n")
        return base64.b64decode(data, validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Refusal(BAD_FORMAT, "image is not Base64") from None


def decode(data: bytes) -> Pixels:
    """Give the upright image as an array of shape (height, width, 3), RGB, uint8.

    Of several pages the first counts. Transparent parts become white.

    Raises:
        Refusal: not one of the four formats, damaged, or too small or large.
    """
    if len(data) > LARGEST:
        raise Refusal(BAD_SIZE)
    if data.count(b"\xff\xda") > MOST_SCANS and data.startswith(b"\xff\xd8"):
        raise Refusal(BAD_FORMAT)
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_sides(image.size)
            image.load()
            upright = _upright(image)
            _check_sides(upright.size)
            return np.array(_rgb(upright), dtype=np.uint8)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal(BAD_SIZE) from None
    except (Refusal, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - on damaged files Pillow's decoders raise nearly anything
        raise Refusal(BAD_FORMAT) from None


def _check_sides(size: tuple[int, int]) -> None:
    if min(size) < NARROWEST or max(size) > WIDEST:
        raise Refusal(BAD_SIZE)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - a damaged EXIF block says nothing about the pixels
        return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _from_deep(image)
    if image.has_transparency_data:
        over = image.convert("RGBA")
        white = Image.new("RGB", over.size, "white")
        white.paste(over, mask=over.getchannel("A"))
        return white
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Bring 16 and 32 bits down to 8: Pillow's own conversion cuts off everything above 255."""
    values = np.array(image, dtype=np.float32)
    np.nan_to_num(values, copy=False, nan=0, posinf=0, neginf=0)
    values -= min(float(values.min()), 0)
    values *= 255 / ((65535 if image.mode.startswith("I;16") else float(values.max())) or 1)
    return Image.fromarray(values.astype(np.uint8)).convert("RGB")
