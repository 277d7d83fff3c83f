"""What Auto Classification takes beside images: one page of a PDF.

Runs where `sandboxed` runs: PDFium draws whatever a page asks for, however long that takes.
"""

from __future__ import annotations

import pypdfium2
from PIL import Image

from ocr_service.contract.errors import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, ApiError
from ocr_service.decode.images import LARGEST, WIDEST, check_sides

_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 200  # a ticket on a page of A4 is then some 1,600 pixels wide


class Page:
    """A page of a PDF, not drawn yet; `number` counts from 1, `area` is its number of pixels.

    Raises:
        ApiError: it cannot be read, is too large, or has no such page.
    """

    def __init__(self, data: bytes, number: int) -> None:
        if len(data) > LARGEST:
            raise ApiError(BAD_SIZE)
        try:
            document = pypdfium2.PdfDocument(data)
            if number > len(document):
                raise ApiError(BAD_PARAMETER, "the document has no such page")
            self._page = document[number - 1]
            width, height = self._page.get_size()
        except pypdfium2.PdfiumError:
            raise ApiError(BAD_FORMAT) from None
        self._scale = min(
            _DOTS_PER_INCH / _POINTS_PER_INCH, (WIDEST - 1) / (max(width, height) or 1)
        )
        self.area = round(width * height * self._scale**2)

    def decoded(self) -> Image.Image:
        """Give it as an image of at most 4,096 pixels a side.

        Raises:
            ApiError: it cannot be drawn, or is too narrow.
        """
        try:
            bitmap = self._page.render(scale=self._scale, rev_byteorder=True)
            image: Image.Image = bitmap.to_pil().copy()  # which may share memory with the bitmap
        except pypdfium2.PdfiumError:
            raise ApiError(BAD_FORMAT) from None
        check_sides(image.size)
        return image
