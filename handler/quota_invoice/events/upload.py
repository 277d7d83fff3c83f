"""An upload that an event announces, and how an entry of an event is read."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_plus

from quota_invoice.errors import EventError
from quota_invoice.json_values import member, outline, text_of

_NULL_VERSION = "null"  # OBS's version id of an object in a bucket without versioning


class Upload(NamedTuple):
    """One object that was created, according to an event.

    Attributes:
        bucket: the bucket's name.
        key: the object's key, decoded once; may be empty.
        raw_key: the key as it stands in the event. It differs from ``key`` if the event encodes
            keys, or if it does not and the key itself holds a ``+`` or a ``%``.
        etag: the object's ETag in lower case, without quotes; None if the event has none.
        size: bytes, or None.
        version_id: the object's version, or None.
        uploaded_at: the event's time as it stands there, or None.
        event_name: such as ``ObjectCreated:Put``; empty if the event has none.
        event_id: an id to find the event by in other logs, or None.
        retry_failed: whether content that could not be read before is read again.
    """

    bucket: str
    key: str
    raw_key: str
    etag: str | None = None
    size: int | None = None
    version_id: str | None = None
    uploaded_at: str | None = None
    event_name: str = ""
    event_id: str | None = None
    retry_failed: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the object may have, most likely first."""
        return (self.key,) if self.key == self.raw_key else (self.key, self.raw_key)

    @property
    def is_creation(self) -> bool:
        """Whether an object was created; true for an event without a name."""
        return not self.event_name or "objectcreated" in self.event_name.lower()


def parse_entry(
    entry: object, event_name: str, *, uploaded_at: str | None = None, event_id: str | None = None
) -> Upload | EventError:
    """Read the part of an event that names one object: ``bucket`` and ``object``.

    This is the only place that decodes object keys.
    """
    bucket = text_of(member(member(entry, "bucket"), "name"))
    item = member(entry, "object")
    key = member(item, "key")
    if bucket is None or not isinstance(key, str):
        return EventError(f"an entry does not name its bucket and key: {outline(entry)}")
    etag = text_of(member(item, "eTag"))
    size = member(item, "size")
    version = text_of(member(item, "versionId"))
    return Upload(
        bucket=bucket,
        key=unquote_plus(key),
        raw_key=key,
        etag=etag.strip('"').lower() if etag else None,
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        version_id=None if version == _NULL_VERSION else version,
        uploaded_at=uploaded_at,
        event_name=event_name,
        event_id=event_id,
    )
