"""The OCR service's results for one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Api(Enum):
    """The OCR service's APIs, by their names in a record."""

    QUOTA_INVOICE = "quota-invoice"  # one invoice per image
    AUTO_CLASSIFICATION = "auto-classification"  # any number of invoices per image or page


@dataclass(frozen=True)
class Recognition:
    """The OCR service's result of one request.

    Attributes:
        result: the API's own ``result``, unchanged: an object; a list for Auto Classification.
        request_id: the service's id of the request, or None.
        elapsed_ms: whole milliseconds from request to response.
    """

    result: Any
    request_id: str | None
    elapsed_ms: int


@dataclass(frozen=True)
class Fallback:
    """How a file was read that the service refused to read from its URL.

    Attributes:
        code: the service's code for the refusal.
        scale: the sides of the image that was sent, relative to the original's; 1 if it was sent
            unchanged.
    """

    code: str
    scale: float = 1.0


@dataclass(frozen=True)
class Reading:
    """All results for one file.

    Attributes:
        api: the API that gave them.
        pages: results by page number; an image is page 1.
        attempts: number of requests.
        fallback: None if the service read the file from its URL.
        pages_asked: the last page of a PDF that was requested; None for an image.
        pages_total: the PDF's number of pages; None for an image, or if it is unknown.
        pages_refused: the PDF's pages that the service could not read, in ascending order.
    """

    api: Api
    pages: Mapping[int, Recognition]
    attempts: int
    fallback: Fallback | None = None
    pages_asked: int | None = None
    pages_total: int | None = None
    pages_refused: tuple[int, ...] = ()

    @property
    def is_pdf(self) -> bool:
        """Whether the file has pages."""
        return self.pages_asked is not None

    @property
    def pages_unread(self) -> list[range]:
        """The PDF's pages that were refused or not requested, as far as its number is known.

        A damaged PDF may claim any number of pages: they are not listed one by one.
        """
        asked = self.pages_asked or 0
        beyond = range(asked + 1, (self.pages_total or asked) + 1)
        return [
            *(range(page, page + 1) for page in self.pages_refused),
            *([beyond] if beyond else []),
        ]
