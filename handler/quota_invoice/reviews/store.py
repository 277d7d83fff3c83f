"""The entries of reviews in the bucket."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from quota_invoice.invoice.fields import CONFIDENCE_BELOW
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.entry import NAME, ReviewEntry, parse_entry
from quota_invoice.settings.layout import BucketLayout

_SUFFIX = ".json"


def folder_and_name(object_key: str) -> tuple[str, str] | None:
    """Return the folder and the name of an entry by its object's key; None for another object.

    >>> folder_and_name("reviews/2026/a.jpg/20261122T000000.000000Z-0123abcd.json")
    ('reviews/2026/a.jpg/', '20261122T000000.000000Z-0123abcd')
    >>> folder_and_name("reviews/a/20261122T000000.000000Z-0123abcd")
    >>> folder_and_name("reviews/a/note.json")
    """
    folder, slash, name = object_key.removesuffix(_SUFFIX).rpartition("/")
    is_entry = object_key.endswith(_SUFFIX) and NAME.fullmatch(name)
    return (folder + slash, name) if is_entry else None


def entry_names(store: ObjectStore, layout: BucketLayout, bucket: str, key: str) -> Iterator[str]:
    """Yield the names of the entries on an input; one request for each thousand."""
    folder = layout.reviews_folder(key)
    for listed in store.listing(bucket, folder):
        found = folder_and_name(listed.key)
        # A folder below it may hold the entries on another input.
        if found and found[0] == folder:
            yield found[1]


def read_entries(
    store: ObjectStore, layout: BucketLayout, bucket: str, key: str
) -> list[ReviewEntry]:
    """Return the entries on an input, in the order of their names; one request for each.

    An object that is no entry of this schema is left out.

    Raises:
        ObjectUnavailable: an entry is in the archive: without it, the decisions are unknown.
    """
    return read_named(store, layout, bucket, key, entry_names(store, layout, bucket, key))


def read_named(
    store: ObjectStore, layout: BucketLayout, bucket: str, key: str, names: Iterable[str]
) -> list[ReviewEntry]:
    """Return the entries on an input with these names; see ``read_entries``."""
    found = []
    for name in names:
        value = store.read(bucket, f"{layout.reviews_folder(key)}{name}{_SUFFIX}")
        try:
            entry = parse_entry(name, value)
        except ValueError:
            continue
        if entry.key == key:
            found.append(entry)
    return found


def read_effective(
    store: ObjectStore,
    layout: BucketLayout,
    bucket: str,
    record: Mapping[str, Any],
    confidence_below: float = CONFIDENCE_BELOW,
) -> dict[str, Any]:
    """Return a stored record or failure record with people's decisions, as ``effective_record``.

    Raises:
        ObjectUnavailable: an entry is in the archive.
    """
    source = record.get("source")
    key = source.get("key") if isinstance(source, Mapping) else None
    if not isinstance(key, str):
        return dict(record)
    return effective_record(record, read_entries(store, layout, bucket, key), confidence_below)


def write_entry(store: ObjectStore, layout: BucketLayout, bucket: str, entry: ReviewEntry) -> None:
    """Add an entry; its name is new, so that it replaces nothing.

    Raises:
        ValueError: the entry could not be read again; nothing is written.
        StoreError: the bucket did not take it, or its response did not come.
    """
    content = entry.to_json()
    parse_entry(entry.name, content)
    store.write(bucket, f"{layout.reviews_folder(entry.key)}{entry.name}{_SUFFIX}", content)


def new_name(now: datetime) -> str:
    """Return a name for an entry that is written now.

    >>> new_name(datetime(2026, 11, 22, tzinfo=timezone.utc))[:23]
    '20261122T000000.000000Z'
    """
    return f"{now.astimezone(timezone.utc):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
