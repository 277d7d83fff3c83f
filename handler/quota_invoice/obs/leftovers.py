"""Records side by side with the inputs, to find those whose input is gone.

Two listings of records and one of inputs are read in step, in constant memory; no record is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Listing, OrderedListing
from quota_invoice.settings.layout import BucketLayout


class Recorded(NamedTuple):
    """An input that has a record or failure record.

    Attributes:
        key: the input's key; None if only the record tells it.
        record: the line of its record, or of its failure record if it has no other.
        may_be_gone: whether the listing of inputs lacks it. The records of "a" and "a-b" come in
            another order than these, and some stores list in an order of their own: only a request
            for the input itself tells for sure.
    """

    key: str | None
    record: Entry
    may_be_gone: bool


def walk_records(
    listing: Listing, layout: BucketLayout, after: str = "", below: str = ""
) -> Iterator[Recorded]:
    """Yield every input that has a record or failure record, in the order of records' keys.

    Args:
        listing: lists the bucket.
        layout: prefixes of inputs and records.
        after: the input to continue after; empty for all.
        below: a path below the input prefix, with which the inputs' keys begin.
    """
    start = layout.record_key(after).removeprefix(layout.results_prefix) if after else ""
    prefixes = (layout.results_prefix, layout.failures_prefix)
    listings = [_records(listing, prefix, below, start) for prefix in prefixes]
    inputs = OrderedListing(listing, layout.input_prefix + below)
    for path, records in groupby(merge(*listings, key=_path), _path):
        _, record = next(records)
        key = layout.input_key(path)
        yield Recorded(key, record, may_be_gone=key is None or inputs.take(key) is None)


def _path(named: tuple[str, Entry]) -> str:
    return named[0]


def _records(listing: Listing, prefix: str, below: str, start: str) -> Iterator[tuple[str, Entry]]:
    """Yield the records below a prefix, each with its path there."""
    for entry in listing(prefix + below, prefix + start if start else ""):
        if entry.key.endswith(".json"):  # other objects are the states of sweeps
            yield entry.key.removeprefix(prefix), entry
