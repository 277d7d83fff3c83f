"""The bucket as all but the store see it: what is done with it, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class ObjectInfo:
    """What the bucket says of an object: ETag (lower case, no quotes), bytes, version, time."""

    etag: str
    size: int
    version_id: str | None
    modified_at: str | None


@dataclass(frozen=True)
class Entry:
    """A line of a listing: key, ETag (lower case, no quotes), bytes, time to the second."""

    key: str
    etag: str
    size: int
    modified_at: str


class Bucket(Protocol):
    """All that is done with the bucket; ``store.Store`` does it."""

    def signed_url(self, bucket: str, key: str) -> str: ...  # noqa: D102 - see Store
    def signed_put(  # noqa: D102 - see Store
        self, bucket: str, key: str, seconds: int, content_type: str | None
    ) -> str: ...
    def describe(self, bucket: str, key: str) -> ObjectInfo | None: ...  # noqa: D102 - see Store
    def read(self, bucket: str, key: str) -> dict[str, Any] | None: ...  # noqa: D102 - see Store
    def fetch(self, bucket: str, key: str, limit: int) -> bytes | None: ...  # noqa: D102 - see Store
    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]: ...  # noqa: D102 - see Store
    def write(self, bucket: str, key: str, document: Mapping[str, Any]) -> None: ...  # noqa: D102 - see Store
    def delete(self, bucket: str, key: str) -> None: ...  # noqa: D102 - see Store
