"""Brings the cache up to date: lists the whole bucket, and downloads new and changed records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any

from accounting.bucket import Bucket
from accounting.ledger.cache import Cache
from accounting.ledger.flat import EntryRow, RecordRow, day_in_china, flat_record
from accounting.progress import Notice
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.invoice.duplicates import Appearance, identity
from quota_invoice.obs.objects import Entry
from quota_invoice.settings.layout import BucketLayout

THREADS = 16
"""Downloads at the same time."""
_LISTED = 5000  # rows of an insert
_BATCH = 1000  # records; an interrupted run loses no more
_PARTS = 3  # of a marker's key: code, number, appearance
_RETRY = re.compile(r"(.*)\.([0-9]+)\.json", re.DOTALL)


def synchronize(cache: Cache, bucket: Bucket, notice: Notice) -> int:
    """List the bucket and download new and changed records.

    Args:
        cache: takes listings and records.
        bucket: the bucket.
        notice: called with the progress.

    Returns:
        The number of downloaded records.

    Raises:
        StoreError: the bucket refused a request or cannot be reached. The records downloaded so far
            are kept.
    """
    _list(cache, bucket, notice)
    cache.forget_unlisted()
    downloaded = _download(cache, bucket, notice)
    if cache.has_archived():
        _list_markers(cache, bucket)
    return downloaded


def _list(cache: Cache, bucket: Bucket, notice: Notice) -> None:
    layout = bucket.layout
    inputs = (_input(entry, layout) for entry in bucket.listing(layout.input_prefix))
    records = chain(bucket.listing(layout.results_prefix), bucket.listing(layout.failures_prefix))
    listed = ((entry.key, entry.etag) for entry in records if entry.key.endswith(".json"))
    tries = (_RETRY.fullmatch(entry.key) for entry in bucket.listing(layout.retries_prefix))
    retries = ((match[1], int(match[2])) for match in tries if match)
    count = 0
    for table, rows in (("inputs", inputs), ("listed", listed), ("retries", retries)):
        while batch := list(islice(rows, _LISTED)):
            cache.add(table, batch)
            count += len(batch)
            notice("listing", count, None)


def _input(entry: Entry, layout: BucketLayout) -> tuple[Any, ...]:
    """Return the row of an input."""
    return (
        entry.key,
        entry.etag,
        entry.modified_at,
        day_in_china(entry.modified_at),
        layout.reason_to_ignore(entry.key),
        layout.record_key(entry.key),
        layout.failure_key(entry.key),
        layout.retry_key(entry.key, 0).removesuffix(".0.json"),
        Appearance(entry.key, entry.modified_at).name,
    )


def _download(cache: Cache, bucket: Bucket, notice: Notice) -> int:
    total, done = cache.missing(), 0
    notice("records", done, total)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="records") as pool:
        for batch in cache.missing_batches(_BATCH):
            _keep(cache, list(pool.map(lambda listed: _read(bucket, *listed), batch)))
            done += len(batch)
            notice("records", done, total)
    return done


def _list_markers(cache: Cache, bucket: Bucket) -> None:
    """List the index of appearances, which tells the invoices of records in the archive."""
    prefix = bucket.layout.index_prefix
    paths = (entry.key.removeprefix(prefix).split("/") for entry in bucket.listing(prefix))
    markers = (
        (code, number, int(number), appearance)
        for code, number, appearance in (path for path in paths if len(path) == _PARTS)
        if identity({"code": code, "number": number})
    )
    while batch := list(islice(markers, _LISTED)):
        cache.add("markers", batch)


def _read(bucket: Bucket, key: str, etag: str) -> tuple[RecordRow, Sequence[EntryRow]] | None:
    """Download a record; None if it was removed after the listing."""
    try:
        record = bucket.store.read(bucket.name, key)
    except ObjectUnavailable:
        return RecordRow(key, etag, "", "", "archived"), []
    return None if record is None else flat_record(key, etag, record)


def _keep(cache: Cache, found: Iterable[tuple[RecordRow, Sequence[EntryRow]] | None]) -> None:
    present = [each for each in found if each]
    with cache.transaction():
        cache.add("records", [record for record, _ in present])
        cache.add("entries", [entry for _, entries in present for entry in entries])
