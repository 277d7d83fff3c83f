"""What Auto Classification takes beside images: one page of a PDF."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2

from local.ocr import images
from local.ocr.codes import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, Refusal
from local.ocr.images import LARGEST, WIDEST

if TYPE_CHECKING:
    from local.ocr.images import Pixels

_MARK = b"%PDF-"
_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 200  # a ticket on a page of A4 is then some 1,600 pixels wide
_ONE_AT_A_TIME = threading.Lock()  # PDFium is not made for threads


def decode(data: bytes, page: int | None) -> Pixels:
    """Give an image, or a page of a PDF, as an array of shape (height, width, 3), RGB, uint8.

    Args:
        data: the file.
        page: which page of a PDF, from 1; the first by default.

    Raises:
        Refusal: neither an image as `images.decode` takes it nor a PDF that can be read, too
            large, or without that page.
    """
    if not data.startswith(_MARK):
        return images.decode(data)
    if len(data) > LARGEST:
        raise Refusal(BAD_SIZE)
    with _ONE_AT_A_TIME:
        return _page(data, page or 1)


def _page(data: bytes, number: int) -> Pixels:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        raise Refusal(BAD_FORMAT) from None
    try:
        if number > len(document):
            raise Refusal(BAD_PARAMETER, "the document has no such page")
        page = document[number - 1]
        side = max(page.get_size()) or 1
        scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, (WIDEST - 1) / side)
        return np.array(page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3])
    except pypdfium2.PdfiumError:
        raise Refusal(BAD_FORMAT) from None
    finally:
        document.close()
