"""Rules for images in the API's contract: formats, sizes, Base64."""

from __future__ import annotations

import base64
import binascii

from ocr_service.errors import BAD_FORMAT, BAD_SIZE, ApiError

FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
MAX_BYTES = 10 << 20
"""10 MB is 10 MiB: of Base64 characters in ``image`` ("Base64 character string … cannot exceed
10 MB"), of bytes in a file behind ``url``, which is not encoded."""
MAX_SIDE = 4096
BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/][A-Za-z0-9+/=]))$"
"""At least one group. Line ends are accepted as well, since many encoders wrap lines."""

_MIN_SIDE = 15


def from_base64(text: str) -> bytes:
    """Decode the member ``image``.

    Raises:
        ApiError: the text is too long or not Base64.
    """
    if len(text) > MAX_BYTES:
        raise ApiError(BAD_SIZE)
    try:
        data = text.encode("ascii").translate(None, b"\r\n")
        return base64.b64decode(data, validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ApiError(BAD_FORMAT, "image is not Base64") from None


def is_pdf(data: bytes) -> bool:
    """Whether a file has the signature of a PDF."""
    return data.startswith(b"%PDF-")


def check_sides(size: tuple[int, int]) -> None:
    """Check width and height in pixels.

    Raises:
        ApiError: a side is too short or too long.
    """
    if min(size) < _MIN_SIDE or max(size) > MAX_SIDE:
        raise ApiError(BAD_SIZE)
