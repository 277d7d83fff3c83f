"""The number of pages of a PDF, which the OCR service does not tell, and its single pages."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from quota_invoice.errors import FileRefused
from quota_invoice.recognition.formats.memory import LARGEST_FILE

if TYPE_CHECKING:
    from pypdf import PdfReader, PdfWriter

# Bytes. The tables of a PDF with 100,000 objects have less; a few KB can hold millions of entries.
_LARGEST_TABLE = 1 << 20
_NOT_SHOWN = ("/Metadata", "/PieceInfo", "/Thumb")  # an editor's own data may be large


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

    def page(self, number: int, largest: int) -> bytes:
        """Return a page, from 1, as a PDF of its own, without encryption.

        It has only what the page shows. If it is too large, its images are made smaller.

        Args:
            number: the page.
            largest: bytes; the result has more only if its images do not help.

        Raises:
            FileRefused: the page is damaged.
        """
        # Imported when first needed: most invocations have no PDF.
        from pypdf import apply_configuration  # noqa: PLC0415 - see above

        from quota_invoice.recognition.formats.pdf_resources import DAMAGED  # noqa: PLC0415

        try:
            with apply_configuration(maximum_declared_stream_length=LARGEST_FILE):
                return self._page(self._reader, number, largest)
        except DAMAGED:
            raise FileRefused("File.Damaged", f"page {number} of the PDF is damaged") from None
        finally:
            if self._reader:
                self._reader.resolved_objects.clear()  # each page's images would stay in memory

    @staticmethod
    def _page(reader: PdfReader | None, number: int, largest: int) -> bytes:
        from pypdf import PdfWriter  # noqa: PLC0415 - see above

        from quota_invoice.recognition.formats.pdf_images import scale_images  # noqa: PLC0415
        from quota_invoice.recognition.formats.pdf_resources import trim  # noqa: PLC0415

        if reader is None:
            raise ValueError
        page = reader.pages[number - 1]
        trim(page)
        writer = PdfWriter()
        writer.add_page(page, _NOT_SHOWN)
        content = _written(writer)
        excess = len(content) - largest
        if excess <= 0:
            return content
        del content  # an image needs the memory
        scale_images(writer, excess)
        return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


def _open(content: bytes) -> tuple[PdfReader | None, int | None]:
    # Imported when first needed: most invocations have no PDF.
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415 - see above

    from quota_invoice.recognition.formats.pdf_resources import DAMAGED  # noqa: PLC0415 - see above

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its lines are not JSON
    try:
        with apply_configuration(zlib_maximum_output_length=_LARGEST_TABLE):
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted and not reader.decrypt(""):
                raise FileRefused("File.Locked", "the PDF needs a password")
            return reader, len(reader.pages) or None
    except DAMAGED:
        return None, None
