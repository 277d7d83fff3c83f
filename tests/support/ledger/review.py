"""Entries of reviews in a bucket in memory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from quota_invoice.reviews.entry import Decision, ReviewEntry, Verdict
from quota_invoice.reviews.store import write_entry
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.ledger.record_store import RecordStore

_NUMBERS = count()
ALL_FIELDS = {
    "code": "144031909110",
    "number": "91234561",
    "location": "广东省深圳市",
    "amount": "￥50.00",
}


def review(
    store: RecordStore,
    key: str,
    verdict: Verdict | None = Verdict.CORRECTED,
    fields: Mapping[str, str] | None = None,
    *,
    place: int = 1,
    by: str = "李会计",
    seen: tuple[str, ...] = (),
    duplicate_of: str | None = None,
    accepted: tuple[str, ...] = (),
    is_by_hand: bool = False,
    reason: str = "",
) -> str:
    """Add an entry on the present content of an input, and return the entry's name."""
    name = f"20261123T000000.{next(_NUMBERS):06}Z-0123abcd"
    decision = Decision(verdict, fields or {}, duplicate_of, accepted, is_by_hand)
    entry = ReviewEntry(
        name,
        key,
        etag(store.objects[key]),
        place,
        decision,
        (),
        seen,
        "",
        by,
        "2026-11-23T00:00:00Z",
        reason,
    )
    write_entry(store, DEFAULT_LAYOUT, "invoices", entry)
    return name
