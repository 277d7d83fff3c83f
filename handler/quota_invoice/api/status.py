"""Status of an input: recognized, failed, pending, gone or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

from quota_invoice.api.request_context import RequestContext
from quota_invoice.deadline import SHORTEST_REQUEST
from quota_invoice.errors import ObjectUnavailable, RecordUnavailable
from quota_invoice.obs.objects import Source
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import Status, etag_of, gone, pending
from quota_invoice.reviews.store import read_effective

_MOST_ASKED = 100  # invoices of one record that are looked up in the index


def status_record(context: RequestContext, key: str) -> dict[str, Any] | None:
    """Return the input's record, its failure record, or one with status ``pending`` or ``gone``.

    A record of content that the object no longer has does not count: the new content is pending.
    That an object is gone stands in no record, since an upload of the same name may come next.

    Returns:
        The record; None if neither the object nor a record exists.

    Raises:
        RecordUnavailable: it is in the archive.
        ObjectUnavailable: the object itself is, and has no failure record.
    """
    layout, store, bucket = context.settings.layout, context.store, context.bucket
    with reading_records():
        record = store.read(bucket, layout.record_key(key))
    try:
        source = store.describe(bucket, key)
    except ObjectUnavailable:
        with reading_records():
            failure = store.read(bucket, layout.failure_key(key))
        if failure and _matches(failure, Status.FAILED, None):
            return failure
        raise
    if record and _matches(record, Status.RECOGNIZED, source):
        return record if source else gone(record)
    with reading_records():
        failure = store.read(bucket, layout.failure_key(key))
    if failure and _matches(failure, Status.FAILED, source):
        return failure if source else gone(failure)
    return pending(source) if source else None


@contextmanager
def reading_records() -> Iterator[None]:
    """Turn an object that cannot be read into a record that is unavailable.

    Raises:
        RecordUnavailable: an object is in the archive, or another account's.
    """
    try:
        yield
    except ObjectUnavailable as error:
        raise RecordUnavailable(error.message) from None


def _matches(record: dict[str, Any], status: Status, source: Source | None) -> bool:
    """Whether an object is such a record, and stands for the input's present content, if any."""
    return record.get("status") == status.value and (
        source is None or etag_of(record) == source.etag
    )


def present_record(context: RequestContext, record: dict[str, Any]) -> dict[str, Any]:
    """Return a stored record with people's decisions, and the duplicates that are known now.

    A failure record gets the invoices that people entered by hand. An invoice beyond the first 100
    of a file, or beyond the time, has the duplicate that was known when the record was written.

    Raises:
        RecordUnavailable: a person's decision is in the archive.
    """
    asked = count(1)

    def may_ask() -> bool:
        return next(asked) <= _MOST_ASKED and context.deadline.remaining() > 2 * SHORTEST_REQUEST

    def reviewed(stored: Mapping[str, Any]) -> dict[str, Any]:
        settings, bucket = context.settings, context.bucket
        return read_effective(
            context.store, settings.layout, bucket, stored, settings.confidence_below
        )

    if record.get("status") not in {Status.RECOGNIZED.value, Status.FAILED.value}:
        return record
    index = AppearanceIndex(context.store, context.settings.layout, reviewed)
    with reading_records():
        return index.derive(reviewed(record), may_ask)
