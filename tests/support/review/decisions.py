"""Entries of reviews in a bucket in memory."""

from __future__ import annotations

from itertools import count
from typing import Any

from quota_invoice.reviews.entry import Decision, ReviewEntry, Verdict
from quota_invoice.reviews.store import write_entry
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.ledger.record_store import RecordStore

_NUMBERS = count(1)


def decide(
    store: RecordStore,
    key: str,
    verdict: Verdict | None,
    fields: dict[str, str] | None = None,
    *,
    place: int = 1,
    seen: tuple[str, ...] = (),
    by: str = "王芳",
    etag: str | None = None,
    **decision: Any,
) -> str:
    """Add an entry on an input's present content, and return the entry's name."""
    name = f"20261126T000000.{next(_NUMBERS):06}Z-00000000"
    entry = ReviewEntry(
        name,
        key,
        etag or store.source(key)["etag"],
        place,
        Decision(verdict, fields or {}, **decision),
        (),
        seen,
        "",
        by,
        "2026-11-26T00:00:00Z",
    )
    write_entry(store, DEFAULT_LAYOUT, "invoices", entry)
    return name
