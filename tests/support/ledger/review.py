"""Entries of reviews in a bucket in memory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, ReviewEntry, Verdict
from quota_invoice.reviews.states import texts_of
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
    record = store.records.get(DEFAULT_LAYOUT.record_key(key), {})
    place += FIRST_BY_HAND - 1 if is_by_hand else 0
    entry = ReviewEntry(
        name,
        key,
        etag(store.objects[key]),
        place,
        {} if is_by_hand else texts_of(record["invoices"][place - 1]),
        record.get("processed_at"),
        Decision(verdict, fields or {}, duplicate_of, accepted),
        (),
        seen,
        "",
        by,
        "2026-11-23T00:00:00Z",
        reason,
    )
    write_entry(store, DEFAULT_LAYOUT, "invoices", entry)
    return name
