"""The OCR service's results for one file."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple


class Api(Enum):
    """The OCR service's APIs, by their names in a record."""

    QUOTA_INVOICE = "quota-invoice"  # one invoice per image
    AUTO_CLASSIFICATION = "auto-classification"  # any number of invoices per image or page


CONVERTED = "Image.Converted"
"""The code of the fallback of a file in a format that the service does not read."""


class View(NamedTuple):
    """The part of an image that is sent: all of it, in its size, unless it is converted.

    Attributes:
        scale: the sides of the image that is sent, relative to the same part of the original.
        left: pixels of the original to the left of it.
        top: pixels of the original above it.
    """

    scale: float = 1.0
    left: int = 0
    top: int = 0


WHOLE = View()


class Recognition(NamedTuple):
    """The OCR service's result of one request.

    Attributes:
        result: the API's own ``result``, unchanged: an object; a list for Auto Classification.
        request_id: the service's id of the request, or None.
        elapsed_ms: whole milliseconds from request to response.
        view: the part of the original that was sent.
    """

    result: Any
    request_id: str | None
    elapsed_ms: int
    view: View = WHOLE


class Fallback(NamedTuple):
    """How a file was read that the service refused to read from its URL, or could not have read.

    Attributes:
        code: the service's code for the refusal; ``CONVERTED``, or ``File.Split`` for a PDF that
            was sent page by page.
        scale: the sides of the image that was sent, relative to the original's; 1 if it was sent
            unchanged.
        kind: the kind of a file that was converted without asking the service, else None.
    """

    code: str
    scale: float = 1.0
    kind: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fallback's entry in a record."""
        kind = {"kind": self.kind} if self.kind else {}
        return {"code": self.code, "scale": self.scale, **kind}


class Reading(NamedTuple):
    """All results for one file.

    Attributes:
        api: the API that gave them.
        pages: results by page number; an image is page 1.
        attempts: number of requests.
        fallback: None if the service read the file from its URL.
        pages_asked: the last page of a PDF or TIFF that was requested; None for an image.
        pages_total: the file's number of pages; None for an image, or if it is unknown.
        pages_refused: the file's pages that could not be read, in ascending order.
        pages_without_invoice: the file's pages that were read and have no tickets, likewise.
    """

    api: Api
    pages: Mapping[int, Recognition]
    attempts: int
    fallback: Fallback | None = None
    pages_asked: int | None = None
    pages_total: int | None = None
    pages_refused: tuple[int, ...] = ()
    pages_without_invoice: tuple[int, ...] = ()

    @property
    def has_pages(self) -> bool:
        """Whether the file has pages."""
        return self.pages_asked is not None

    @property
    def pages_unread(self) -> list[range]:
        """The file's pages that were refused or not requested, as far as its number is known.

        A damaged file may claim any number of pages: they are not listed one by one.

        >>> Reading(Api.AUTO_CLASSIFICATION, {}, 300, None, 300, 302, (7,)).pages_unread
        [range(7, 8), range(301, 303)]
        >>> Reading(Api.AUTO_CLASSIFICATION, {}, 2, None, 2, 2).pages_unread
        []
        """
        if self.pages_asked is None:
            return []
        beyond = range(self.pages_asked + 1, (self.pages_total or self.pages_asked) + 1)
        return [
            *(range(page, page + 1) for page in self.pages_refused),
            *([beyond] if beyond else []),
        ]
