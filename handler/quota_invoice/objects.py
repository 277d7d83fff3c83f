"""What a bucket tells of its objects, whoever asks it."""

from __future__ import annotations

from dataclasses import dataclass


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
