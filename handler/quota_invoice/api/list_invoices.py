"""GET /invoices: inputs with their status, page by page, in the order of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quota_invoice.api.request_context import RequestContext
from quota_invoice.api.requests import parse_list_request
from quota_invoice.api.responses import Response
from quota_invoice.api.status import status_record
from quota_invoice.deadline import FOR_PAGE, SHORTEST_REQUEST
from quota_invoice.errors import OutOfTime
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, State, walk
from quota_invoice.records.record import Status

_STATUS = {
    State.DONE: Status.RECOGNIZED,
    State.FAILED: Status.FAILED,
    State.MISSING: Status.PENDING,
}


def get_invoices(context: RequestContext) -> Response:
    """Return a page.

    If few inputs have the requested status, time may run out before the page is full. Then it has
    fewer entries than its limit, or none, and ``next`` says where to continue.
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

    invoices: list[dict[str, Any]] = []
    last, following = after, None
    try:
        for finding in walk(listing, layout, after, below):
            if len(invoices) == wanted.limit:
                following = last
                break
            status = _status(context, finding)
            if status and wanted.status in {None, status}:
                invoices.append(_entry(context, finding.entry, status))
            last = finding.entry.key
    except OutOfTime:
        if last == after:
            raise  # a page that continues where it began would never end
        following = last
    return Response(200, {"invoices": invoices, "next": following or None})


def _status(context: RequestContext, finding: Finding) -> str | None:
    """Return an input's status; None if it is gone by now."""
    if finding.state is not State.UNSURE:
        return _STATUS[finding.state].value
    record = status_record(context, finding.entry.key)
    return str(record["status"]) if record else None


def _entry(context: RequestContext, entry: Entry, status: str) -> dict[str, Any]:
    return {
        "key": entry.key,
        "status": status,
        "etag": entry.etag,
        "size": entry.size,
        "uploaded_at": entry.modified_at or None,
        "record": context.record_path(entry.key),
    }
