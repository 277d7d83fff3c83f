"""The image or PDF that the OCR service receives, by URL or as bytes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Protocol

from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition.shrink import LARGEST_OBJECT

_PDF = ".pdf"


@dataclass(frozen=True, repr=False)
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


class File(Protocol):
    """A file to be read: an object of the bucket, or one that an API caller sent."""

    @property
    def key(self) -> str: ...  # noqa: D102 - the object's key for the log; empty without an object
    @property
    def is_pdf(self) -> bool: ...  # noqa: D102 - whether it has pages
    @property
    def is_fetched(self) -> bool: ...  # noqa: D102 - whether the service fetches it from a URL
    def ocr_input(self) -> OcrInput: ...  # noqa: D102 - called once per attempt
    def content(self) -> bytes | None: ...  # noqa: D102 - the bytes; None if they cannot be had


@dataclass(frozen=True)
class StoredFile:
    """An object of the bucket, which the service fetches from a signed URL."""

    store: ObjectStore
    source: Source
    log: Log
    is_fetched: bool = True

    @property
    def key(self) -> str:
        """The object's key."""
        return self.source.key

    @property
    def is_pdf(self) -> bool:
        """Whether its name is that of a PDF."""
        return self.key.lower().endswith(_PDF)

    def ocr_input(self) -> OcrInput:
        """Sign a URL; each attempt gets one of full life."""
        return OcrInput(url=self.store.signed_url(self.source.bucket, self.key))

    def content(self) -> bytes | None:
        """Read the object; None if it is gone or too large to be opened here."""
        with self.log.step("fetch", self.key):
            return self.store.fetch(self.source.bucket, self.key, LARGEST_OBJECT)


@dataclass(frozen=True, repr=False)
class GivenFile:
    """A file that is at hand: bytes, or a URL that an API caller named."""

    given: OcrInput
    is_pdf: bool
    key: str = ""

    @property
    def is_fetched(self) -> bool:
        """Whether it is a URL."""
        return self.given.url is not None

    def ocr_input(self) -> OcrInput:
        """Return it."""
        return self.given

    def content(self) -> bytes | None:
        """Return its bytes; None for a URL."""
        return self.given.content()
