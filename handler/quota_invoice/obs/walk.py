"""Inputs side by side with their records, to find those that need work.

Three listings are read in step, one page of each at a time, so that a bucket of any size is walked
in constant memory. No record is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, pairwise

from quota_invoice.errors import UnusableKey
from quota_invoice.obs.objects import Entry
from quota_invoice.settings.layout import BucketLayout

Listing = Callable[[str, str], Iterable[Entry]]
"""Lists the objects under a prefix whose keys come after one, in the order of keys."""


class State(Enum):
    """The state of an input, as the listings show it."""

    MISSING = "missing"  # neither record nor failure record
    DONE = "done"  # a record that is newer than the input
    FAILED = "unreadable"  # a failure record that is newer than the input, and no record
    UNSURE = "unsure"  # the record must be read to know
    UNUSABLE = "unusable"  # the key of its record would be invalid


@dataclass(frozen=True)
class Finding:
    """An input and its state.

    Attributes:
        entry: the input's line of the listing.
        state: its state.
        has_both: whether it has a record and a failure record; one of them is left over.
    """

    entry: Entry
    state: State
    has_both: bool = False

    def needs_work(self, *, retry_failed: bool, verify: bool = False) -> bool:
        """Whether the input has to be processed.

        Args:
            retry_failed: whether inputs with a failure record are read again.
            verify: whether records are compared with their inputs although the times agree.
        """
        if self.state is State.FAILED:
            return retry_failed
        if self.state is State.DONE:
            return verify
        return self.state is not State.UNUSABLE


def walk(
    listing: Listing, layout: BucketLayout, after: str = "", below: str = ""
) -> Iterator[Finding]:
    """Yield every input with its state, in the order of keys.

    Some stores list folder by folder, not in the order of keys. Then an input that has a record
    may be found missing, but never the reverse.

    Args:
        listing: lists the bucket.
        layout: prefixes of inputs and records.
        after: the input to continue after; empty for all.
        below: a path below the input prefix; only inputs whose keys begin with it are walked.
    """
    records = _OrderedListing(listing, layout.results_prefix + below)
    failures = _OrderedListing(listing, layout.failures_prefix + below)
    inputs = listing(layout.input_prefix + below, after)
    for entry, following in pairwise(chain(inputs, [None])):
        if entry is None or layout.reason_to_ignore(entry.key):
            continue
        if following and following.key.startswith(entry.key):
            # The records of "a" and "a-b" come in another order than these: "a-b.json", "a.json".
            yield Finding(entry, State.UNSURE)
            continue
        try:
            record_key, failure_key = layout.record_key(entry.key), layout.failure_key(entry.key)
        except UnusableKey:
            yield Finding(entry, State.UNUSABLE)
            continue
        yield _finding(entry, records.take(record_key), failures.take(failure_key))


def _finding(entry: Entry, record: Entry | None, failure: Entry | None) -> Finding:
    if record and failure:
        return Finding(entry, State.UNSURE, has_both=True)
    made = record or failure
    if made is None:
        return Finding(entry, State.MISSING)
    # Times have a resolution of one second: within the same one, the input may be newer.
    if made.modified_at <= entry.modified_at:
        return Finding(entry, State.UNSURE)
    return Finding(entry, State.DONE if record else State.FAILED)


class _OrderedListing:
    """A listing from which entries are taken in the order of keys.

    It begins at the first requested key: any number of records whose inputs are gone may lie before
    it.
    """

    def __init__(self, listing: Listing, prefix: str) -> None:
        self._listing = listing
        self._prefix = prefix
        self._entries: Iterator[Entry] | None = None
        self._next: Entry | None = None

    def take(self, key: str) -> Entry | None:
        if self._entries is None:
            self._entries = iter(self._listing(self._prefix, key[:-1]))
            self._next = next(self._entries, None)
        while self._next and self._next.key < key:
            self._next = next(self._entries, None)
        return self._next if self._next and self._next.key == key else None
