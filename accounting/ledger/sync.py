"""Brings the cache up to date: lists the whole bucket, and downloads new and changed records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from accounting.bucket import Bucket
from accounting.ledger.cache import Cache
from accounting.ledger.download import download_changes
from accounting.ledger.flat import day_in_china
from accounting.progress import Notice
from quota_invoice.invoice.duplicates import Appearance, identity
from quota_invoice.obs.objects import Entry
from quota_invoice.reviews.store import folder_and_name
from quota_invoice.settings.layout import BucketLayout

_LISTED = 5000  # rows of an insert
_PARTS = 3  # of a marker's key: code, number, appearance
_RETRY = re.compile(r"(.*)\.([0-9]+)\.json", re.DOTALL)
_SUFFIX = ".json"


def synchronize(cache: Cache, bucket: Bucket, notice: Notice) -> int:
    """List the bucket and download the records that are new, changed or reviewed since.

    It may run again on the same open cache; until a listing is complete, queries see the former
    one.

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
    downloaded = download_changes(cache, bucket, notice)
    if cache.has_archived():
        _list_markers(cache, bucket)
    return downloaded


def _list(cache: Cache, bucket: Bucket, notice: Notice) -> None:
    layout, count = bucket.layout, 0
    cache.begin_listing()
    for table, rows in _listings(bucket.listing, layout):
        for batch in _batches(rows):
            cache.add_listed(table, batch)
            count += len(batch)
            notice("listing", count, None)
    cache.end_listing()


def _listings(
    listing: Callable[[str], Iterable[Entry]], layout: BucketLayout
) -> Iterator[tuple[str, Iterable[tuple[Any, ...]]]]:
    """Yield the rows of the listings, by the names of their tables."""
    # The records come first: if one is written meanwhile, its input is listed, and pending.
    for outputs in (layout.results_prefix, layout.failures_prefix):
        records = (_record(entry, outputs, layout) for entry in listing(outputs))
        yield "listed", filter(None, records)
    reviews = (folder_and_name(entry.key) for entry in listing(layout.reviews_prefix))
    yield "reviews", filter(None, reviews)
    tries = (_RETRY.fullmatch(entry.key) for entry in listing(layout.retries_prefix))
    yield "retries", ((match[1], int(match[2])) for match in tries if match)
    yield "inputs", (input_row(entry, layout) for entry in listing(layout.input_prefix))


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while batch := list(islice(left, _LISTED)):
        yield batch


def _record(entry: Entry, outputs: str, layout: BucketLayout) -> tuple[str, str, str] | None:
    """Return the row of a record or failure record; None for another object."""
    path = entry.key.removeprefix(outputs).removesuffix(_SUFFIX)
    is_record = entry.key.endswith(_SUFFIX)
    return (entry.key, entry.etag, f"{layout.reviews_prefix}{path}/") if is_record else None


def input_row(entry: Entry, layout: BucketLayout) -> tuple[Any, ...]:
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


def _list_markers(cache: Cache, bucket: Bucket) -> None:
    """List the index of appearances, which tells the invoices of records in the archive."""
    prefix = bucket.layout.index_prefix
    paths = (entry.key.removeprefix(prefix).split("/") for entry in bucket.listing(prefix))
    markers = (
        (code, number, int(number), appearance)
        for code, number, appearance in (path for path in paths if len(path) == _PARTS)
        if identity({"code": code, "number": number})
    )
    for batch in _batches(markers):
        cache.add_markers(batch)
