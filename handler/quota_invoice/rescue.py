"""Making an image small enough for the OCR service.

The imaging library is imported when the first image needs it: most never do.
"""

from __future__ import annotations

import io

# The contract's limits: sides of 15 to 4,096 pixels, 10 MB of base64, three bytes in four of them.
_SIDES = (15, 4096)
_LARGEST = 10_000_000 * 3 // 4
# Beyond these an image is not opened: it would not fit into the function's memory.
LARGEST_OBJECT = 64 * 1024 * 1024  # bytes
_MOST_PIXELS = 80_000_000
_QUALITY = 90
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
    from PIL import Image, ImageOps  # noqa: PLC0415 - see above

    Image.MAX_IMAGE_PIXELS = None  # what that would warn of is refused here
    try:
        with Image.open(io.BytesIO(content)) as image:
            sides = image.size
            if min(sides) < _SIDES[0] or (max(sides) <= _SIDES[1] and fits(content)):
                return None
            # A JPEG can be decoded at an eighth of its size, and is, down to what is needed.
            image.draft("RGB", (_SIDES[1], _SIDES[1]))
            if image.width * image.height > _MOST_PIXELS:
                return None
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError):
        return None  # Pillow's readers raise all of these for files that are damaged
    longest = min(_SIDES[1], max(sides))
    while True:
        upright.thumbnail((longest, longest))
        with io.BytesIO() as file:
            upright.save(file, "JPEG", quality=_QUALITY)
            made = file.getvalue()
        if min(upright.size) < _SIDES[0]:
            return None
        if fits(made):
            return made, max(upright.size) / max(sides)
        longest = int(longest * _SMALLER)
