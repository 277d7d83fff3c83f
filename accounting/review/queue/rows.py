"""The rows of the queue, and the figures of a selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from accounting.review.queue.risk import Reason
from quota_invoice.invoice.findings import Text


class Position(NamedTuple):
    """The place of a row in the bucket: the input's key, and the invoice's place on it from 1.

    The place is 0 for an input without an invoice, such as one that failed.
    """

    key: str
    place: int


@dataclass(frozen=True)
class QueueRow:
    """One invoice, or one input without an invoice; people's decisions are applied.

    Attributes:
        key: the input's key.
        place: the invoice's place on it, from 1; 0 for an input without an invoice.
        status: ``recognized`` or ``failed``.
        page: the page of a PDF or TIFF; None if it has none.
        uploaded_at: the time of the content's first upload.
        month: its month in China, such as ``2026-11``.
        code: the invoice code; empty if unknown; likewise the following texts.
        number: the invoice number.
        province: the province.
        city: the city.
        amount_text: the amount as printed.
        amount: the amount in yuan; None if unknown.
        lowest_confidence: the lowest confidence of a field; None if a person entered the invoice.
        needs_review: whether a person should look at it.
        duplicate_of: the key of the first appearance; None if this one counts.
        near_invoice: code and number of an invoice that differs in one character, or None.
        verdict: a person's verdict; empty if nobody decided. See ``reviews.entry.Verdict``.
        reviewed_by: the person; else empty.
        is_by_hand: whether a person entered the invoice.
        is_conflict: whether two people decided differently at the same moment.
        outdated_reviews: the number of decisions on another content of the input.
        error_code: a failure's code; empty for an invoice; likewise the following.
        message: its cause, in Chinese.
        hint: its next step, in Chinese.
        message_en: its cause, in English.
        hint_en: its next step, in English.
        score: the risk from 0 to 100 that the invoice is wrong; see ``queue.risk``.
        is_decided: whether nothing is left to decide.
        findings: the texts of its findings by their codes.
        reasons: the reasons of the score, the heaviest first.
    """

    key: str
    place: int
    status: str
    page: int | None
    uploaded_at: str
    month: str
    code: str
    number: str
    province: str
    city: str
    amount_text: str
    amount: Decimal | None
    lowest_confidence: float | None
    needs_review: bool
    duplicate_of: str | None
    near_invoice: str | None
    verdict: str
    reviewed_by: str
    is_by_hand: bool
    is_conflict: bool
    outdated_reviews: int
    error_code: str
    message: str
    hint: str
    message_en: str
    hint_en: str
    score: int
    is_decided: bool
    findings: Mapping[str, Text]
    reasons: tuple[Reason, ...]


class Total(NamedTuple):
    """Rows of a selection.

    Attributes:
        name: the month, the region, or the state; empty for the whole selection.
        rows: the number of rows, failed inputs included.
        counted: the number of invoices whose amounts count: no duplicates, nothing excluded.
        amount: their sum in yuan.
    """

    name: str
    rows: int
    counted: int
    amount: Decimal


@dataclass(frozen=True)
class Page:
    """Some rows of a selection.

    Attributes:
        rows: the rows, in the queue's order.
        after: the text that names the next page; None after the last row.
    """

    rows: tuple[QueueRow, ...]
    after: str | None


@dataclass(frozen=True)
class Selection:
    """The figures of a selection.

    Attributes:
        total: all of its rows.
        months: the totals per month, of the selection without its month; in their order.
        regions: the totals per province, of the selection without its region; largest first.
        states: the number of rows of each state of ``STATES``, of the selection without its state.
    """

    total: Total
    months: tuple[Total, ...]
    regions: tuple[Total, ...]
    states: dict[str, int]


class Neighbours(NamedTuple):
    """The rows before and after one in the queue; None at its ends."""

    previous: Position | None
    next: Position | None


@dataclass(frozen=True)
class IndexStatus:
    """The state of the index.

    Attributes:
        is_ready: whether it can be searched; it may be older than the bucket.
        is_running: whether it is compared with the bucket at this moment.
        step: the present step: ``listing``, ``records``, ``sorting``, or empty.
        done: the number of objects done of this step.
        total: the number of all; None if unknown.
        synchronized_at: the time when the last comparison began, in UTC; empty if there was none.
        error: the reason why the last comparison failed, in English; empty if it did not.
        version: another number whenever rows changed.
        pending: the number of inputs that the function has not read yet.
        archived: the number of inputs whose record lies in the archive.
    """

    is_ready: bool = False
    is_running: bool = False
    step: str = ""
    done: int = 0
    total: int | None = None
    synchronized_at: str = ""
    error: str = ""
    version: int = 0
    pending: int = 0
    archived: int = 0
