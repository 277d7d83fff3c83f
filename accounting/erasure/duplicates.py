"""Records of other inputs that name an erased input as an invoice's first appearance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accounting.erasure.traces import history_of, of_key
from accounting.erasure.versions import Version, Versioned
from accounting.errors import AccountingError
from quota_invoice.json_values import member, text_of
from quota_invoice.records.appearances import AppearanceIndex


def derive_duplicates(
    versioned: Versioned, keys: frozenset[str], found: Iterable[Version]
) -> Iterator[str]:
    """Derive the records anew that name erased inputs, and remove their versions that do.

    Only records of the same invoices name them, so those are found by the index. It is read before
    the erased inputs' entries are removed, and after their objects are, which no longer count then.

    Args:
        versioned: the bucket.
        keys: the erased inputs' keys.
        found: their traces.

    Yields:
        The changed records' keys.

    Raises:
        AccountingError: a record was written meanwhile.
        StoreError: the bucket refused a request or cannot be reached.
    """
    bucket = versioned.bucket
    index = AppearanceIndex(bucket.store, bucket.layout)
    for name in _records(versioned, _others(versioned, keys, found)):
        record = bucket.store.read(bucket.name, name) or {}
        if _names(record, keys):
            derived = index.derive(record)
            if _names(derived, keys) or bucket.store.read(bucket.name, name) != record:
                raise AccountingError(f"{name} was written meanwhile; run the same command again")
            bucket.store.write(bucket.name, name, derived)
            yield name
        for version in of_key(versioned, name):
            if _names(versioned.read(version), keys):
                versioned.remove(version)


def _others(versioned: Versioned, keys: frozenset[str], found: Iterable[Version]) -> list[str]:
    """Return the keys of other inputs that show the same invoices, by all versions of the index."""
    start = versioned.bucket.layout.index_prefix
    invoices = {each.key.rpartition("/")[0] for each in found if each.key.startswith(start)}
    others = {
        text_of(versioned.read(version).get("key"))
        for invoice in invoices
        for version in versioned.listing(f"{invoice}/")
    }
    return sorted(key for key in others if key and key not in keys)


def _records(versioned: Versioned, keys: Iterable[str]) -> Iterator[str]:
    """Yield the keys of the records of inputs, those of former contents included."""
    for key in keys:
        yield versioned.bucket.layout.record_key(key)
        yield from dict.fromkeys(version.key for version in history_of(versioned, key))


def _names(record: Mapping[str, Any], keys: frozenset[str]) -> bool:
    invoices = record.get("invoices")
    entries = invoices if isinstance(invoices, list) else []
    return any(text_of(member(entry, "duplicate_of")) in keys for entry in entries)
