"""TIFFs that hold one page in several sizes, each about half as large as the one before.

Not all programs mark the smaller ones as copies. Pages of different papers may have such sizes too
(A4 and A6), so that the images decide.
"""

from __future__ import annotations

import io
from itertools import pairwise

from quota_invoice.errors import FileRefused, ImageTooLarge
from quota_invoice.recognition.formats.conversion import to_jpeg
from quota_invoice.recognition.formats.tiff import Tiff

_TOLERANCE = 50  # of a side: 2 %
_CELL = 8  # pixels of the smaller image that are compared as one
_MOST_DIFFERENT = 40  # levels of grey, of one cell


def pages_of_pyramid(content: bytes, found: Tiff) -> list[int]:
    """Return the indices of a TIFF's images that are pages, without smaller copies of the first.

    Args:
        content: the file.
        found: its images.

    Raises:
        InvocationError: the images cannot be compared this time.
    """
    frames, sizes = found.pages, found.sizes
    for copies, (former, frame) in enumerate(pairwise(frames)):
        is_halved = frame < len(sizes) and _is_half(sizes[former], sizes[frame])
        if not (is_halved and _is_copy(content, former, frame)):
            return frames[:1] + frames[copies + 1 :]
    return frames[:1]


def _is_half(sides: tuple[int, int], halved: tuple[int, int]) -> bool:
    return all(
        abs(side - 2 * half) <= max(2, side // _TOLERANCE)
        for side, half in zip(sides, halved, strict=True)
    )


def _is_copy(content: bytes, former: int, frame: int) -> bool:
    """Whether two images of a TIFF look the same; one that is too small to be read may."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - few files need it

    try:
        jpegs = [to_jpeg(content, index).image for index in (frame, former)]
    except FileRefused:
        return False
    except ImageTooLarge as error:
        return error.code == "File.TooSmall"
    small, large = (Image.open(io.BytesIO(jpeg)).convert("L") for jpeg in jpegs)
    scaled = large.resize(small.size, Image.Resampling.BOX)
    cells = ImageChops.difference(small.reduce(_CELL), scaled.reduce(_CELL))
    return not any(cells.histogram()[_MOST_DIFFERENT + 1 :])
