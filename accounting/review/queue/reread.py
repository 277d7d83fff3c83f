"""Reads one input with its record and reviews, after a decision or an upload."""

from __future__ import annotations

from accounting.bucket import Bucket
from accounting.ledger.cache import Changed
from accounting.ledger.download import download
from accounting.ledger.sync import input_row
from accounting.review.queue.table import Reread
from quota_invoice.obs.objects import Entry
from quota_invoice.reviews.store import entry_names


def read_again(bucket: Bucket, key: str) -> Reread:
    """Return an input as it is now.

    Raises:
        StoreError: the bucket refused a request or cannot be reached.
    """
    layout = bucket.layout
    source = bucket.store.describe(bucket.name, key)
    if source is None:
        return Reread(key, None, (), ())
    listed = Entry(key, source.etag, source.size, source.uploaded_at or "")
    folder = layout.reviews_folder(key)
    names = list(entry_names(bucket.store, layout, bucket.name, key))
    changed = (
        Changed(each, "", is_known=False, reviews_folder=folder, names=names)
        for each in (layout.record_key(key), layout.failure_key(key))
    )
    found = [rows for each in changed if (rows := download(bucket, each))]
    return Reread(
        key,
        input_row(listed, layout),
        tuple(record for record, _ in found),
        tuple(entry for _, entries in found for entry in entries),
    )
