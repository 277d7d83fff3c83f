"""Rows and figures of the queue in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from accounting.ledger.flat import day_in_china
from accounting.review.pages import failure_url, invoice_url
from accounting.review.queue import risk
from accounting.review.queue.filters import Filters
from accounting.review.queue.rows import QueueRow
from accounting.review.texts import Translator, percent
from quota_invoice.invoice.duplicates import hash_of_key

_LEVELS = ((70, "high"), (30, "medium"), (0, "low"))  # of scores, from so much on


class Words:
    """Gives the words of rows in one language.

    Args:
        translator: the page's texts.
        filters: the selection, which the links to single rows keep.
        input_prefix: the beginning of all keys, which people need not see.
    """

    def __init__(self, translator: Translator, filters: Filters, input_prefix: str) -> None:
        self._t = translator
        self._filters = filters
        self._input_prefix = input_prefix

    def url(self, row: QueueRow) -> str:
        """Return the URL of a row; it keeps the selection, for the ways on from there."""
        query = self._filters.query()
        if row.place:
            return f"{invoice_url(row.key, row.place)}{'&' if query else ''}{query}"
        return f"{failure_url(row.key)}{'?' if query else ''}{query}"

    def reasons(self, row: QueueRow) -> Iterator[tuple[int, str]]:
        """Yield the reasons of a row's risk: the percentage, and the words."""
        for code, weight in row.reasons:
            yield round(100 * weight), self._reason(row, code)

    def doubt(self, row: QueueRow) -> str:
        """Return the heaviest reason to look at a row, which the row itself shows."""
        if not row.needs_review or row.is_conflict or not row.reasons:
            return ""
        return self._reason(row, row.reasons[0].code)

    def _reason(self, row: QueueRow, code: str) -> str:
        finding = row.findings.get(code)
        if finding is not None and any(finding):
            return self._of(*finding)
        if code == risk.CONFIDENCE and row.lowest_confidence is not None:
            lowest = percent(row.lowest_confidence)
            return self._t("queue.risk.confidence", lowest=lowest)
        if code == risk.NEAR:
            return self._t("queue.risk.near_invoice", other=row.near_invoice)
        if code in {risk.FAILED, risk.NO_INVOICE}:
            return self._t(f"queue.risk.{code}")
        return code

    def failure(self, row: QueueRow) -> tuple[str, str]:
        """Return the cause of a failure, and what to do."""
        return self._of(row.message, row.message_en), self._of(row.hint, row.hint_en)

    def path(self, key: str) -> str:
        """Return an input's path as people know it."""
        return key.removeprefix(self._input_prefix)

    def _of(self, zh: str, en: str) -> str:
        return zh if self._t.language == "zh" else en

    @staticmethod
    def id(row: QueueRow) -> str:
        """Return a text that tells the row from all others, for the page's elements."""
        return f"{hash_of_key(row.key)[:12]}-{row.place}"

    @staticmethod
    def level(score: int) -> str:
        """Return the word for a score, which its colour depends on.

        >>> Words.level(30)
        'medium'
        """
        return next(word for least, word in _LEVELS if score >= least)

    @staticmethod
    def day(row: QueueRow) -> str:
        """Return the day of the upload in China."""
        return str(day_in_china(row.uploaded_at) or "")


def yuan(amount: Decimal | None) -> str:
    """Return an amount for people; nothing if it is unknown.

    >>> yuan(Decimal("1234.5")), yuan(None)
    ('￥1,234.50', '')
    """
    return "" if amount is None else f"￥{amount:,.2f}"
