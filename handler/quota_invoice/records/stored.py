"""The records that exist for an input."""

from __future__ import annotations

from typing import Any

from quota_invoice.errors import ObjectUnavailable
from quota_invoice.obs.objects import ObjectStore, Source


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
