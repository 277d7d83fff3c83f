"""An editor: sees an invoice, thinks, decides; a failed save is tried again, a refused one seen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from quota_invoice.deadline import Deadline
from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.records.record import etag_of
from quota_invoice.reviews.decide import InvoiceView, new_place, view
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, ReviewEntry, Verdict
from quota_invoice.reviews.states import invoices_of
from quota_invoice.reviews.store import read_entries, write_entry
from tests.simulation.bucket import SimulatedStore, instant
from tests.simulation.contents import BY_ETAG
from tests.simulation.invocation import Invocation
from tests.simulation.world import LAYOUT

_ATTEMPTS = 4  # of one editor at one decision
_ETAGS = sorted(BY_ETAG)
_SHARED = "99000001"  # a number that several papers turn out to have
_BY_HAND = 99  # the paper of an invoice that is entered by hand


class Seen(NamedTuple):
    """One look at an input: its record or failure record, and the entries on it."""

    record: dict[str, Any]
    entries: list[ReviewEntry]


@dataclass
class Told:
    """What the editors of a history were shown and told.

    Attributes:
        attempted: the entries that were sent to the bucket, each with the names of all entries that
            its editor had been shown.
        saved: the entries of which an editor was told that they are saved.
        refused: number of decisions that an older revision refused.
        failed: number of decisions whose save failed.
    """

    attempted: list[tuple[ReviewEntry, frozenset[str]]] = field(default_factory=list)
    saved: list[ReviewEntry] = field(default_factory=list)
    refused: int = 0
    failed: int = 0


class Editor:
    """One editor at one invoice.

    Args:
        invocation: the requests of the editor's server.
        by: the editor.
        key: the input.
        told: what all editors are told.
    """

    def __init__(self, invocation: Invocation, by: str, key: str, told: Told) -> None:
        world = invocation.world
        deadline = Deadline(float("inf"), float("inf"), world.clock)
        self._store = SimulatedStore(invocation, deadline)
        self._world = world
        self._rng = random.Random(f"{world.seed} {invocation.name}")
        # The clocks of the editors' servers differ.
        self._skew = timedelta(seconds=-90 if by == "Wang" else 20)
        self._by = by
        self._key = key
        self._told = told
        self._shown: set[str] = set()

    def work(self, seconds: float) -> None:
        """Decide on one invoice; the decision takes so many seconds."""
        seen = self._look()
        if seen is None:
            return
        place = self._choose(seen)
        invoice = self._show(seen, place)
        decision, is_failed = self._decide(invoice), False
        for _ in range(_ATTEMPTS):
            self._world.sleep(seconds)
            try:
                refusal = self._save(invoice, decision)
            except QuotaInvoiceError:
                self._told.failed += 1
                is_failed = True  # the page keeps the decision, and sends it again
                continue
            if refusal is None:
                return
            self._told.refused += 1
            if place > len(invoices_of(refusal.record)) and place < FIRST_BY_HAND:
                return
            invoice = self._show(refusal, place)
            if is_failed and invoice.state.decision == decision:
                return  # it was saved after all
            decision, is_failed = self._decide(invoice), False

    def _look(self) -> Seen | None:
        """Read the record of the present content, and the entries; as a page of the server does."""
        try:
            source = self._store.describe("invoices", self._key)
            for key in (LAYOUT.record_key(self._key), LAYOUT.failure_key(self._key)):
                record = self._store.read("invoices", key)
                if record and source and etag_of(record) == source.etag:
                    return Seen(record, read_entries(self._store, LAYOUT, "invoices", self._key))
        except QuotaInvoiceError:
            pass
        return None

    def _choose(self, seen: Seen) -> int:
        """Choose an invoice; now and then, or if there is none, add one by hand."""
        shown = effective_record(*seen).get("invoices", [])
        places = [each.get("place", number) for number, each in enumerate(shown, 1)]
        if not places or self._rng.random() < 0.1:
            return new_place(*seen)
        return int(self._rng.choice(places))

    def _show(self, seen: Seen, place: int) -> InvoiceView:
        invoice = view(*seen, place)
        self._shown |= {entry.name for entry in invoice.state.entries}
        return invoice

    def _decide(self, invoice: InvoiceView) -> Decision:
        rng = self._rng
        codes = ("review_conflict", "read_again", "duplicate", "low_confidence.code")
        accepted = tuple(code for code in codes if rng.random() < 0.8)
        match rng.choice(("correct", "correct", "correct", "confirm", "none", "repeat", "undo")):
            case "undo":
                former = [entry.decision for entry in invoice.state.entries]
                return rng.choice([Decision(), *former])
            case "confirm" if invoice.read:
                fields = invoice.state.decision.fields
                return Decision(Verdict.CONFIRMED, fields, accepted=accepted)
            case "none":
                return Decision(Verdict.NOT_AN_INVOICE, accepted=accepted)
            case "repeat" if invoice.read:
                return Decision(Verdict.DUPLICATE, {}, f"{LAYOUT.input_prefix}other.jpg", accepted)
        fields = {"number": self._number(invoice)}
        if not invoice.read:
            fields |= {"code": "144031909110", "location": "广东省深圳市", "amount": "￥5.00"}
        return Decision(Verdict.CORRECTED, fields, accepted=accepted)

    def _number(self, invoice: InvoiceView) -> str:
        """Return a number that tells content and paper, or the one that several papers have."""
        if self._rng.random() < 0.25:
            return _SHARED
        paper = paper_of(invoice.read)
        return f"7{_ETAGS.index(invoice.etag)}{paper:02}{self._rng.randrange(10_000):04}"

    def _save(self, invoice: InvoiceView, decision: Decision) -> Seen | None:
        """Send a decision; return the present state if the editor saw an older revision."""
        present = self._look()
        if present is None:
            raise QuotaInvoiceError("Page.NotShown", "the record cannot be shown now")
        try:
            now = view(*present, invoice.place)
        except LookupError:
            return present
        if not self.is_current(invoice, now):
            return present
        entry = now.entry(decision, self._by, self._now())
        self._told.attempted.append((entry, frozenset(self._shown)))
        write_entry(self._store, LAYOUT, "invoices", entry)
        self._told.saved.append(entry)
        return None

    @staticmethod
    def is_current(shown: InvoiceView, now: InvoiceView) -> bool:
        """Whether the editor saw the present state; the server compares ``If-Match`` with it."""
        return shown.revision == now.revision

    def _now(self) -> datetime:
        return instant(self._world.now) + self._skew


def paper_of(read: Any) -> int:
    """Return the paper of an invoice that was read; its first digit may be misread."""
    return int(read["number"][1:]) % 100 if read else _BY_HAND


def is_of(number: str, etag: str, paper: int) -> bool:
    """Whether an editor wrote a number for this paper of this content."""
    return not number.startswith("7") or number[1:4] == f"{_ETAGS.index(etag)}{paper:02}"
