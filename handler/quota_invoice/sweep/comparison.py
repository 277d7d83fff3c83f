"""The comparison of an input's records with the input."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from quota_invoice.errors import StoreError
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.obs.walk import Finding, State
from quota_invoice.pipeline import Outcome
from quota_invoice.records.record import etag_of
from quota_invoice.records.stored import stored_record
from quota_invoice.settings.layout import BucketLayout


def compare(
    store: ObjectStore,
    layout: BucketLayout,
    source: Source,
    finding: Finding,
    *,
    retry_failed: bool,
) -> Outcome | None:
    """Compare the records that a listing shows with the input's content.

    Args:
        store: the bucket.
        layout: prefixes of records and failure records.
        source: the input, as the listing shows it.
        finding: the input's state; an input out of order may have either record.
        retry_failed: whether a failure record does not count.

    Returns:
        The outcome; None if no record is of the input's content.
    """
    is_unknown = not finding.is_ordered
    failure_key = layout.failure_key(source.key)
    failure = record = None
    if finding.failure or is_unknown:
        failure = stored_record(store, source, failure_key)
    if finding.record or is_unknown:
        record = stored_record(store, source, layout.record_key(source.key))
    state = state_of(source.etag, record, failure)
    if state is State.DONE:
        return _tidy(store, source, failure_key) if failure is not None else Outcome.DUPLICATE
    is_failed = state is State.FAILED and not retry_failed
    return Outcome.DUPLICATE if is_failed else None


def state_of(
    etag: str, record: Mapping[str, Any] | None, failure: Mapping[str, Any] | None
) -> State:
    """Return the state of a content whose record and failure record, if any, were read."""
    if etag_of(record) == etag:
        return State.DONE
    return State.FAILED if etag_of(failure) == etag else State.MISSING


def _tidy(store: ObjectStore, source: Source, failure_key: str) -> Outcome:
    """Remove the failure record beside the record of the present content."""
    with contextlib.suppress(StoreError):  # the next sweep finds both again
        # The listing may be old, and the failure record that of a newer content.
        current = store.describe(source.bucket, source.key)
        if current and current.etag == source.etag:
            store.delete(source.bucket, failure_key)
            return Outcome.TIDIED
    return Outcome.DUPLICATE
