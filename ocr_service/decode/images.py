"""What the contract says about images: formats, sizes, Base64. See `pictures` for their pixels."""

from __future__ import annotations

import base64
import binascii

from ocr_service.contract.errors import BAD_FORMAT, BAD_SIZE, ApiError

FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
LARGEST = 10 << 20
"""10 MB is 10 MiB: of Base64 characters in `image` ("Base64 character string … cannot exceed
10 MB"), of bytes in a file behind `url`, which is never encoded."""
NARROWEST = 15
WIDEST = 4096
BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/][A-Za-z0-9+/=]))$"
"""At least one group. Line ends are taken beyond this, since many encoders wrap lines."""

_PDF = b"%PDF-"


def from_base64(text: str) -> bytes:
    """Decode the contract's `image`.

    Raises:
        ApiError: it is too long or not Base64.
    """
    if len(text) > LARGEST:
        raise ApiError(BAD_SIZE)
    try:
        data = text.encode("ascii").translate(None, b"\r\n")
        return base64.b64decode(data, validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ApiError(BAD_FORMAT, "image is not Base64") from None


def is_document(data: bytes) -> bool:
    """Tell whether a file says that it is a PDF."""
    return data.startswith(_PDF)


def check_sides(size: tuple[int, int]) -> None:
    """Judge width and height, in pixels.

    Raises:
        ApiError: too small or too large.
    """
    if min(size) < NARROWEST or max(size) > WIDEST:
        raise ApiError(BAD_SIZE)
