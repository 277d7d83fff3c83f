"""Decodes an image file to the rows of an upright image.

Runs in ``sandbox_worker``, with limited memory and time. The checks here give common attacks the
right error code; the limits stop all others.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from ocr_service.decode.images import FORMATS, MAX_BYTES, MAX_SIDE, check_sides
from ocr_service.errors import BAD_FORMAT, BAD_SIZE, ApiError

if TYPE_CHECKING:  # numpy loads slowly, and the subprocesses rarely need it
    import numpy as np
    from numpy.typing import NDArray

MAX_SCANS = 64
"""Scans of a progressive JPEG. Cameras and optimisers write up to about 20; each scan covers the
whole image, so that thousands of empty scans would take minutes."""
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # of a segment
_SCAN, _END = 0xDA, 0xD9
_TILE_SIDES = (322, 323)
"""TIFF's TileWidth and TileLength. A tile is decoded completely, even if only a small part of it is
in the image; strips end with the image."""
_STRIP = 1 << 20
"""Bytes of rows that are converted at once: copies of a whole image would take 50 MB each."""

# Pillow also warns of damaged metadata, which is harmless here.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class ImageFile:
    """An image file, not decoded yet; ``area`` is the number of pixels.

    Raises:
        ApiError: the format is not one of the four, or the image is too small or too large.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise ApiError(BAD_SIZE)
        if data.startswith(b"\xff\xd8") and _has_many_scans(data):
            raise ApiError(BAD_FORMAT)
        with _decoder_errors():
            self._image = Image.open(BytesIO(data), formats=FORMATS)
            check_sides(self._image.size)
            tags = getattr(self._image, "tag_v2", {})
            if any(tags.get(name, 0) > MAX_SIDE for name in _TILE_SIDES):
                raise ApiError(BAD_SIZE)
        self.area = self._image.width * self._image.height

    def decode(self) -> Image.Image:
        """Return the first page upright, in any mode of Pillow.

        Raises:
            ApiError: the image is damaged.
            MemoryError: the memory limit is reached.
        """
        with _decoder_errors():
            self._image.load()
            _turn_upright(self._image)
            check_sides(self._image.size)
        return self._image


def rows(image: Image.Image) -> Iterator[bytes]:
    """Yield the rows as RGB, three bytes a pixel, in chunks; transparent parts become white.

    Raises:
        ApiError: the mode of the image and its pixels contradict each other.
        MemoryError: the memory limit is reached.
    """
    with _decoder_errors():
        scale = _scale(image) if image.mode.startswith(("I", "F")) else None
        for strip in _strips(image):
            yield (_rgb(strip) if scale is None else _from_deep(strip, *scale)).tobytes()


def _has_many_scans(jpeg: bytes) -> bool:
    """Whether a JPEG has too many scans before its end; a video may follow.

    Source: ITU-T T.81, annex B.
    """
    at, scans = 2, 0
    while (found := _MARKER.search(jpeg, at)) and jpeg[found.end() - 1] != _END:
        scans += jpeg[found.end() - 1] == _SCAN
        if scans > MAX_SCANS:
            return True
        at = found.end() + int.from_bytes(jpeg[found.end() : found.end() + 2], "big")
    return False


@contextmanager
def _decoder_errors() -> Iterator[None]:
    """Convert most exceptions to an ``ApiError``: decoders raise all kinds on damaged files."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ApiError(BAD_SIZE) from None
    except (ApiError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - as the docstring says
        raise ApiError(BAD_FORMAT) from None


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    width, height = image.size
    step = max(1, _STRIP // (3 * width))
    for top in range(0, height, step):
        yield image.crop((0, top, width, min(top + step, height)))


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001, S110 - a damaged EXIF block does not affect the pixels
        pass


def _rgb(strip: Image.Image) -> Image.Image:
    if strip.has_transparency_data:
        over = strip.convert("RGBA")
        white = Image.new("RGB", over.size, "white")
        white.paste(over, mask=over.getchannel("A"))
        return white
    return strip if strip.mode == "RGB" else strip.convert("RGB")


def _scale(image: Image.Image) -> tuple[float, float]:
    """Return offset and factor that convert 16 or 32 bits to 8.

    Pillow's own conversion clips values above 255.
    """
    low = high = 0.0
    for values in map(_finite, _strips(image)):
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    high = 65535 if image.mode.startswith("I;16") else high
    return low, 255 / ((high - low) or 1)


def _from_deep(strip: Image.Image, low: float, factor: float) -> Image.Image:
    return Image.fromarray(((_finite(strip) - low) * factor).astype("uint8")).convert("RGB")


def _finite(strip: Image.Image) -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415 - loads slowly, for rare images only

    return np.nan_to_num(np.array(strip, dtype=np.float64), nan=0, posinf=0, neginf=0)
