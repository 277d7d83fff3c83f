"""The invoices of a packet: those that are filed, and those that are only listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from accounting.ledger.query import COUNTED, INVOICES, NOT_INVOICES, Ledger
from accounting.ledger.reconciliation import WITHOUT_INVOICE, Reconciliation
from quota_invoice.invoice.numerals import LIMIT

_HAS_AMOUNT = f"amount >= 0 AND amount < {LIMIT}"  # an amount that can be written in words
_FILED = f"{COUNTED} AND NOT needs_review AND {_HAS_AMOUNT}"
# Unlike the ledger's order, this one keeps the invoices of a file together, page by page. One that
# was entered by hand has no page: it is shown with the first one.
_ORDER = "ORDER BY uploaded_at, key, coalesce(page, 1), page NULLS LAST, entry"
CAPTIONS = 4
"""Invoices of one picture; a picture with more is shown again for the next ones."""
_ZERO = Decimal("0.00")


class Filed(NamedTuple):
    """An invoice that is filed.

    Attributes:
        key: the input's key.
        etag: the ETag of the content that was read.
        uploaded_on: the day of the upload, in China.
        page: the page of a PDF or TIFF; None for other files.
        code: the invoice code.
        number: the invoice number.
        amount: yuan.
    """

    key: str
    etag: str
    uploaded_on: date | None
    page: int | None
    code: str
    number: str
    amount: Decimal


class Reason(NamedTuple):
    """A reason why invoices or files are listed and not filed.

    Attributes:
        label: in Chinese and English.
        rows: the rows of the ledger.
        are_invoices: whether they have code, number and amount.
    """

    label: str
    rows: str
    are_invoices: bool = True


REASONS = (
    Reason("重复 Duplicate", f"{INVOICES} AND duplicate_of IS NOT NULL"),
    Reason("待核对 To review", f"{COUNTED} AND needs_review"),
    Reason(
        "没有金额 Without amount",
        f"{COUNTED} AND NOT needs_review AND NOT coalesce({_HAS_AMOUNT}, FALSE)",
    ),
    Reason("不是发票 Not an invoice", NOT_INVOICES, are_invoices=False),
    Reason("没有发票 No invoice", WITHOUT_INVOICE, are_invoices=False),
    Reason("识别失败 Failed", "FROM ledger WHERE status = 'failed'", are_invoices=False),
    Reason("等待识别 No record yet", "FROM ledger WHERE status = 'pending'", are_invoices=False),
    Reason("已归档 In the archive", "FROM ledger WHERE status = 'archived'", are_invoices=False),
    Reason("已忽略 Ignored", "FROM ledger WHERE status = 'ignored'", are_invoices=False),
)
"""Every row of the ledger is filed, or is listed for exactly one of these reasons."""


class Listed(NamedTuple):
    """An invoice or file that is not filed.

    Attributes:
        key: the input's key.
        code: the invoice code; empty for a file without invoices, likewise the following.
        number: the invoice number.
        amount: yuan; None if it was not read.
        note: the first appearance of a duplicate, the findings, the cause of a failure, or the
            person who found that it is no invoice.
    """

    key: str
    code: str
    number: str
    amount: Decimal | None
    note: str


@dataclass(frozen=True)
class Totals:
    """The counts and sums of a packet.

    Attributes:
        invoices: the invoices that are filed.
        amount: their sum.
        files: the originals.
        pictures: the pictures on the paste sheets.
        corrected: the invoices that people corrected, by the people.
        by_hand: those that people entered by hand, by the people.
        listed: number and sum for each of ``REASONS``.
        reconciliation: the counts of the workbook.
    """

    invoices: int
    amount: Decimal
    files: int
    pictures: int
    corrected: dict[str, int]
    by_hand: dict[str, int]
    listed: tuple[tuple[int, Decimal], ...]
    reconciliation: Reconciliation

    @property
    def unexplained(self) -> tuple[int, Decimal]:
        """The difference between the workbook's invoices, and those filed with those listed."""
        chosen = [each for each, why in zip(self.listed, REASONS, strict=True) if why.are_invoices]
        count, amount = self.reconciliation.invoices
        return (
            count - self.invoices - sum(each for each, _ in chosen),
            amount - self.amount - sum((each for _, each in chosen), _ZERO),
        )

    @classmethod
    def of(cls, ledger: Ledger) -> Totals:
        """Return the totals of a ledger's packet."""
        invoices, amount, files = ledger.row(
            f"SELECT count(*), sum(amount), count(DISTINCT key) {_FILED}"
        )
        [shown] = ledger.row(
            f"SELECT sum(ceil(size / {CAPTIONS})) "  # noqa: S608 - constants
            f"FROM (SELECT count(*) AS size {_FILED} GROUP BY key, coalesce(page, 1))"
        )
        listed = (ledger.row(f"SELECT count(*), sum(amount) {why.rows}") for why in REASONS)
        return cls(
            invoices,
            amount or _ZERO,
            files,
            int(shown or 0),
            _by_person(ledger, "verdict = 'corrected' AND NOT is_by_hand"),
            _by_person(ledger, "is_by_hand"),
            tuple((count, total or _ZERO) for count, total in listed),
            Reconciliation.of(ledger),
        )


def _by_person(ledger: Ledger, condition: str) -> dict[str, int]:
    rows = f"{_FILED} AND {condition} GROUP BY reviewed_by ORDER BY reviewed_by"
    return dict(ledger.rows(f"SELECT reviewed_by, count(*) {rows}"))


def filed_files(ledger: Ledger) -> Iterator[list[Filed]]:
    """Yield the filed invoices of each input."""
    rows = ledger.rows(f"SELECT {', '.join(Filed._fields)} {_FILED} {_ORDER}")
    for _, group in groupby((Filed(*row) for row in rows), attrgetter("key")):
        yield list(group)


def listed(ledger: Ledger, reason: Reason) -> Iterator[Listed]:
    """Yield the invoices and files that are listed for a reason."""
    columns = (
        "key, coalesce(code, ''), coalesce(number, ''), amount, "
        "CASE WHEN verdict = 'not_an_invoice' "
        "THEN concat_ws(' ', nullif(findings, ''), reviewed_by, nullif(review_reason, '')) "
        "ELSE coalesce(duplicate_of, nullif(findings, ''), nullif(message, ''), '') END"
    )
    for row in ledger.rows(f"SELECT {columns} {reason.rows} ORDER BY uploaded_at, key, entry"):
        yield Listed(*row)


def pictures(invoices: list[Filed]) -> Iterator[list[Filed]]:
    """Yield the invoices that are captions of one picture: those of a page, a few at a time."""
    for _, group in groupby(invoices, lambda each: each.page or 1):
        page = list(group)
        for start in range(0, len(page), CAPTIONS):
            yield page[start : start + CAPTIONS]
