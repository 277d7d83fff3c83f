"""The number of pages of a PDF, which the OCR service does not tell."""

from __future__ import annotations

import io
import logging


def page_count(content: bytes) -> int | None:
    """Return a PDF's number of pages; None if the file is damaged or needs a password."""
    # Imported when first needed: most invocations have no PDF.
    from pypdf import PdfReader  # noqa: PLC0415 - see above
    from pypdf.errors import PyPdfError  # noqa: PLC0415 - see above

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its lines are not JSON
    try:
        return len(PdfReader(io.BytesIO(content)).pages)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # the library raises all of these for damaged files
