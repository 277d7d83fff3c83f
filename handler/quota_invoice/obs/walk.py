"""Inputs side by side with their records: which of them need work.

Three listings are read in step, a page of each at a time, so that a bucket of any size is walked
in constant memory, and no record is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, pairwise

from quota_invoice.errors import UnusableKey
from quota_invoice.obs.objects import Entry
from quota_invoice.settings.layout import Keys

Listing = Callable[[str, str], Iterable[Entry]]
"""Gives the objects under a prefix whose keys come after one, in the order of keys."""


class State(Enum):
    """What the listings tell of an input."""

    MISSING = "missing"  # it has neither record nor failure
    DONE = "done"  # it has a record of later date
    FAILED = "unreadable"  # it has a failure of later date, and no record
    UNSURE = "unsure"  # only a look at its record can tell
    UNUSABLE = "unusable"  # no record can have its key


@dataclass(frozen=True)
class Finding:
    """An input and what is known of it.

    Attributes:
        entry: its line of the listing.
        state: whether it needs work.
        has_both: whether it has a record and a failure: one of them is left over.
    """

    entry: Entry
    state: State
    has_both: bool = False


def walk(listing: Listing, keys: Keys, after: str = "", below: str = "") -> Iterator[Finding]:
    """Give every input, in the order of keys.

    Where a listing is not in that order (some stores list folder by folder), records are missed:
    then inputs are said to be missing that are not, never the reverse.

    Args:
        listing: lists the bucket.
        keys: where inputs lie and records go.
        after: the input to go on after; empty for all.
        below: a path under the input prefix, to walk only inputs whose keys go on after it.
    """
    records = _Shelf(listing, keys.results_prefix + below)
    failures = _Shelf(listing, keys.failures_prefix + below)
    inputs = listing(keys.input_prefix + below, after)
    for entry, following in pairwise(chain(inputs, [None])):
        if entry is None or keys.why_not(entry.key):
            continue
        if following and following.key.startswith(entry.key):
            # Of "a" and "a-b" the records come in the other order: "a-b.json", "a.json". What such
            # inputs have is looked up instead.
            yield Finding(entry, State.UNSURE)
            continue
        try:
            record_key, failure_key = keys.result(entry.key), keys.failure(entry.key)
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
    # Times are told to the second: within the same one, the input may be the newer.
    if made.modified_at <= entry.modified_at:
        return Finding(entry, State.UNSURE)
    return Finding(entry, State.DONE if record else State.FAILED)


class _Shelf:
    """A listing from which entries are taken in the order of keys.

    It begins at the first that is asked for: before that may lie any number whose inputs are gone.
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
