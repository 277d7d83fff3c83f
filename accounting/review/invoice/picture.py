"""Pictures of inputs that a browser can show; the type follows from the bytes, never from a name.

SVG, HTML and other files that could hold a program are never shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from accounting.bucket import Bucket
from accounting.errors import AccountingError
from accounting.packet.pictures import rendered_page
from accounting.review.context import ReviewContext
from quota_invoice.errors import ImageRefused
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.formats.conversion import to_jpeg
from quota_invoice.recognition.formats.kinds import Kind, kind_of, without_head
from quota_invoice.recognition.formats.memory import LARGEST_OBJECT
from quota_invoice.recognition.formats.pyramid import pages_of_pyramid
from quota_invoice.recognition.formats.tiff import Tiff

_SHOWN = {
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.GIF: "image/gif",
    Kind.WEBP: "image/webp",
    Kind.BMP: "image/bmp",
    Kind.AVIF: "image/avif",
}
"""The media types of the kinds that browsers show."""
_MADE = "image/jpeg"
_LONGEST_PAGE = 3000  # pixels of a PDF page's longest side: small print can be read at it
_KEPT_BYTES = 24 << 20


class NotShown(AccountingError):
    """A file that cannot be shown as a picture.

    Args:
        reason: the cause, as a key of the page's texts: ``kind``, ``damaged``, ``large`` or
            ``gone``.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the file cannot be shown: {reason}")


class Picture(NamedTuple):
    """A picture of one page.

    Attributes:
        content: its bytes.
        media_type: its type.
        scale: its sides, relative to those of the upright original; None for a page of a PDF.
    """

    content: bytes
    media_type: str
    scale: float | None = 1.0


def picture_of(content: bytes, page: int = 1) -> Picture:
    """Return a page of a file as a picture: unchanged if browsers can show it.

    Args:
        content: the file.
        page: the page of a PDF or TIFF, from 1.

    Raises:
        NotShown: the file has another kind, is damaged, or has no such page.
    """
    kind = kind_of(content)
    if kind in _SHOWN:
        if page != 1:
            raise NotShown("gone")
        return Picture(without_head(content), _SHOWN[kind])
    try:
        if kind is Kind.PDF:
            return Picture(rendered_page(content, page, _LONGEST_PAGE), _MADE, None)
        if kind.is_image:
            pages = pages_of_pyramid(content, Tiff(content)) if kind is Kind.TIFF else [0]
            if page > len(pages):
                raise NotShown("gone")
            made = to_jpeg(content, pages[page - 1], shortest=1)
            return Picture(made.image, _MADE, made.view.scale)
    except (AccountingError, ImageRefused) as error:
        if isinstance(error, NotShown):
            raise
        raise NotShown("damaged") from None
    raise NotShown("kind")


class Pictures:
    """The pictures of a bucket's inputs; those that were made are kept for a while.

    Args:
        bucket: the bucket.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._kept: OrderedDict[tuple[str, str, int], Picture] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, source: Source, page: int) -> Picture:
        """Return the picture of a page of an input.

        Raises:
            NotShown: as ``picture_of``; or the input is too large or gone.
        """
        key = (source.key, source.etag, page)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if source.size > LARGEST_OBJECT:
            raise NotShown("large")
        content = self._bucket.store.fetch(source, LARGEST_OBJECT)
        if content is None:
            raise NotShown("gone")
        picture = picture_of(content, page)
        if picture.content is not content:
            self._keep(key, picture)
        return picture

    def _keep(self, key: tuple[str, str, int], picture: Picture) -> None:
        with self._lock:
            self._kept[key] = picture
            while sum(len(each.content) for each in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)


def pictures_of(context: ReviewContext) -> Pictures:
    """Return the pictures that all requests share."""
    return context.part(_pictures)


def _pictures(context: ReviewContext) -> Pictures:
    return Pictures(context.bucket)
