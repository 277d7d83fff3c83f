"""Files with pages: PDF and TIFF, and the form in which the OCR service receives each page."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from quota_invoice.errors import ImageTooLarge, QuotaInvoiceError
from quota_invoice.recognition.formats.conversion import fits, to_jpeg
from quota_invoice.recognition.formats.kinds import Kind
from quota_invoice.recognition.formats.pdf import PdfFile
from quota_invoice.recognition.formats.pyramid import pages_of_pyramid
from quota_invoice.recognition.formats.tiff import Tiff
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import CONVERTED, WHOLE, Fallback, View

_LARGEST_BY_URL = 10_000_000  # bytes
_LARGEST_PAGE = _LARGEST_BY_URL * 3 // 4  # bytes, in Base64 of as many bytes as by URL
_SPLIT = "File.Split"  # the code of the fallback, if the service did not refuse the whole file
_PDF = b"%PDF-"


class Part(NamedTuple):
    """A page in the form in which the service receives it.

    Attributes:
        given: the page itself; None if it is within the whole file.
        number: its number within the file that is sent; None for an image.
        view: the part of the page that is sent.
    """

    given: OcrInput | None
    number: int | None
    view: View = WHOLE


class Paged(Protocol):
    """A file with pages.

    Attributes:
        total: number of pages; None if it is unknown.
        fallback: None while the service reads the whole file.
    """

    total: int | None
    fallback: Fallback | None

    def part(self, number: int) -> Part:
        """Return a page, from 1.

        Raises:
            ImageRefused: it cannot be sent.
        """

    def split(self, refusal: QuotaInvoiceError) -> bool:
        """Send further pages by themselves; return whether that makes a difference."""


class PdfPages:
    """The pages of a PDF: within the whole file, or each as a PDF of its own.

    Args:
        content: the file; None if it cannot be had.

    Raises:
        FileRefused: it needs a password.
    """

    def __init__(self, content: bytes | None) -> None:
        self._content = content or b""
        self._file = None if content is None else PdfFile(content)
        self.total = self._file.pages if self._file else None
        self.fallback: Fallback | None = None
        if content and (len(content) > _LARGEST_BY_URL or not content.startswith(_PDF)):
            self._split(_SPLIT)

    def part(self, number: int) -> Part:
        """See ``Paged``."""
        if self._file is None or not self.fallback:
            return Part(None, number)
        if self.total is None:
            return Part(OcrInput(image=self._content), number)
        page = self._file.page(number, _LARGEST_PAGE)
        if not fits(page):
            raise ImageTooLarge("File.TooLargePage", f"page {number} has {len(page)} bytes")
        return Part(OcrInput(image=page), 1)

    def split(self, refusal: QuotaInvoiceError) -> bool:
        """See ``Paged``."""
        return self.fallback is None and self._split(refusal.code)

    def _split(self, code: str) -> bool:
        if self.total is None and not (self._content and fits(self._content)):
            return False
        self.fallback = Fallback(code)
        return True


class TiffPages:
    """The pages of a TIFF: the service reads the first one only, so that each is sent as a JPEG.

    Args:
        content: the file.
        found: its images.
    """

    def __init__(self, content: bytes, found: Tiff) -> None:
        self._content = content
        self._frames = pages_of_pyramid(content, found)
        self.total: int | None = len(self._frames)
        self.fallback: Fallback | None = Fallback(CONVERTED, kind=Kind.TIFF.value)

    def part(self, number: int) -> Part:
        """See ``Paged``."""
        jpeg = to_jpeg(self._content, self._frames[number - 1])
        return Part(OcrInput(image=jpeg.image), None, jpeg.view)

    def split(self, refusal: QuotaInvoiceError) -> bool:
        """See ``Paged``: the pages are sent by themselves already."""
        del refusal
        return False
