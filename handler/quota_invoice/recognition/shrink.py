"""Makes an image small enough for the OCR service.

The imaging library is imported when the first image needs it; most invocations do without it.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image as Images

# The API's limits: sides of 15 to 4,096 pixels, and 10 MB of Base64, which holds 3 bytes in 4.
_SIDES = (15, 4096)
_LARGEST = 10_000_000 * 3 // 4
# Larger images are not opened: they would not fit into the function's memory.
LARGEST_OBJECT = 64 * 1024 * 1024  # bytes
_MOST_PIXELS = 64_000_000
# A progressive JPEG is held in full size, two bytes per value, also when it is decoded smaller.
_MOST_PROGRESSIVE_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF")  # the formats that the service reads
# Less than the longest side: many cameras' images have sides of a little less than twice this.
_DRAFT = (3600, 3600)
_ONE_AT_A_TIME = threading.Lock()  # one image at a time fits into the function's memory
_QUALITY = 90
_EIGHT_BITS = 255.0
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"II*\0", b"MM\0*", b"%PDF-")
_SMALLER = 0.75  # times the sides, while the file is still too large


def fits(content: bytes) -> bool:
    """Whether a file has few enough bytes to be sent unchanged."""
    return len(content) <= _LARGEST


def is_readable(content: bytes) -> bool:
    """Whether a file begins like one of a format that the service reads."""
    return content.startswith(_BEGINNINGS)


def shrunk(content: bytes) -> tuple[bytes, float] | None:
    """Return an image as an upright JPEG within the service's limits.

    Returns:
        The JPEG, and its sides relative to the original's; None if scaling does not help: the file
        is not an image, is too small, is too large to be opened here, or has the right size.
    """
    with _ONE_AT_A_TIME:
        return _shrunk(content)


def _shrunk(content: bytes) -> tuple[bytes, float] | None:
    from PIL import Image, ImageOps  # noqa: PLC0415 - see above

    Image.MAX_IMAGE_PIXELS = None  # the limits below replace Pillow's own
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            sides = image.size
            if min(sides) < _SIDES[0] or (max(sides) <= _SIDES[1] and fits(content)):
                return None
            if image.info.get("progressive") and sides[0] * sides[1] > _MOST_PROGRESSIVE_PIXELS:
                return None
            # Other JPEGs can be decoded at 1/2, 1/4 or 1/8 of their size.
            image.draft("RGB", _DRAFT)
            if image.width * image.height > _MOST_PIXELS:
                return None
            small = ImageOps.exif_transpose(_scaled(_on_white(image), _SIDES[1])).convert("RGB")
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError):
        return None  # Pillow raises all of these for damaged files
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
    """Return the image with sides of at most ``longest`` pixels."""
    image.thumbnail((longest, longest))
    return image


def _on_white(image: Images.Image) -> Images.Image:
    """Return an image of any mode as RGB or grey, transparent parts in white, with 8 bits."""
    from PIL import Image  # noqa: PLC0415 - see above

    if image.mode.startswith(("I", "F")):
        most = float(str(image.getextrema()[1]))
        # An image of more bits may hold values of 8 bits only.
        whole = most if image.mode == "F" or most > _EIGHT_BITS else _EIGHT_BITS
        wide = _scaled(image.convert("F"), _SIDES[1])
        grey = wide.point(lambda value: value * (_EIGHT_BITS / (whole or 1.0)) + 0.0).convert("L")
        grey.info["exif"] = image.info.get("exif", b"")
        return grey
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        image.thumbnail((_SIDES[1], _SIDES[1]))  # two images of full size would not fit into memory
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
