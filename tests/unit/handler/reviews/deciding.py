"""Entries of reviews for tests: decisions of people on records of the fakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.record import recognized
from quota_invoice.reviews.decide import new_place, view
from quota_invoice.reviews.entry import Decision, ReviewEntry, Verdict
from quota_invoice.reviews.store import write_entry
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.fakes import RESULT, FakeStore, ticket, time_of

KEY = "incoming/a.jpg"
NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
CONFIRMED = Decision(Verdict.CONFIRMED)
NO_INVOICE = Decision(Verdict.NOT_AN_INVOICE)
UNDONE = Decision()


def corrected(**fields: str) -> Decision:
    return Decision(Verdict.CORRECTED, fields)


def by_hand(number: str = "91234569") -> Decision:
    texts = {name: str(RESULT[name]) for name in ("code", "location", "amount")}
    return corrected(**texts, number=number)


def record_of(*numbers: str, content: bytes = b"image", key: str = KEY) -> dict[str, Any]:
    """Return the record of an image with so many invoices; each has a number."""
    source = Source("invoices", key, etag(content), len(content), None, time_of(0))
    if len(numbers) == 1:
        pages: dict[int, Recognition] = {
            1: Recognition({**RESULT, "number": numbers[0]}, "request", 1)
        }
        return recognized(source, Reading(Api.QUOTA_INVOICE, pages, 1), region="cn-north-4")
    tickets = [ticket(number=number) for number in numbers]
    reading = Reading(Api.AUTO_CLASSIFICATION, {1: Recognition(tickets, "request", 1)}, 1)
    return recognized(source, reading, region="cn-north-4")


class Review:
    """The entries on one input, in the order in which they are written.

    Attributes:
        record: the input's record, or failure record, as editors see it.
        entries: all entries.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.entries: list[ReviewEntry] = []

    def decide(
        self,
        decision: Decision,
        place: int | None = 1,
        *,
        by: str = "Li",
        seen: Iterable[ReviewEntry] | None = None,
        minutes: int | None = None,
    ) -> ReviewEntry:
        """Add an editor's decision.

        Args:
            decision: the decision.
            place: the invoice's place; None for a further one by hand.
            by: the editor.
            seen: the entries that the editor has seen; all by default.
            minutes: the editor's clock, after noon; one more than that of the last entry by
                default.
        """
        known = self.entries if seen is None else list(seen)
        place = new_place(self.record, known) if place is None else place
        now = NOON + timedelta(minutes=len(self.entries) if minutes is None else minutes)
        entry = view(self.record, known, place).entry(decision, by, now)
        self.entries.append(entry)
        return entry


def write(store: FakeStore, record: Mapping[str, Any], decision: Decision, place: int = 1) -> None:
    """Write a decision on an input that nobody has decided on before."""
    entry = Review(record).decide(decision, place)
    write_entry(store, DEFAULT_LAYOUT, "invoices", entry)
