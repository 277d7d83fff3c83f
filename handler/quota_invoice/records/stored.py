"""The records that exist for an input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quota_invoice.errors import ObjectUnavailable
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.settings.layout import BucketLayout


def stored_record(store: ObjectStore, source: Source, key: str) -> dict[str, Any] | None:
    """Return the record or failure record that lies under a key; None if there is none.

    A record in the archive cannot be read, but its time can: one that is newer than the input
    counts as one of the input's content, an older one as one of a former content.
    """
    try:
        return store.read(source.bucket, key)
    except ObjectUnavailable:
        archived = store.describe(source.bucket, key)
        made_at = archived.uploaded_at if archived else None
        is_newer = bool(made_at) and (made_at or "") > (source.uploaded_at or "")
        return {"source": {"etag": source.etag}} if is_newer else {}


def readable_record(store: ObjectStore, bucket: str, key: str) -> dict[str, Any] | None:
    """Return the object under a key as ``ObjectStore.read`` does; an archived one is empty."""
    try:
        return store.read(bucket, key)
    except ObjectUnavailable:
        return {}


def replace_record(
    store: ObjectStore, layout: BucketLayout, former: Mapping[str, Any], new: Mapping[str, Any]
) -> bool:
    """Write a record again with other findings, unless it or its input has changed.

    If the input changes during the write, a newer record may have been replaced: the next sweep
    compares all new records with their inputs.

    Returns:
        Whether the input still has the content of the record, after the write as well.
    """
    source = former["source"]
    bucket, key, etag = source["bucket"], source["key"], source["etag"]

    def is_unchanged() -> bool:
        current = store.describe(bucket, key)
        return current is not None and current.etag == etag

    record_key = layout.record_key(key)
    if not is_unchanged() or readable_record(store, bucket, record_key) != former:
        return False
    store.write(bucket, record_key, new)
    return is_unchanged()
