"""Renders a page of a PDF, for Auto Classification.

Runs in ``sandbox_worker``: PDFium renders any page, without a limit on its work.
"""

from __future__ import annotations

import pypdfium2
from PIL import Image

from ocr_service.decode.images import MAX_BYTES, MAX_SIDE, check_sides
from ocr_service.errors import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, ApiError

_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 200  # an A4 page is then about 1,600 pixels wide


class PdfPage:
    """A page of a PDF, not rendered yet; ``number`` starts at 1, ``area`` is the number of pixels.

    Raises:
        ApiError: the PDF is unreadable, too large, or has no such page.
    """

    def __init__(self, data: bytes, number: int) -> None:
        if len(data) > MAX_BYTES:
            raise ApiError(BAD_SIZE)
        try:
            pdf = pypdfium2.PdfDocument(data)
            if number > len(pdf):
                raise ApiError(BAD_PARAMETER, "the PDF has no such page")
            self._page = pdf[number - 1]
            width, height = self._page.get_size()
        except pypdfium2.PdfiumError:
            raise ApiError(BAD_FORMAT) from None
        self._scale = min(
            _DOTS_PER_INCH / _POINTS_PER_INCH, (MAX_SIDE - 1) / (max(width, height) or 1)
        )
        self.area = round(width * height * self._scale**2)

    def decode(self) -> Image.Image:
        """Return the page as an image of at most 4,096 pixels a side.

        Raises:
            ApiError: the page cannot be rendered, or is too narrow.
        """
        try:
            bitmap = self._page.render(scale=self._scale, rev_byteorder=True)
            image: Image.Image = (
                bitmap.to_pil().copy()
            )  # the original may share the bitmap's memory
        except pypdfium2.PdfiumError:
            raise ApiError(BAD_FORMAT) from None
        check_sides(image.size)
        return image
