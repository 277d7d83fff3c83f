"""The file that the OCR service reads, and the form in which it receives it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import NamedTuple

from quota_invoice.obs.objects import Identified, Source

_PDF = b"%PDF-"
_PDF_WITHIN = 1024  # bytes; readers accept other bytes before a PDF's own


def is_pdf(content: bytes) -> bool:
    """Whether a file, or its beginning, is a PDF."""
    return _PDF in content[:_PDF_WITHIN]


@dataclass(frozen=True, repr=False, eq=False)
class OcrInput:
    """One of a URL, bytes and Base64; it has no ``repr``, since the URL is signed.

    Attributes:
        url: a URL that the service fetches.
        image: the file's bytes.
        encoded: the file in Base64 as an API caller sent it, which is passed on unchanged.
    """

    url: str | None = None
    image: bytes | None = None
    encoded: str | None = None

    def members(self) -> dict[str, str]:
        """Return the request body's member."""
        if self.encoded is not None:
            return {"image": self.encoded}
        if self.image is not None:
            return {"image": b64encode(self.image).decode()}
        return {"url": self.url or ""}

    def content(self) -> bytes | None:
        """Return the file's bytes; None for a URL or invalid Base64."""
        if self.encoded is None:
            return self.image
        try:
            return b64decode(self.encoded, validate=True)
        except ValueError:
            return None


class File(NamedTuple):
    """A file to be read: an object of the bucket, or one that an API caller sent.

    Attributes:
        is_pdf: whether it has pages.
        source: the object, whose signed URL the service gets; None if there is none.
        given: the file itself; None for an object.
        is_last_attempt: whether pages that are not recognized are given up.
    """

    is_pdf: bool
    source: Source | None = None
    given: OcrInput | None = None
    is_last_attempt: bool = True

    @classmethod
    def stored(cls, seen: Identified, *, is_last_attempt: bool = False) -> File:
        """Return an object of the bucket; its content tells whether it is a PDF."""
        return cls(is_pdf(seen.beginning), seen.source, is_last_attempt=is_last_attempt)

    @property
    def key(self) -> str:
        """The object's key, for the log; empty if there is none."""
        return self.source.key if self.source else ""

    @property
    def is_fetched(self) -> bool:
        """Whether the service fetches it from a URL, and so may get another file."""
        return self.given is None or self.given.url is not None
