"""The number of pages of a PDF, which the OCR service does not tell."""

from __future__ import annotations

import io
import logging

# The library raises all of these for damaged files.
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


def page_count(content: bytes) -> int | None:
    """Return a PDF's number of pages; None if the file is damaged or needs a password."""
    # Imported when first needed: most invocations have no PDF.
    from pypdf import PdfReader  # noqa: PLC0415 - see above
    from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415 - see above

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its lines are not JSON
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return None
        return len(reader.pages) or None
    except (PyPdfError, DependencyError, *_DAMAGED):
        return None
