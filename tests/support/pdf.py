"""PDFs of blank pages, for tests whose OCR service is a fake."""

from __future__ import annotations

import io
from functools import cache

from pypdf import PdfWriter


@cache
def pdf_of(pages: int, title: str = "") -> bytes:
    """Return a PDF with so many pages; its content differs by title."""
    writer = PdfWriter()
    writer.add_metadata({"/Title": title})
    for _ in range(pages):
        writer.add_blank_page(200, 100)
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()
