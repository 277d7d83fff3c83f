"""The file that the OCR service reads, and the form in which it receives it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import suppress
from typing import NamedTuple

from quota_invoice.obs.objects import BEGINNING, Identified, Source
from quota_invoice.recognition.formats.kinds import Kind, kind_of, may_be_transparent

_BEGINNING = BEGINNING // 3 * 4  # characters of Base64
_OF_URLS = str.maketrans("-_", "+/")


class OcrInput(NamedTuple):
    """One of a URL, bytes and Base64; its ``repr`` says nothing, since the URL is signed.

    Attributes:
        url: a URL that the service fetches.
        image: the file's bytes.
        encoded: the file in Base64 as an API caller sent it, which is passed on unchanged.
    """

    url: str | None = None
    image: bytes | None = None
    encoded: str | None = None

    def __repr__(self) -> str:  # noqa: D105 - as above
        return object.__repr__(self)

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
        return _decoded(self.encoded)


def _decoded(text: str) -> bytes | None:
    """Return the bytes of Base64; None if it is invalid.

    Encoders differ: lines, spaces, the alphabet of URLs, and no padding are all usual.
    """
    text = "".join(text.split()).rstrip("=").translate(_OF_URLS)
    with suppress(ValueError):
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    return None


class File(NamedTuple):
    """A file to be read: an object of the bucket, or one that an API caller sent.

    Attributes:
        kind: its kind, by its content.
        source: the object, whose signed URL the service gets; None if there is none.
        given: the file itself; None for an object.
        is_last_attempt: whether pages that are not recognized are given up.
        may_be_transparent: whether it is a PNG with parts through which the ground shows.
    """

    kind: Kind
    source: Source | None = None
    given: OcrInput | None = None
    is_last_attempt: bool = True
    may_be_transparent: bool = False

    @classmethod
    def stored(cls, seen: Identified, *, is_last_attempt: bool) -> File:
        """Return an object of the bucket."""
        return cls(
            kind_of(seen.beginning),
            seen.source,
            is_last_attempt=is_last_attempt,
            may_be_transparent=may_be_transparent(seen.beginning),
        )

    @classmethod
    def sent(cls, encoded: str) -> File:
        """Return a file that an API caller sent in Base64; if it is none, the service says so."""
        given = OcrInput(encoded=encoded)
        # Spaces and line ends are a small part of any text, and may be at any place.
        content = _decoded("".join(encoded[: 2 * _BEGINNING].split())[:_BEGINNING])
        if content is None:
            return cls(Kind.UNKNOWN, given=given)
        return cls(kind_of(content), given=given, may_be_transparent=may_be_transparent(content))

    @classmethod
    def at(cls, url: str, *, is_pdf: bool) -> File:
        """Return a file behind a URL, whose content only the service sees."""
        return cls(Kind.PDF if is_pdf else Kind.UNKNOWN, given=OcrInput(url=url))

    @property
    def key(self) -> str:
        """The object's key, for the log; empty if there is none."""
        return self.source.key if self.source else ""

    @property
    def size(self) -> int:
        """Its bytes in the bucket; 0 if it is not there."""
        return self.source.size if self.source else 0

    @property
    def is_fetched(self) -> bool:
        """Whether the service fetches it from a URL, and so may get another file."""
        return self.given is None or self.given.url is not None
