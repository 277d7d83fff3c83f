"""The memory that decoding an image takes, estimated before it is decoded.

The factors are measured with Pillow 13.0 and pi-heif 1.4, in bytes per pixel.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from quota_invoice.errors import ImageTooLarge

if TYPE_CHECKING:
    from PIL.Image import Image

_FUNCTION = 1024 << 20  # bytes that the template gives the function, by default
_RESERVE = 96 << 20  # for the other threads' requests, and for errors of the estimate
_UNKNOWN_USE = 200 << 20  # bytes, where the system does not tell it
_PAGE = 4096  # bytes of the system's unit of memory
_PIXEL = {"1": 1, "L": 1, "P": 1}  # bytes that Pillow holds; 4 for the others
# Copies of the whole image: colours instead of a palette, grey instead of 1 bit, 32 bits, premixed.
_COPY = {"1": 1, "P": 4, "PA": 4, "LA": 4, "RGBA": 4, "I": 4, "F": 4}
_DECODER = {"WEBP": 16.5, "HEIF": 12.0, "JPEG2000": 19.5}  # these hold the image several times
_RESULT = 4096 * 4096 * 8  # the image that is sent, at its largest, and a copy
_COEFFICIENT = 2  # bytes; a progressive JPEG is held in full size until its last scan
_TILE_SIDES, _STRIP_ROWS = (322, 323), 278  # tags of TIFF


def require(image: Image, sides: tuple[int, int]) -> None:
    """Check that an image can be decoded.

    Args:
        image: the opened image, with its size after decoding.
        sides: its size in the file.

    Raises:
        ImageTooLarge: there is not enough memory.
    """
    _require(_needed(image, sides[0] * sides[1]))


def require_pixels(number: int) -> None:
    """Check that so many pixels of any colour fit into the memory, decoded.

    Raises:
        ImageTooLarge: they do not.
    """
    _require(number * (_COPY["RGBA"] + _COPY["RGBA"]) + _RESULT)


def too_large() -> ImageTooLarge:
    """Return the error of an image that does not fit into the memory."""
    return ImageTooLarge("File.TooLarge", "the image is too large for the function's memory")


def _require(needed: float) -> None:
    if needed > _FUNCTION - _RESERVE - _used():
        raise too_large()


def _used() -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    return _UNKNOWN_USE


def _needed(image: Image, pixels: int) -> float:
    decoded = image.width * image.height
    held = decoded * _PIXEL.get(image.mode, 4)
    decoding = held + _of_decoder(image, pixels)
    copies = held + decoded * _COPY.get(image.mode.partition(";")[0], 0)
    return max(decoding, copies + min(_RESULT, decoded * 8))


def _of_decoder(image: Image, pixels: int) -> float:
    """Return the bytes that a decoder takes beside Pillow's image."""
    if image.format in _DECODER:
        levels = getattr(image, "_reduce", 0)
        return float((_DECODER[image.format] - 4) * pixels / 4**levels)
    if image.format in {"JPEG", "MPO"} and image.info.get("progressive"):
        return pixels * _COEFFICIENT * _samples(image)
    tags = getattr(image, "tag_v2", {})
    width, rows = (tags.get(tag, 0) for tag in _TILE_SIDES)
    if width:
        return float(width * rows * 4)
    return float(image.width * min(image.height, tags.get(_STRIP_ROWS, 0)) * 4)


def _samples(image: Image) -> float:
    """Return the samples per pixel of a JPEG: its colours may have fewer than its grey."""
    layers = getattr(image, "layer", [])
    shares = [across * down for _, across, down, *_ in layers]
    return sum(shares) / max(shares, default=1) if shares else 4.0
