"""Decisions of people, as entries in a bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from accounting.bucket import Bucket
from quota_invoice.reviews.decide import view
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, ReviewEntry, Verdict
from quota_invoice.reviews.store import read_entries, write_entry
from quota_invoice.times import utc_now

Sees = Callable[[ReviewEntry], bool]


def decide(
    bucket: Bucket,
    key: str,
    verdict: Verdict | None,
    fields: Mapping[str, str] | None = None,
    *,
    by: str = "王芳",
    sees: Sees = lambda _: True,
    etag: str | None = None,
    **decision: Any,
) -> None:
    """Add an entry on an input's first invoice, or on the first one that is entered by hand.

    Args:
        bucket: the bucket.
        key: the input's key.
        verdict: the verdict.
        fields: the texts that replace others.
        by: the person.
        sees: whether the person sees a former entry.
        etag: the ETag of a former content; the present one by default.
        decision: further members of the decision.
    """
    store, layout, name = bucket.store, bucket.layout, bucket.name
    record = store.read(name, layout.record_key(key))
    place = 1 if record and record["invoices"] else FIRST_BY_HAND
    known = record or store.read(name, layout.failure_key(key)) or {}
    entries = filter(sees, read_entries(store, layout, name, key))
    whole = Decision(verdict, fields or {}, **decision)
    entry = view(known, entries, place).entry(whole, by, utc_now())
    write_entry(store, layout, name, replace(entry, etag=etag or entry.etag))
