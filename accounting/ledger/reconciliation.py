"""The reconciliation: every input and every fen of the ledger, accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accounting.ledger.query import COUNTED, ENTRIES, INVOICES, REVIEW, WORDS, Ledger

STATES = ("recognized", "failed", "pending", "archived", "ignored")
_ZERO = Decimal("0.00")
_CHOSEN = """
    FROM inputs CROSS JOIN chosen
    LEFT JOIN records AS result ON record_key = result.key AND inputs.etag = result.source_etag
    LEFT JOIN records AS failure ON failure_key = failure.key AND inputs.etag = failure.source_etag
    WHERE starts_with(inputs.key, prefix)
    AND (since IS NULL OR coalesce(result.first_on, failure.first_on, uploaded_on) >= since)
    AND (until IS NULL OR coalesce(result.first_on, failure.first_on, uploaded_on) <= until)
"""
GONE = """
    FROM (
        SELECT DISTINCT source_key FROM records CROSS JOIN chosen
        WHERE starts_with(source_key, prefix) AND status IN ('recognized', 'failed')
        AND (since IS NULL OR first_on >= since) AND (until IS NULL OR first_on <= until)
        AND source_key NOT IN (SELECT key FROM inputs)
    )
"""
"""The inputs that were removed or renamed, with a record or failure; they are not in the ledger."""
WITHOUT_INVOICE = "FROM ledger WHERE status = 'recognized' AND entry IS NULL"
"""The inputs with a record that has no invoice."""


@dataclass(frozen=True)
class Reconciliation:
    """Counts and totals of a ledger.

    Attributes:
        inputs: the inputs that the listing has.
        states: the inputs by state: with a record, failed, pending, archived, ignored.
        gone: the removed or renamed inputs that have a record or failure.
        without_invoice: the inputs with a record that has no invoice.
        invoices: the invoices, by number and sum.
        duplicates: the duplicates among them.
        counted: the invoices that count.
        to_review: those of them that a person should check.
        without_amount: those of them whose amount was not read.
        reviews: the entries by the state of their reviews, see ``WORDS``; those that are not an
            invoice included.
    """

    inputs: int
    states: dict[str, int]
    gone: int
    without_invoice: int
    invoices: tuple[int, Decimal]
    duplicates: tuple[int, Decimal]
    counted: tuple[int, Decimal]
    to_review: tuple[int, Decimal]
    without_amount: int
    reviews: dict[str, int]

    @property
    def unexplained(self) -> int:
        """The inputs in none of the states; a ledger that is right has none."""
        return self.inputs - sum(self.states.values())

    @property
    def unexplained_sum(self) -> Decimal:
        """The difference between all invoices, and those that count with the duplicates."""
        return self.invoices[1] - self.duplicates[1] - self.counted[1]

    @classmethod
    def of(cls, ledger: Ledger) -> Reconciliation:
        """Return the reconciliation of a ledger."""
        by_state = dict(
            ledger.rows("SELECT status, count(DISTINCT key) FROM ledger GROUP BY status")
        )
        reviews = dict(
            ledger.rows(f"SELECT {REVIEW} AS review, count(*) {ENTRIES} GROUP BY review")
        )
        return cls(
            inputs=ledger.count(_CHOSEN),
            states={state: by_state.get(state, 0) for state in STATES},
            gone=ledger.count(GONE),
            without_invoice=ledger.count(WITHOUT_INVOICE),
            invoices=_count_and_sum(ledger, INVOICES),
            duplicates=_count_and_sum(ledger, f"{INVOICES} AND duplicate_of IS NOT NULL"),
            counted=_count_and_sum(ledger, COUNTED),
            to_review=_count_and_sum(ledger, f"{COUNTED} AND needs_review"),
            without_amount=ledger.count(f"{COUNTED} AND amount IS NULL"),
            reviews={word: reviews.get(word, 0) for word in WORDS},
        )


def _count_and_sum(ledger: Ledger, rows: str) -> tuple[int, Decimal]:
    count, total = ledger.row(f"SELECT count(*), sum(amount) {rows}")
    return count, _ZERO if total is None else total
