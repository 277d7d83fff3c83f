"""Saves a decision; the state is read just before and after, so that nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from accounting.bucket import Bucket
from accounting.review.invoice.decisions import (
    Action,
    Refused,
    Wish,
    decision_of,
    entry_of,
    is_repeated,
    is_same,
    unseen_findings,
)
from accounting.review.invoice.reviewed import Reviewed, invoice_at, load, with_duplicates
from accounting.review.queue.rows import Position
from quota_invoice.errors import ObjectUnavailable, StoreError, UnusableKey
from quota_invoice.reviews.entry import Decision
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
        unseen: the findings that the person should see first.
    """

    result: Result
    reviewed: Reviewed
    reason: str = ""
    unseen: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Decider:
    """Saves the decisions of one person.

    Attributes:
        bucket: the bucket.
        by: the person.
        confidence_below: a field with a lower confidence is doubtful.
        appearances: gives the inputs with a code and number, the first appearance first.
        now: the clock.
        inputs_named: gives the inputs with a file name, or with an invoice of a number.
    """

    bucket: Bucket
    by: str
    confidence_below: float
    appearances: Callable[[str, str], Sequence[Position]] = lambda *_: ()
    now: Callable[[], datetime] = utc_now
    inputs_named: Callable[[str], Sequence[str]] = lambda _: ()

    def load(self, key: str) -> Reviewed | None:
        """Read an input and the entries on it."""
        return load(self.bucket, key, self.confidence_below)

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
                is_done = is_repeated(wish, reviewed, place, self.by, revision)
                return Saving(Result.SAVED if is_done else Result.CHANGED, reviewed)
            return self._add(reviewed, place, self._checked(wish, reviewed))
        except Refused as refusal:
            return Saving(Result.REFUSED, reviewed, refusal.reason)

    def _add(self, reviewed: Reviewed, place: int, wish: Wish) -> Saving:
        """Add an entry, unless the person has not seen its findings."""
        decision, seen = decision_of(wish, reviewed, place), reviewed.seen(place)
        if self._is_kept(decision, wish, reviewed, place):
            return Saving(Result.SAVED, reviewed)
        entry = entry_of(decision, seen, self.by, self.now(), wish)
        after = replace(reviewed, entries=(*reviewed.entries, entry))
        if wish.action in {Action.SAVE, Action.DUPLICATE}:
            record = self._with_duplicates(after)
            if unseen := unseen_findings(invoice_at(record, place), decision.accepted):
                return Saving(Result.UNSEEN, reviewed, unseen=unseen)
        try:
            write_entry(self.bucket.store, self.bucket.layout, self.bucket.name, entry)
        except ValueError:  # the OCR service's own text is longer than entries may be
            raise Refused("too_long") from None
        return self._look_again(after, place)

    def _is_kept(self, decision: Decision, wish: Wish, reviewed: Reviewed, place: int) -> bool:
        """Whether an entry would say nothing new: all of it holds, and no finding is open."""
        state = reviewed.seen(place).state
        is_decision = wish.action in {Action.SAVE, Action.NOT_AN_INVOICE, Action.DUPLICATE}
        if not is_decision or wish.reason or not is_same(decision, state):
            return False
        record = self._with_duplicates(reviewed)
        return not unseen_findings(invoice_at(record, place), state.decision.accepted)

    def _with_duplicates(self, reviewed: Reviewed) -> dict[str, Any]:
        effective = reviewed.effective()
        return with_duplicates(effective, reviewed.key, self.appearances, self.bucket)

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
            key = self.bucket.layout.requested_key(wish.duplicate_of)
        except UnusableKey:
            raise Refused("duplicate_unknown") from None
        if key == reviewed.key and len(reviewed.places()) == 1:
            raise Refused("duplicate_itself")
        if key != reviewed.key and self.bucket.store.describe(self.bucket.name, key) is None:
            named = [each for each in self.inputs_named(wish.duplicate_of) if each != reviewed.key]
            if len(named) != 1:
                raise Refused("duplicate_several" if named else "duplicate_unknown")
            key = named[0]
        return replace(wish, duplicate_of=key)
