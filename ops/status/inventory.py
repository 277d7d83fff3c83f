"""The inventory of a bucket: its inputs by state, from listings and from records' facts."""

from __future__ import annotations

import functools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ops.status.cache import SummaryCache
from ops.status.summary import Summary, summarize
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.obs.objects import Entry, ObjectStore, Source
from quota_invoice.obs.walk import Finding, State, walk
from quota_invoice.records.stored import stored_record
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.store import folder_and_name, read_named
from quota_invoice.settings.layout import BucketLayout
from quota_invoice.sweep.comparison import state_of

_THREADS = 16
_ORDER = (State.UNSURE, State.FAILED, State.DONE, State.MISSING)  # of reading
_MOST_UNREAD = 200_000  # inputs that are kept to be read, so that memory is bounded


@dataclass
class Inventory:
    """The inputs of a bucket.

    Attributes:
        inputs: all of them.
        records: inputs with a record of their content.
        failures: final failures by the error's code; ``not read`` for those that were not read.
        pending: inputs with neither.
        waiting: objects below the retries' prefix, one per input that is tried again later.
        oldest: the pending input that was uploaded first, or None.
        undecided: inputs whose records have to be read to know, and were not.
        doubtful: records with an invoice that a person should check, and has not.
        reviews: invoices that people decided, by the word of ``Summary.reviews``.
        reviewed: inputs with an entry of a review on any content.
        unread: records that were not read, so that the figures from records are incomplete.
        calls: OCR requests of records, by month.
        billed: billed results of records, by month.
    """

    inputs: int = 0
    records: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    pending: int = 0
    waiting: int = 0
    oldest: Entry | None = None
    undecided: int = 0
    doubtful: int = 0
    reviews: Counter[str] = field(default_factory=Counter)
    reviewed: int = 0
    unread: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    billed: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """Records that were read, now or by a former run."""
        return self.records + self.undecided - self.unread


Facts = tuple["Summary | None", "Summary | None"]
NOT_READ = "not read"


class InventoryTaker:
    """Takes the inventory: lists the bucket, and reads the records that the cache does not know.

    Args:
        store: the bucket.
        bucket: its name.
        layout: its prefixes.
        cache: facts of records that were read before.
        clock: returns a number of seconds that only grows.
    """

    def __init__(
        self,
        store: ObjectStore,
        bucket: str,
        layout: BucketLayout,
        cache: SummaryCache,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._layout = layout
        self._cache = cache
        self._clock = clock
        self._found = Inventory()
        self._unread: list[Finding] = []
        self._reviews: defaultdict[str, list[str]] = defaultdict(list)  # names by folders

    def list(self) -> None:
        """List the bucket, and count the inputs whose records need not be read."""
        listing = functools.partial(self._store.listing, self._bucket)
        for entry in listing(self._layout.reviews_prefix):
            if found := folder_and_name(entry.key):
                self._reviews[found[0]].append(found[1])
        self._found.reviewed = len(self._reviews)
        for finding in walk(listing, self._layout):
            self._found.inputs += 1
            facts = self._known(finding)
            if facts is not None:
                self._count(finding, facts)
            elif len(self._unread) < _MOST_UNREAD:
                self._unread.append(finding)
            else:
                self._count_unread(finding)
        self._found.waiting = sum(1 for _ in listing(self._layout.retries_prefix, ""))

    def read(self, seconds: float) -> Inventory:
        """Read records for so many seconds, and return the inventory.

        Inputs with a failure come first, since a person has to know of them; then those whose state
        has to be read, then the newest records.
        """
        self._unread.sort(key=_modified_at, reverse=True)
        self._unread.sort(key=lambda each: (each.failure is None, _ORDER.index(each.state)))
        end = self._clock() + seconds
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="status")
        try:
            results = pool.map(lambda finding: self._facts(finding, end), self._unread)
            for finding, facts in zip(self._unread, results, strict=True):
                if facts is None:
                    self._count_unread(finding)
                else:
                    self._count(finding, facts)
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C does not wait for the others
        return self._found

    def _known(self, finding: Finding) -> Facts | None:
        """Return the facts of an input's records; None if one of them has to be read."""
        if not finding.is_ordered:
            return None
        facts = [
            self._cache.get(self._revision(finding, each)) if each else None
            for each in _entries(finding)
        ]
        has_all = all(one or not each for one, each in zip(facts, _entries(finding), strict=True))
        return (facts[0], facts[1]) if has_all else None

    def _facts(self, finding: Finding, end: float) -> Facts | None:
        if self._clock() >= end:
            return None
        record, failure = _entries(finding)
        key = finding.entry.key
        return (
            self._fact(finding, record, self._layout.record_key(key)),
            self._fact(finding, failure, self._layout.failure_key(key)),
        )

    def _fact(self, finding: Finding, listed: Entry | None, key: str) -> Summary | None:
        if listed is None and finding.is_ordered:
            return None
        revision = self._revision(finding, listed) if listed else ""
        known = self._cache.get(revision) if listed else None
        if known is not None:
            return known
        entry = finding.entry
        source = Source(self._bucket, entry.key, entry.etag, entry.size, None, entry.modified_at)
        record = stored_record(self._store, source, key)
        summary = None if record is None else summarize(self._reviewed(finding, record))
        if listed and summary:
            self._cache.add(revision, summary)
        return summary

    def _names(self, finding: Finding) -> Sequence[str]:
        return self._reviews.get(self._layout.reviews_folder(finding.entry.key), ())

    def _revision(self, finding: Finding, listed: Entry) -> str:
        """Return the record's ETag; with reviews, another text for each set of their entries."""
        names = self._names(finding)
        marks = "".join(names)
        return f"{listed.etag}+{sha256(marks.encode()).hexdigest()}" if names else listed.etag

    def _reviewed(self, finding: Finding, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record with people's decisions."""
        names, key = self._names(finding), finding.entry.key
        try:
            found = read_named(self._store, self._layout, self._bucket, key, names)
        except ObjectUnavailable:  # a decision is in the archive: the record counts as it was read
            return record
        return effective_record(record, found)

    def _count(self, finding: Finding, facts: Facts) -> None:
        found, (record, failure) = self._found, facts
        state = finding.state
        if state is State.UNSURE:
            state = state_of(
                finding.entry.etag,
                record.to_record() if record else None,
                failure.to_record() if failure else None,
            )
        if state is State.MISSING:
            found.pending += 1
            if found.oldest is None or finding.entry.modified_at < found.oldest.modified_at:
                found.oldest = finding.entry
        elif state is State.FAILED and not (failure and failure.reviews):
            found.failures[failure.code if failure else NOT_READ] += 1
        else:
            found.records += 1
            shown = failure if state is State.FAILED else record
            found.doubtful += shown.is_doubtful if shown else 0
            found.reviews.update(shown.reviews.split() if shown else ())
        if record:
            found.calls[record.month] += record.calls
            found.billed[record.month] += record.billed

    def _count_unread(self, finding: Finding) -> None:
        found = self._found
        if finding.state is State.UNSURE:
            found.undecided += 1
        elif finding.state is State.FAILED:
            found.failures[NOT_READ] += 1
            return
        else:
            found.records += 1
        found.unread += 1


def _entries(finding: Finding) -> tuple[Entry | None, Entry | None]:
    return finding.record, finding.failure


def _modified_at(finding: Finding) -> str:
    return finding.record.modified_at if finding.record else ""
