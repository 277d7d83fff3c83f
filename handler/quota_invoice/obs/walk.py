"""Inputs side by side with their records, to find those that need work.

The listings are read in step, one page of each at a time, so that a bucket of any size is walked
in constant memory. No record is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice, tee

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


@dataclass(frozen=True)
class Finding:
    """An input and its state.

    Attributes:
        entry: the input's line of the listing.
        state: its state.
        record: the line of its record, or None.
        failure: the line of its failure record, or None.
        is_ordered: whether its records come in the order of inputs; otherwise the listings do not
            show them.
    """

    entry: Entry
    state: State
    record: Entry | None = None
    failure: Entry | None = None
    is_ordered: bool = True

    @property
    def is_missing(self) -> bool:
        """Whether it has neither record nor failure record."""
        return self.state is State.MISSING

    @property
    def is_recorded(self) -> bool:
        """Whether a record or failure record is newer than the input; an older one is outdated."""
        made = filter(None, (self.record, self.failure))
        return any(each.modified_at > self.entry.modified_at for each in made)

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
        return True


def walk(
    listing: Listing, layout: BucketLayout, after: str = "", below: str = "", since: str = ""
) -> Iterator[Finding]:
    """Yield every input with its state, in the order of keys.

    Some stores list folder by folder, not in the order of keys. Then an input that has a record
    may be found missing, but never the reverse.

    Args:
        listing: lists the bucket.
        layout: prefixes of inputs and records.
        after: the input to continue after; empty for all.
        below: a path below the input prefix; only inputs whose keys begin with it are walked.
        since: a time to the second, UTC; records written then or later are not trusted, since the
            write of an older content may have come late. Empty to trust all.
    """
    records = OrderedListing(listing, layout.results_prefix + below)
    failures = OrderedListing(listing, layout.failures_prefix + below)
    listed = listing(layout.input_prefix + below, after)
    inputs, ahead = tee(entry for entry in listed if not layout.reason_to_ignore(entry.key))
    for entry, following in zip(inputs, chain(islice(ahead, 1, None), [None]), strict=False):
        # The records of "a" and "a-b" come in another order than these: "a-b.json", "a.json".
        is_prefix = following is not None and following.key.startswith(entry.key)
        if is_prefix or not layout.keeps_order(entry.key):
            yield Finding(entry, State.UNSURE, is_ordered=False)
            continue
        record = records.take(layout.record_key(entry.key))
        failure = failures.take(layout.failure_key(entry.key))
        yield Finding(entry, _state(entry, record, failure, since), record, failure)


def _state(entry: Entry, record: Entry | None, failure: Entry | None, since: str) -> State:
    made = record or failure
    if made is None:
        return State.MISSING
    # Times have a resolution of one second: within the same one, the input may be newer.
    is_old = made.modified_at <= entry.modified_at
    is_new = bool(since) and made.modified_at >= since
    if (record and failure) or is_old or is_new:
        return State.UNSURE
    return State.DONE if record else State.FAILED


class OrderedListing:
    """A listing from which entries are taken in the order of keys.

    It begins at the first requested key: any number of records whose inputs are gone may lie before
    it.
    """

    def __init__(self, listing: Listing, prefix: str) -> None:
        self._listing = listing
        self._prefix = prefix
        self._entries: Iterator[Entry] | None = None
        self._next: Entry | None = None
        self._start = ""

    def is_behind(self, start: str) -> bool:
        """Whether entries that begin like this were passed: the store lists folder by folder."""
        return start < self._start

    def take(self, key: str) -> Entry | None:
        """Return the entry of this key, or None; keys are asked for in their order."""
        found = self.take_all(key)
        return found[0] if found and found[0].key == key else None

    def take_all(self, start: str) -> list[Entry]:
        """Return the entries whose keys begin like this; beginnings are asked for in order."""
        self._start = max(self._start, start)
        if self._entries is None:
            self._entries = iter(self._listing(self._prefix, start[:-1]))
            self._next = next(self._entries, None)
        while self._next and self._next.key < start:
            self._next = next(self._entries, None)
        found = []
        while self._next and self._next.key.startswith(start):
            found.append(self._next)
            self._next = next(self._entries, None)
        return found
