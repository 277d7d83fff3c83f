"""The number of pages of a PDF, which the OCR service does not tell, and its single pages."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from quota_invoice.errors import FileRefused

if TYPE_CHECKING:
    from pypdf import PdfReader

# Bytes. The tables of a PDF with 100,000 objects have less; a few KB can hold millions of entries.
_LARGEST_TABLE = 1 << 20
# The library raises all of these for damaged files.
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class PdfFile:
    """A PDF that is opened here; damaged ones are left to the OCR service.

    Args:
        content: the file.

    Attributes:
        pages: the number of pages; None if the file is damaged.

    Raises:
        FileRefused: it needs a password.
    """

    def __init__(self, content: bytes) -> None:
        self._reader, self.pages = _open(content)

    def page(self, number: int) -> bytes:
        """Return a page, from 1, as a PDF of its own, without encryption.

        Raises:
            FileRefused: the page is damaged.
        """
        from pypdf import PdfWriter  # noqa: PLC0415 - most invocations have no PDF
        from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415 - see above

        try:
            if self._reader is None:
                raise ValueError
            writer = PdfWriter()
            writer.add_page(self._reader.pages[number - 1])
            with io.BytesIO() as file:
                writer.write(file)
                return file.getvalue()
        except (PyPdfError, DependencyError, *_DAMAGED):
            raise FileRefused("File.Damaged", f"page {number} of the PDF is damaged") from None


def _open(content: bytes) -> tuple[PdfReader | None, int | None]:
    # Imported when first needed: most invocations have no PDF.
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415 - see above
    from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415 - see above

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its lines are not JSON
    try:
        with apply_configuration(zlib_maximum_output_length=_LARGEST_TABLE):
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted and not reader.decrypt(""):
                raise FileRefused("File.Locked", "the PDF needs a password")
            return reader, len(reader.pages) or None
    except (PyPdfError, DependencyError, *_DAMAGED):
        return None, None
