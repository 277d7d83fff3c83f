"""Types of the object store, as the rest of the function sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol


class Source(NamedTuple):
    """An object with one content: the source of a record.

    Attributes:
        bucket: the bucket's name.
        key: the object's key.
        etag: the ETag in lower case, without quotes; it identifies the content.
        size: bytes.
        version_id: the object's version, or None in a bucket without versions.
        uploaded_at: the time of the upload, to the second, as the bucket says, or None.
    """

    bucket: str
    key: str
    etag: str
    size: int
    version_id: str | None
    uploaded_at: str | None


class Entry(NamedTuple):
    """A line of a listing: key, ETag (lower case, no quotes), bytes, time to the second."""

    key: str
    etag: str
    size: int
    modified_at: str


class Identified(NamedTuple):
    """An object as it is now: its source, and its first bytes (``BEGINNING`` at most)."""

    source: Source
    beginning: bytes


BEGINNING = 4096
"""Bytes of an object that its identification reads."""


class ObjectStore(Protocol):
    """The bucket's operations; ``ObsStore`` implements them."""

    def identify(self, bucket: str, key: str) -> Identified | None: ...  # noqa: D102 - see ObsStore
    def signed_url(self, source: Source) -> str: ...  # noqa: D102 - see ObsStore
    def signed_put(  # noqa: D102 - see ObsStore
        self, bucket: str, key: str, seconds: int, content_type: str | None
    ) -> str: ...
    def describe(self, bucket: str, key: str) -> Source | None: ...  # noqa: D102 - see ObsStore
    def read(self, bucket: str, key: str) -> dict[str, Any] | None: ...  # noqa: D102 - see ObsStore
    def fetch(self, source: Source, limit: int) -> bytes | None: ...  # noqa: D102 - see ObsStore
    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]: ...  # noqa: D102 - see ObsStore
    def write(self, bucket: str, key: str, record: Mapping[str, Any]) -> None: ...  # noqa: D102 - see ObsStore
    def delete(self, bucket: str, key: str) -> None: ...  # noqa: D102 - see ObsStore
