"""How it stands with an input: read, refused, waiting, or unknown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quota_invoice.obs.objects import ObjectInfo
from quota_invoice.parts import Parts
from quota_invoice.records.record import SCHEMA, Source, etag_of


def source_of(bucket: str, key: str, info: ObjectInfo) -> Source:
    """Give the source that a record of the object would name."""
    return Source(bucket, key, info.etag, info.size, info.version_id, info.modified_at)


def standing(parts: Parts, bucket: str, key: str) -> dict[str, Any] | None:
    """Give the record, the failure record, or what says that there is neither yet.

    What was made of content that the object no longer has is not told: new content is waiting. Of
    an object that is gone, what it left is told.

    Returns:
        A document whose ``status`` says which it is; None if nothing is known of the input.
    """
    keys, store = parts.settings.keys, parts.store
    record = store.read(bucket, keys.result(key))
    info = store.describe(bucket, key)
    if record and _is(record, "recognized", info):
        return record
    failure = store.read(bucket, keys.failure(key))
    if failure and _is(failure, "failed", info):
        return failure
    if info is None:
        return None
    source = source_of(bucket, key, info)
    return {"schema": SCHEMA, "status": "pending", "source": asdict(source)}


def _is(document: dict[str, Any], status: str, info: ObjectInfo | None) -> bool:
    """Tell whether a document is of that kind, none of somebody else's, and of this content."""
    return document.get("status") == status and (info is None or etag_of(document) == info.etag)
