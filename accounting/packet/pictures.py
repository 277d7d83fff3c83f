"""Pictures of originals for the paste sheets: one page at a time, scaled for print."""

from __future__ import annotations

import io

import pypdfium2
from PIL import Image

from accounting.errors import AccountingError
from quota_invoice.errors import ImageRefused
from quota_invoice.recognition.formats.conversion import to_jpeg
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from quota_invoice.recognition.formats.pyramid import pages_of_pyramid
from quota_invoice.recognition.formats.tiff import Tiff

_LONGEST = 1440  # pixels of a side: 200 per inch on 180 mm
_QUALITY = 80


def picture(content: bytes, page: int | None) -> bytes:
    """Return a page of an original as an upright JPEG for print.

    Args:
        content: the file.
        page: the page of a PDF or TIFF, from 1; None for the only one.

    Raises:
        AccountingError: the file cannot be decoded; the message is the cause.
    """
    kind, number = kind_of(content), page or 1
    try:
        if kind is Kind.PDF:
            image = _rendered(content, number, _LONGEST)
        else:
            pages = pages_of_pyramid(content, Tiff(content)) if kind is Kind.TIFF else [0]
            image = Image.open(io.BytesIO(to_jpeg(content, pages[number - 1]).image))
    except ImageRefused as error:
        raise AccountingError(str(error)) from None
    except (pypdfium2.PdfiumError, IndexError):
        raise AccountingError(f"page {number} of the {kind.value} cannot be read") from None
    with image, io.BytesIO() as file:
        image.draft("RGB", (_LONGEST, _LONGEST))
        image.thumbnail((_LONGEST, _LONGEST))
        image.convert("RGB").save(file, "JPEG", quality=_QUALITY)
        return file.getvalue()


def rendered_page(content: bytes, number: int, longest: int) -> bytes:
    """Return a page of a PDF as a JPEG.

    Args:
        content: the file.
        number: the page, from 1.
        longest: pixels of its longest side.

    Raises:
        AccountingError: the file is damaged, needs a password, or has no such page.
    """
    try:
        with _rendered(content, number, longest) as image, io.BytesIO() as file:
            image.convert("RGB").save(file, "JPEG", quality=_QUALITY)
            return file.getvalue()
    except (pypdfium2.PdfiumError, IndexError):
        raise AccountingError(f"page {number} of the PDF cannot be read") from None


def _rendered(content: bytes, number: int, longest: int) -> Image.Image:
    """Return a page of a PDF.

    Raises:
        PdfiumError: the file is damaged, or needs a password.
        IndexError: there is no such page.
    """
    with pypdfium2.PdfDocument(content) as file:
        page = file[number - 1]
        scale = longest / max(*page.get_size(), 1)
        image: Image.Image = page.render(scale=scale).to_pil()
        return image
