"""The few facts of a record that the status needs, small enough to be kept for each record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any, NamedTuple

from quota_invoice.json_values import member, text_of
from quota_invoice.recognition.reading import Api
from quota_invoice.records.record import Status, etag_of
from quota_invoice.reviews.entry import Verdict
from quota_invoice.times import parse_time

BILLING_ZONE = timezone(timedelta(hours=8))
"""The time zone of the mainland's bills."""
CONFLICT = "conflict"
"""The word for several people who decided differently."""


class Summary(NamedTuple):
    """The facts of a record or failure record.

    Attributes:
        etag: the ETag of the content that it stands for.
        is_doubtful: whether a person should check one of its invoices.
        code: the error's code of a failure record; empty for a record.
        month: the month of its OCR, as 2026-11; empty if it is unknown.
        calls: OCR requests.
        billed: results that the OCR service bills: one, or one for each ticket that was read.
        reviews: a word for each invoice that a person decided, separated by spaces. A failure has
            one if a person entered its invoices by hand.
    """

    etag: str
    is_doubtful: bool = False
    code: str = ""
    month: str = ""
    calls: int = 0
    billed: int = 0
    reviews: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return the part of the record that says its content, for the comparison of sweeps."""
        return {"source": {"etag": self.etag}}


def summarize(record: Mapping[str, Any]) -> Summary:
    """Return the facts of a record, with people's decisions; one of another program has none."""
    etag = etag_of(record) or ""
    found = record.get("invoices")
    invoices = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    is_doubtful = any(one.get("needs_review") is True for one in invoices)
    reviews = " ".join(filter(None, (_word(one.get("review")) for one in invoices)))
    if record.get("status") == Status.FAILED.value and not invoices:
        error = record.get("error")
        code = error.get("code") if isinstance(error, Mapping) else None
        return Summary(etag, code=str(code or "unknown"))
    ocr = record.get("ocr")
    if not isinstance(ocr, Mapping):
        return Summary(etag, is_doubtful, reviews=reviews)
    processed = parse_time(str(record.get("processed_at") or ""))
    attempts = ocr.get("attempts")
    return Summary(
        etag,
        is_doubtful,
        "",
        f"{processed.astimezone(BILLING_ZONE):%Y-%m}" if processed else "",
        attempts if isinstance(attempts, int) else 1,
        1 if ocr.get("api") == Api.QUOTA_INVOICE.value else sum(map(_is_read, invoices)),
        reviews,
    )


def _is_read(invoice: Mapping[str, Any]) -> bool:
    """Whether the OCR service read an invoice, and no person entered it."""
    return not member(invoice.get("review"), "is_by_hand")


def _word(review: object) -> str:
    """Return the word of an invoice's review; an empty one if there is none.

    >>> _word({"verdict": "corrected", "is_by_hand": True}), _word({"verdict": None}), _word(None)
    ('by_hand', '', '')
    """
    verdict = text_of(member(review, "verdict"))
    if member(review, "conflict"):
        return CONFLICT
    if verdict != Verdict.NOT_AN_INVOICE.value and member(review, "is_by_hand"):
        return "by_hand"
    return verdict or ""
