"""What the OCR service is given, and all that it says of one object."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Given:
    """What the OCR service is given to read; one of three.

    It has no ``repr``: the address is signed.

    Attributes:
        url: an address.
        image: the bytes of an image.
        encoded: the same in base64, as a caller sent it, which is passed on untouched.
    """

    url: str | None = None
    image: bytes | None = None
    encoded: str | None = None

    def members(self) -> dict[str, str]:
        """Give the one member of a request's body."""
        if self.encoded is not None:
            return {"image": self.encoded}
        if self.image is not None:
            return {"image": b64encode(self.image).decode()}
        return {"url": self.url or ""}

    def content(self) -> bytes | None:
        """Give the image's bytes; None of an address, and of what is no base64."""
        if self.encoded is None:
            return self.image
        try:
            return b64decode(self.encoded, validate=True)
        except ValueError:
            return None


@dataclass(frozen=True)
class Recognition:
    """What the OCR service answered to one request.

    Attributes:
        result: the API's own ``result``, untouched: an object, of Auto Classification a list.
        request_id: the service's id of the request, or None.
        elapsed_ms: from request to answer, in whole milliseconds.
    """

    result: Any
    request_id: str | None
    elapsed_ms: int


@dataclass(frozen=True)
class Rescue:
    """How an object was read that the service would not read by its address.

    Attributes:
        code: the service's refusal of the address, or of what lay behind it.
        scale: the sides of the image that was sent instead, as a share of the original's; 1 if it
            was sent as it is.
    """

    code: str
    scale: float = 1.0


@dataclass(frozen=True)
class Reading:
    """All that the service said of an object.

    Attributes:
        api: which of its APIs: ``quota-invoice`` or ``auto-classification``.
        pages: what it answered, by page number; an image is page 1.
        attempts: how many requests that took.
        rescue: None if the service read the object by its address.
        pages_asked: up to which page a document was read; 1 for an image.
    """

    api: str
    pages: Mapping[int, Recognition]
    attempts: int
    rescue: Rescue | None = None
    pages_asked: int = 1
