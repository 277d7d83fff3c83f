"""GET /invoices: inputs with their status, page by page, in the order of keys.

Inputs that are gone are listed if they are asked for, in the order of their records' keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from quota_invoice.api.request_context import RequestContext
from quota_invoice.api.requests import DUPLICATE, NEEDS_REVIEW, ListRequest, parse_list_request
from quota_invoice.api.responses import Response
from quota_invoice.api.status import present_record, reading_records, status_record
from quota_invoice.deadline import FOR_PAGE, SHORTEST_REQUEST
from quota_invoice.errors import OutOfTime, RecordUnavailable
from quota_invoice.obs.leftovers import Recorded, walk_records
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, Listing, State, walk
from quota_invoice.records.record import Status, etag_of
from quota_invoice.records.stored import readable_record
from quota_invoice.reviews.store import entry_names

_LARGEST_PAGE = 4 << 20  # bytes; the function's response has at most 6 MB, quotes escaped
_FOR_ENVELOPE = 8 << 10  # bytes of a page besides its entries; most for a key of 1,024 bytes
_STATUS = {
    State.DONE: Status.RECOGNIZED,
    State.FAILED: Status.FAILED,
    State.MISSING: Status.PENDING,
}
_FILTERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    NEEDS_REVIEW: lambda invoice: invoice.get("needs_review") is True,
    DUPLICATE: lambda invoice: invoice.get("duplicate_of") is not None,
}
"""Whether an invoice is one of the requested ones, by the request's ``status``."""


def get_invoices(context: RequestContext) -> Response:
    """Return a page.

    If few inputs have the requested status, time may run out before the page is full; and invoices
    may take more bytes than a response can have. Then it has fewer entries than its limit, or none,
    and ``next`` says where to continue. An entry whose invoices alone are too large has none, and
    neither has one whose record is in the archive.
    """
    wanted = parse_list_request(context.request)
    layout = context.settings.layout
    below = layout.requested_path(wanted.prefix)
    # "after" may be any key, since only inputs are listed.
    start = layout.input_prefix + wanted.after.removeprefix(layout.input_prefix)
    after = start if wanted.after else ""
    bucket = context.bucket
    reserved = max(SHORTEST_REQUEST, min(FOR_PAGE, context.deadline.remaining() / 2))

    def listing(prefix: str, marker: str) -> Iterator[Entry]:
        for entry in context.store.listing(bucket, prefix, marker):
            seconds = context.deadline.remaining()
            if seconds < reserved:  # other objects may fill many pages of the listing
                raise OutOfTime(seconds)
            yield entry

    candidates = _gone if wanted.status == Status.GONE.value else _present
    invoices: list[dict[str, Any]] = []
    last, following, size = after, None, _FOR_ENVELOPE
    try:
        for key, entry in candidates(context, wanted, listing, after, below):
            if len(invoices) == wanted.limit:
                following = last
                break
            if found := _fitting(entry()):
                size += _size(found)
                if invoices and size > _LARGEST_PAGE:
                    following = last
                    break
                invoices.append(found)
            last = key
    except OutOfTime:
        if last == after:
            raise  # a page that continues where it began would never end
        following = last
    return Response(200, {"invoices": invoices, "next": following or None})


def _fitting(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an entry, without its invoices if a page has no room for them."""
    if entry and _FOR_ENVELOPE + _size(entry) > _LARGEST_PAGE:
        return {**entry, "invoices": None}
    return entry


def _size(entry: dict[str, Any]) -> int:
    """Return the bytes of an entry and its comma."""
    return len(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")) + 2


_Candidates = Iterator[tuple[str, Callable[[], dict[str, Any] | None]]]
"""Keys of inputs, each with the function that makes its entry, or None if it has none."""


def _present(
    context: RequestContext, wanted: ListRequest, listing: Listing, after: str, below: str
) -> _Candidates:
    for finding in walk(listing, context.settings.layout, after, below):
        yield finding.entry.key, partial(_entry, context, finding, wanted)


def _gone(
    context: RequestContext, wanted: ListRequest, listing: Listing, after: str, below: str
) -> _Candidates:
    layout = context.settings.layout
    for recorded in walk_records(listing, layout, after, below):
        key = recorded.key or _key_in_record(context, recorded)
        if key and not layout.reason_to_ignore(key):  # it may have a record from before
            yield key, partial(_gone_entry, context, key, recorded, wanted)


def _entry(context: RequestContext, finding: Finding, wanted: ListRequest) -> dict[str, Any] | None:
    """Return an input's entry; None if it is not wanted, or is gone by now."""
    entry, record, shown = finding.entry, None, None
    recorded = Status.RECOGNIZED if finding.is_recorded else Status.PENDING  # by the times
    status = _STATUS.get(finding.state, recorded).value
    try:
        if finding.state is State.UNSURE or (finding.state is State.DONE and wanted.needs_records):
            record = _record(context, entry)
            status = record["status"] if record else Status.GONE.value
        if status == Status.GONE.value or wanted.status not in {None, status, *_FILTERS}:
            return None
        if wanted.needs_records:
            shown = _invoices(context, entry, status, record)
    except RecordUnavailable:
        if wanted.status not in {None, status}:
            return None
    is_wanted = _FILTERS.get(wanted.status or "")
    if is_wanted and not any(map(is_wanted, shown or ())):
        return None
    return {
        "key": entry.key,
        "status": status,
        "etag": entry.etag,
        "size": entry.size,
        "uploaded_at": entry.modified_at or None,
        "record": context.record_path(entry.key),
        **({"invoices": shown} if wanted.has_invoices else {}),
    }


def _invoices(
    context: RequestContext, entry: Entry, status: str, record: dict[str, Any] | None
) -> list[dict[str, Any]] | None:
    """Return the invoices of an input; those of a failed one were entered by hand."""
    if status == Status.PENDING.value:
        return None
    if record is None:
        layout, store = context.settings.layout, context.store
        # Most failed inputs have no entry: their failure records are not read.
        if not any(entry_names(store, layout, context.bucket, entry.key)):
            return None
        record = status_record(context, entry.key)
    return present_record(context, record).get("invoices") if record else None


def _record(context: RequestContext, entry: Entry) -> dict[str, Any] | None:
    """Return an input's record or the one that says its status."""
    key = context.settings.layout.record_key(entry.key)
    with reading_records():
        record = context.store.read(context.bucket, key)
    return record if etag_of(record) == entry.etag else status_record(context, entry.key)


def _gone_entry(
    context: RequestContext, key: str, recorded: Recorded, wanted: ListRequest
) -> dict[str, Any] | None:
    """Return the entry of an input that has a record; None if it exists."""
    if not recorded.may_be_gone:
        return None
    try:
        record = status_record(context, key)
    except RecordUnavailable:
        return None
    if record is None or record["status"] != Status.GONE.value:
        return None
    source = record["source"] or {}
    return {
        "key": key,
        "status": Status.GONE.value,
        "etag": str(source.get("etag") or ""),
        "size": source.get("size") or 0,
        "uploaded_at": source.get("uploaded_at"),
        "record": context.record_path(key),
        **({"invoices": record["record"].get("invoices")} if wanted.has_invoices else {}),
    }


def _key_in_record(context: RequestContext, recorded: Recorded) -> str | None:
    """Return the key of an input whose record has a hashed key."""
    layout, record_key = context.settings.layout, recorded.record.key
    record = readable_record(context.store, context.bucket, record_key) or {}
    source = record.get("source")
    key = source.get("key") if isinstance(source, dict) else None
    if not isinstance(key, str):
        return None
    return key if record_key in {layout.record_key(key), layout.failure_key(key)} else None
