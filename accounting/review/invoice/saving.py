"""Saves a decision; the state is read just before and after, so that nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from accounting.bucket import Bucket
from accounting.review.invoice.decisions import (
    Action,
    Refused,
    Wish,
    decision_of,
    entry_of,
    is_repeated,
    unseen_findings,
)
from accounting.review.invoice.reviewed import Reviewed, invoice_at, load, with_duplicates
from accounting.review.queue.rows import Position
from quota_invoice.errors import ObjectUnavailable, StoreError, UnusableKey
from quota_invoice.reviews.store import write_entry
from quota_invoice.times import utc_now


class Result(Enum):
    """The result of a wish."""

    SAVED = "saved"
    CHANGED = "changed"  # another person decided since: nothing is saved
    NO_REVISION = "no_revision"
    REFUSED = "refused"
    UNSEEN = "unseen"  # new findings are shown first
    CONFLICT = "conflict"  # saved; another one was saved at the same moment

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return _STATUS[self]


_STATUS = {
    Result.SAVED: 200,
    Result.CHANGED: 412,
    Result.NO_REVISION: 428,
    Result.REFUSED: 422,
    Result.UNSEEN: 422,
    Result.CONFLICT: 412,
}


class Saving(NamedTuple):
    """The result, and the state after it.

    Attributes:
        result: the result.
        reviewed: the input as it is now.
        reason: the key of a text that tells why a wish is refused.
    """

    result: Result
    reviewed: Reviewed
    reason: str = ""


class Decider:
    """Saves the decisions of one person.

    Args:
        bucket: the bucket.
        by: the person.
        confidence_below: a field with a lower confidence is doubtful.
        appearances: gives the inputs with a code and number, the first appearance first.
        now: the clock.
    """

    def __init__(
        self,
        bucket: Bucket,
        by: str,
        confidence_below: float,
        appearances: Callable[[str, str], Sequence[Position]] = lambda *_: (),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._bucket = bucket
        self._by = by
        self._confidence_below = confidence_below
        self._appearances = appearances
        self._now = now

    def load(self, key: str) -> Reviewed | None:
        """Read an input and the entries on it."""
        return load(self._bucket, key, self._confidence_below)

    def save(self, reviewed: Reviewed, place: int, wish: Wish, revision: str | None) -> Saving:
        """Save a decision, unless the state is another one than the person saw.

        Args:
            reviewed: the input, as it was read a moment ago.
            place: the invoice's place.
            wish: the person's wish.
            revision: the revision that the person saw; None if the request names none.

        Raises:
            StoreError: the bucket did not take the entry.
        """
        if revision is None:
            return Saving(Result.NO_REVISION, reviewed)
        try:
            if revision != reviewed.seen(place).revision:
                is_done = is_repeated(wish, reviewed, place, self._by, revision)
                return Saving(Result.SAVED if is_done else Result.CHANGED, reviewed)
            return self._add(reviewed, place, self._checked(wish, reviewed))
        except Refused as refusal:
            return Saving(Result.REFUSED, reviewed, refusal.reason)

    def _add(self, reviewed: Reviewed, place: int, wish: Wish) -> Saving:
        """Add an entry, unless the person has not seen its findings."""
        decision = decision_of(wish, reviewed, place)
        entry = entry_of(decision, reviewed.seen(place), self._by, self._now(), wish.reason)
        after = replace(reviewed, entries=(*reviewed.entries, entry))
        if wish.action in {Action.SAVE, Action.DUPLICATE}:
            record = with_duplicates(after.effective(), reviewed.key, self._appearances)
            if unseen_findings(invoice_at(record, place), decision.accepted):
                return Saving(Result.UNSEEN, reviewed)
        try:
            write_entry(self._bucket.store, self._bucket.layout, self._bucket.name, entry)
        except ValueError:  # the OCR service's own text is longer than entries may be
            raise Refused("too_long") from None
        return self._look_again(after, place)

    def _look_again(self, expected: Reviewed, place: int) -> Saving:
        """Return the result after the write: another server may have written at the same moment."""
        try:
            reviewed = self.load(expected.key) or expected
        except (StoreError, ObjectUnavailable):
            reviewed = expected  # the entry is written; the next view shows a conflict
        result = Result.CONFLICT if reviewed.seen(place).state.is_conflict else Result.SAVED
        return Saving(result, reviewed)

    def _checked(self, wish: Wish, reviewed: Reviewed) -> Wish:
        """Return a wish with the full key of the input that it names.

        Raises:
            Refused: the input has not been read yet, there is no such other input, or an invoice
                is to be its own duplicate.
        """
        if not reviewed.record:
            raise Refused("pending")
        if wish.action is not Action.DUPLICATE:
            return wish
        if not wish.duplicate_of:
            raise Refused("duplicate_missing")
        try:
            key = self._bucket.layout.requested_key(wish.duplicate_of)
        except UnusableKey:
            raise Refused("duplicate_unknown") from None
        if key == reviewed.key and len(reviewed.places()) == 1:
            raise Refused("duplicate_itself")
        if key != reviewed.key and self._bucket.store.describe(self._bucket.name, key) is None:
            raise Refused("duplicate_unknown")
        return replace(wish, duplicate_of=key)
