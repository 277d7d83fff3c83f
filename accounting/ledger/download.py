"""Downloads records with the entries of their reviews, as rows of the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from accounting.bucket import Bucket
from accounting.ledger.cache import Cache, Changed
from accounting.ledger.flat import flat_record
from accounting.ledger.rows import EntryRow, RecordRow
from accounting.progress import Notice
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.json_values import member
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.entry import ReviewEntry, parse_entry

THREADS = 16
"""Downloads at the same time."""
_BATCH = 1000  # records; an interrupted run loses no more


def download_changes(cache: Cache, bucket: Bucket, notice: Notice) -> int:
    """Download the records that changed, or whose reviews did, and return their number.

    Raises:
        StoreError: the bucket refused a request or cannot be reached. The records downloaded so far
            are kept.
    """
    total, done = cache.find_changes(), 0
    notice("records", done, total)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="records") as pool:
        for batch in cache.changed_batches(_BATCH):
            found = pool.map(lambda changed: download(bucket, changed), batch)
            cache.replace(batch, [each for each in found if each])
            done += len(batch)
            notice("records", done, total)
    return done


def download(bucket: Bucket, changed: Changed) -> tuple[RecordRow, Sequence[EntryRow]] | None:
    """Return the rows of a record; None if it was removed after the listing."""
    try:
        record = bucket.store.read(bucket.name, changed.key)
        if record is None:
            return None
        key = member(record.get("source"), "key")
        entries = [entry for entry in _entries(bucket, changed) if entry.key == key]
    except ObjectUnavailable:
        # Of a review in the archive as well: nobody knows the values that count.
        return RecordRow(changed.key, changed.revision, "", "", "archived"), []
    return flat_record(changed.key, changed.revision, effective_record(record, entries))


def _entries(bucket: Bucket, changed: Changed) -> Iterator[ReviewEntry]:
    """Yield the listed entries of reviews; another program's objects are left out."""
    for name in changed.names:
        value = bucket.store.read(bucket.name, f"{changed.reviews_folder}{name}.json")
        try:
            yield parse_entry(name, value)
        except ValueError:
            continue
