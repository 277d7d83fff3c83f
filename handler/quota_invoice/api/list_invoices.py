"""GET /invoices: the inputs and how it stands with each, page by page, in the order of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quota_invoice.api.request_context import Call
from quota_invoice.api.requests import page_of
from quota_invoice.api.responses import Answer
from quota_invoice.api.status import standing
from quota_invoice.errors import OutOfTime
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, State, walk
from quota_invoice.retry import LEAST_SECONDS

_STATUS = {State.DONE: "recognized", State.FAILED: "failed", State.MISSING: "pending"}
# With less than that left, or half of all, a page is given as it is: further ones are asked for
# from there on.
_RESERVED_SECONDS = 2.0


def get_invoices(call: Call) -> Answer:
    """Give a page.

    Where a status is asked for that few have, a page may have fewer entries than its limit, even
    none, because time was up; ``next`` then tells where to go on all the same.
    """
    wish = page_of(call.request)
    keys = call.parts.settings.keys
    below = keys.asked_below(wish.prefix)
    # Only a place to go on after: whatever key it is, nothing but inputs is listed.
    after = keys.input_prefix + wish.after.removeprefix(keys.input_prefix) if wish.after else ""
    bucket = call.bucket
    reserved = max(LEAST_SECONDS, min(_RESERVED_SECONDS, call.parts.seconds_left() / 2))

    def listing(prefix: str, marker: str) -> Iterator[Entry]:
        for entry in call.parts.store.listing(bucket, prefix, marker):
            seconds = call.parts.seconds_left()
            if seconds < reserved:  # many may lie between two inputs that are none
                raise OutOfTime(seconds)
            yield entry

    invoices: list[dict[str, Any]] = []
    last, following = after, None
    try:
        for finding in walk(listing, keys, after, below):
            if len(invoices) == wish.limit:
                following = last
                break
            status = _status(call, bucket, finding)
            if status and wish.status in {None, status}:
                invoices.append(_entry(call, finding.entry, status))
            last = finding.entry.key
    except OutOfTime:
        if last == after:
            raise  # a page that goes on where it began would do so for ever
        following = last
    return Answer(200, {"invoices": invoices, "next": following or None})


def _status(call: Call, bucket: str, finding: Finding) -> str | None:
    """Give the status of an input; None of one that no record can have, or that is gone by now."""
    if finding.state is not State.UNSURE:
        return _STATUS.get(finding.state)
    document = standing(call.parts, bucket, finding.entry.key)
    return str(document["status"]) if document else None


def _entry(call: Call, entry: Entry, status: str) -> dict[str, Any]:
    return {
        "key": entry.key,
        "status": status,
        "etag": entry.etag,
        "size": entry.size,
        "uploaded_at": entry.modified_at or None,
        "record": call.address(entry.key),
    }
