"""Inputs that failed for a temporary reason: sweeps try them again, and give up in the end.

Each of them has an object below the retries' prefix. The object's key tells the number of failed
attempts, and its time tells the last one: the listing alone shows whether the input is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.obs.objects import Entry, ObjectStore, Source
from quota_invoice.obs.walk import Finding, OrderedListing
from quota_invoice.records.record import retry_record
from quota_invoice.settings.layout import BucketLayout
from quota_invoice.times import parse_time

# The time from each failed attempt to the next one. After the attempt that follows the last of
# them, the failure is final.
_WAITS = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
)


@dataclass(frozen=True)
class Tries:
    """The failed attempts at an input's present content.

    Attributes:
        attempts: their number.
        due_at: the time of the next attempt.
        keys: the objects that say so, and those of former contents.
    """

    attempts: int
    due_at: datetime
    keys: tuple[str, ...]

    @property
    def are_exhausted(self) -> bool:
        """Whether one more failed attempt makes the failure final."""
        return self.attempts >= len(_WAITS)


class Retries:
    """Reads and writes the retries of one sweep; threads may share it.

    Args:
        store: the bucket.
        bucket: its name.
        layout: the prefix of retries.
        now: returns the present time, UTC.
    """

    def __init__(
        self, store: ObjectStore, bucket: str, layout: BucketLayout, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._layout = layout
        self._now = now
        self._listing = OrderedListing(
            lambda prefix, after: store.listing(bucket, prefix, after), layout.retries_prefix
        )

    def take(self, finding: Finding) -> Tries | None:
        """Return an input's attempts; None if the listing does not show them in order.

        Inputs are asked for in the order of their keys, by one thread.
        """
        start = self._start(finding.entry)
        if not finding.is_ordered or self._listing.is_behind(start):
            return None
        return self._tries(finding.entry, self._listing.take_all(start))

    def look_up(self, entry: Entry) -> Tries:
        """Return an input's attempts by a listing of its own."""
        start = self._start(entry)
        return self._tries(entry, self._store.listing(self._bucket, start, ""))

    def is_due(self, tries: Tries) -> bool:
        """Whether it is time for the next attempt."""
        return tries.due_at <= self._now()

    def postpone(self, source: Source, error: QuotaInvoiceError, tries: Tries) -> None:
        """Note one more failed attempt."""
        attempts = tries.attempts + 1
        key = self._layout.retry_key(source.key, attempts)
        # Before the former one is removed: a crash in between must not forget the attempts.
        self._store.write(self._bucket, key, retry_record(source, error, attempts))
        self.remove([former for former in tries.keys if former != key])

    def remove(self, keys: Iterable[str]) -> None:
        """Remove an input's objects, after its record or final failure was written."""
        for key in keys:
            self._store.delete(self._bucket, key)

    def _start(self, entry: Entry) -> str:
        return self._layout.retry_key(entry.key, 0).removesuffix("0.json")

    def _tries(self, entry: Entry, listed: Iterable[Entry]) -> Tries:
        attempts, tried_at, keys = 0, "", []
        for found in listed:
            number = self._layout.attempts_of(found.key, entry.key)
            if number is None:
                continue
            keys.append(found.key)
            # An older one is of a content that was replaced.
            if found.modified_at > entry.modified_at and number > attempts:
                attempts, tried_at = number, found.modified_at
        return Tries(attempts, _due_at(attempts, tried_at), tuple(keys))


def _due_at(attempts: int, tried_at: str) -> datetime:
    tried = parse_time(tried_at)
    if tried is None:
        return datetime.min.replace(tzinfo=timezone.utc)
    return tried + _WAITS[min(attempts, len(_WAITS)) - 1]
