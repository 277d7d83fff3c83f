"""Making an image small enough for the OCR service.

The imaging library is imported when the first image needs it: most never do.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image as Images

# The contract's limits: sides of 15 to 4,096 pixels, 10 MB of base64, three bytes in four of them.
_SIDES = (15, 4096)
_LARGEST = 10_000_000 * 3 // 4
# Beyond these an image is not opened: it would not fit into the function's memory.
LARGEST_OBJECT = 64 * 1024 * 1024  # bytes
_MOST_PIXELS = 64_000_000
# A progressive JPEG is held whole, two bytes for each value, however small it is decoded.
_MOST_PROGRESSIVE_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF")  # what the service reads
# Somewhat less than the longest side: half of many a camera's picture is just below it.
_DRAFT = (3600, 3600)
_ONE_AT_A_TIME = threading.Lock()  # one fits into the function's memory
_QUALITY = 90
_EIGHT_BITS = 255.0
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"II*\0", b"MM\0*", b"%PDF-")
_SMALLER = 0.75  # times the sides, while the file is still too large


def fits(content: bytes) -> bool:
    """Tell whether a file is small enough to be sent as it is, whatever it shows."""
    return len(content) <= _LARGEST


def is_readable(content: bytes) -> bool:
    """Tell whether a file begins as those that the service reads do."""
    return content.startswith(_BEGINNINGS)


def shrunk(content: bytes) -> tuple[bytes, float] | None:
    """Scale an image down to what the service takes, upright and as JPEG.

    Returns:
        The image, and its sides as a share of the original's; None if there is nothing to be done:
        it is no image, is too small, is too large to be opened here, or has the right size.
    """
    with _ONE_AT_A_TIME:
        return _shrunk(content)


def _shrunk(content: bytes) -> tuple[bytes, float] | None:
    from PIL import Image, ImageOps  # noqa: PLC0415 - see above

    Image.MAX_IMAGE_PIXELS = None  # what that would warn of is refused here
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            sides = image.size
            if min(sides) < _SIDES[0] or (max(sides) <= _SIDES[1] and fits(content)):
                return None
            if image.info.get("progressive") and sides[0] * sides[1] > _MOST_PROGRESSIVE_PIXELS:
                return None
            # Other JPEGs can be decoded at an eighth of their size, down to what is needed.
            image.draft("RGB", _DRAFT)
            if image.width * image.height > _MOST_PIXELS:
                return None
            small = ImageOps.exif_transpose(_scaled(_on_white(image), _SIDES[1])).convert("RGB")
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError):
        return None  # Pillow's readers raise all of these for files that are damaged
    longest = max(small.size)
    while True:
        small = _scaled(small, longest)
        with io.BytesIO() as file:
            small.save(file, "JPEG", quality=_QUALITY)
            made = file.getvalue()
        if min(small.size) < _SIDES[0]:
            return None
        if fits(made):
            return made, max(small.size) / max(sides)
        longest = int(longest * _SMALLER)


def _scaled(image: Images.Image, longest: int) -> Images.Image:
    """Give the image with sides of so many pixels at most."""
    image.thumbnail((longest, longest))
    return image


def _on_white(image: Images.Image) -> Images.Image:
    """Give an image of any mode as RGB, or grey: on white, and with whatever range it has."""
    from PIL import Image  # noqa: PLC0415 - see above

    if image.mode.startswith(("I", "F")):
        most = float(str(image.getextrema()[1]))
        # Eight bits that come in more have no other range.
        whole = most if image.mode == "F" or most > _EIGHT_BITS else _EIGHT_BITS
        wide = _scaled(image.convert("F"), _SIDES[1])
        grey = wide.point(lambda value: value * (_EIGHT_BITS / (whole or 1.0)) + 0.0).convert("L")
        grey.info["exif"] = image.info.get("exif", b"")
        return grey
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        image.thumbnail((_SIDES[1], _SIDES[1]))  # two of its full size would not fit
        seen = image.convert("RGBA")
        paper = Image.new("RGB", seen.size, "white")
        paper.paste(seen, mask=seen.getchannel("A"))
        paper.info["exif"] = image.info.get("exif", b"")
        return paper
    if image.mode == "1":
        return image.convert("L")
    if image.mode not in {"L", "P", "RGB"}:
        image.thumbnail((_SIDES[1], _SIDES[1]))
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")
