"""An invoice as an editor sees it, and the entry of the decision that the editor makes on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.entry import FIRST_BY_HAND, Change, Decision, ReviewEntry
from quota_invoice.reviews.states import (
    InvoiceState,
    etag_of_record,
    invoices_of,
    revision,
    states,
    texts_of,
)
from quota_invoice.reviews.store import new_name
from quota_invoice.times import format_time


@dataclass(frozen=True)
class InvoiceView:
    """One invoice, or the place of one that is to be entered by hand.

    Attributes:
        key: the input's key.
        etag: the ETag of its content.
        place: the invoice's place.
        processed_at: the time of the reading, as the record says it.
        read: the texts that the OCR service read; empty by hand.
        state: the state by the entries so far.
        revision: changes whenever an editor would see another state.
    """

    key: str
    etag: str
    place: int
    processed_at: str | None
    read: Mapping[str, str]
    state: InvoiceState
    revision: str

    @property
    def texts(self) -> dict[str, str]:
        """The texts that count now, by the field's name."""
        return {**dict.fromkeys(NAMES, ""), **self.read, **self.state.decision.fields}

    def entry(self, decision: Decision, by: str, now: datetime, reason: str = "") -> ReviewEntry:
        """Return the entry of an editor's decision, which is not written yet.

        Args:
            decision: the whole decision; one that undoes another is the one before it.
            by: the editor.
            now: the present time.
            reason: the editor's own words.
        """
        after = {**dict.fromkeys(NAMES, ""), **self.read, **decision.fields}
        return ReviewEntry(
            name=new_name(now),
            key=self.key,
            etag=self.etag,
            place=self.place,
            read=self.read,
            processed_at=self.processed_at,
            decision=decision,
            changes=tuple(
                Change(name, text, after[name])
                for name, text in self.texts.items()
                if text != after[name]
            ),
            seen=tuple(entry.name for entry in self.state.latest),
            revision=self.revision,
            by=by,
            at=format_time(now, "milliseconds"),
            reason=reason,
        )


def view(record: Mapping[str, Any], entries: Iterable[ReviewEntry], place: int) -> InvoiceView:
    """Return an invoice as it stands now.

    Compare its ``revision`` with the one that an editor saw before a decision is written: if they
    differ, the editor must see the present state first.

    Args:
        record: the record or failure record of the input's present content.
        entries: the entries on the input.
        place: the invoice's place; ``new_place`` for one that the record lacks.

    Raises:
        LookupError: the record has no such invoice, or no source.
    """
    etag, invoices = etag_of_record(record), invoices_of(record)
    is_by_hand = place >= FIRST_BY_HAND
    if etag is None or not (is_by_hand or 1 <= place <= len(invoices)):
        message = f"there is no invoice {place}"
        raise LookupError(message)
    invoice = None if is_by_hand else invoices[place - 1]
    state = states(record, entries).get(place, InvoiceState())
    read = {} if is_by_hand else texts_of(invoice)
    time, key = record.get("processed_at"), str(record["source"].get("key"))
    now = revision(etag, invoice, state)
    return InvoiceView(key, etag, place, time, read, state, now)


def new_place(record: Mapping[str, Any], entries: Iterable[ReviewEntry]) -> int:
    """Return the place for a further invoice that a person enters by hand.

    Two people who add one at the same moment get the same place, and so a conflict.
    """
    return max((*states(record, entries), FIRST_BY_HAND - 1)) + 1
