"""From a file's bytes to the rows of an upright picture.

Runs where `sandboxed` runs: in a process of limited memory and time. The checks here give frequent
tricks the right code; what they overlook ends at those limits.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from ocr_service.contract.errors import BAD_FORMAT, BAD_SIZE, ApiError
from ocr_service.decode.images import FORMATS, LARGEST, WIDEST, check_sides

if TYPE_CHECKING:  # the sandbox's processes do without numpy, which takes long to load
    import numpy as np
    from numpy.typing import NDArray

MOST_SCANS = 64
"""Scans of a progressive JPEG. Cameras and optimisers write up to about 20; every scan passes over
the whole image, so that thousands of empty ones would be work for minutes."""
TILE_SIDES = (322, 323)
"""TIFF's TileWidth and TileLength. A tile is decoded whole, however little of it is in the image;
strips are cut off at the image's end."""
STRIP = 1 << 20
"""Bytes of rows that are converted at once: copies of a whole image would take 50 MB each."""

# Pillow warns of damaged metadata, which does not matter here; only its warning of giant images
# counts.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Picture:
    """An image of which no pixel is decoded yet; `area` is the number of them.

    Raises:
        ApiError: not one of the four formats, or too small or large.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > LARGEST:
            raise ApiError(BAD_SIZE)
        if data.count(b"\xff\xda") > MOST_SCANS and data.startswith(b"\xff\xd8"):
            raise ApiError(BAD_FORMAT)
        with _told():
            self._image = Image.open(BytesIO(data), formats=FORMATS)
            check_sides(self._image.size)
            tags = getattr(self._image, "tag_v2", {})
            if any(tags.get(name, 0) > WIDEST for name in TILE_SIDES):
                raise ApiError(BAD_SIZE)
        self.area = self._image.width * self._image.height

    def decoded(self) -> Image.Image:
        """Give it upright, in any of Pillow's modes. Of several pages the first counts.

        Raises:
            ApiError: it is damaged.
            MemoryError: it takes more than there is.
        """
        with _told():
            self._image.load()
            _turn_upright(self._image)
            check_sides(self._image.size)
        return self._image


def rows(image: Image.Image) -> Iterator[bytes]:
    """Give the image's rows as RGB, three bytes a pixel, some at a time.

    Transparent parts become white.

    Raises:
        ApiError: the image's mode and its pixels contradict each other.
        MemoryError: it takes more than there is.
    """
    with _told():
        scale = _scale(image) if image.mode.startswith(("I", "F")) else None
        for strip in _strips(image):
            yield (_rgb(strip) if scale is None else _from_deep(strip, *scale)).tobytes()


@contextmanager
def _told() -> Iterator[None]:
    """Turn nearly anything into a refusal: that is what decoders raise on damaged files."""
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
    step = max(1, STRIP // (3 * width))
    for top in range(0, height, step):
        yield image.crop((0, top, width, min(top + step, height)))


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001, S110 - a damaged EXIF block says nothing about the pixels
        pass


def _rgb(strip: Image.Image) -> Image.Image:
    if strip.has_transparency_data:
        over = strip.convert("RGBA")
        white = Image.new("RGB", over.size, "white")
        white.paste(over, mask=over.getchannel("A"))
        return white
    return strip if strip.mode == "RGB" else strip.convert("RGB")


def _scale(image: Image.Image) -> tuple[float, float]:
    """Give what to subtract from 16 or 32 bits, and then to multiply by, for 8.

    Pillow's own conversion cuts off everything above 255.
    """
    low = high = 0.0
    for values in map(_finite, _strips(image)):
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    high = 65535 if image.mode.startswith("I;16") else high
    return low, 255 / ((high - low) or 1)


def _from_deep(strip: Image.Image, low: float, factor: float) -> Image.Image:
    return Image.fromarray(((_finite(strip) - low) * factor).astype("uint8")).convert("RGB")


def _finite(strip: Image.Image) -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415 - takes long to load, for images that are rare

    return np.nan_to_num(np.array(strip, dtype=np.float64), nan=0, posinf=0, neginf=0)
