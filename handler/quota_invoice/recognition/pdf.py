"""The number of pages of a PDF, which the OCR service does not tell."""

from __future__ import annotations

import io
import logging

# Bytes. The tables of a PDF with 100,000 objects have less; a few KB can hold millions of entries.
_LARGEST_TABLE = 1 << 20
# The library raises all of these for damaged files.
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


def page_count(content: bytes) -> int | None:
    """Return a PDF's number of pages; None if the file is damaged or needs a password."""
    # Imported when first needed: most invocations have no PDF.
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415 - see above
    from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415 - see above

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its lines are not JSON
    try:
        with apply_configuration(zlib_maximum_output_length=_LARGEST_TABLE):
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted and not reader.decrypt(""):
                return None
            return len(reader.pages) or None
    except (PyPdfError, DependencyError, *_DAMAGED):
        return None
