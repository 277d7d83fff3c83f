"""The tables of the cache; their rows of a record, and of each of its invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

KEPT = {
    "records": (
        "key VARCHAR, revision VARCHAR, source_key VARCHAR, source_etag VARCHAR, status VARCHAR, "
        "first_at VARCHAR, first_on DATE, error_code VARCHAR, message VARCHAR, hint VARCHAR, "
        "message_en VARCHAR, hint_en VARCHAR, outdated_reviews INTEGER"
    ),
    "entries": (
        "record_key VARCHAR, entry INTEGER, page INTEGER, code VARCHAR, number VARCHAR, "
        "serial BIGINT, is_identified BOOLEAN, location VARCHAR, province VARCHAR, city VARCHAR, "
        "year INTEGER, amount_text VARCHAR, amount DECIMAL(18,2), amount_words VARCHAR, "
        "confidence DOUBLE, confidence_code DOUBLE, confidence_number DOUBLE, "
        "confidence_location DOUBLE, confidence_amount DOUBLE, needs_review BOOLEAN, "
        "finding_codes VARCHAR, severities VARCHAR, findings VARCHAR, findings_en VARCHAR, "
        "accepted VARCHAR, is_duplicate_accepted BOOLEAN, verdict VARCHAR, "
        "decided_duplicate_of VARCHAR, reviewed_by VARCHAR, reviewed_at VARCHAR, "
        "review_reason VARCHAR, read_values VARCHAR, is_by_hand BOOLEAN, is_conflict BOOLEAN"
    ),
}
"""The columns of the tables that are kept from one run to the next, by the tables' names."""
LISTED = {
    "inputs": (
        "key VARCHAR, etag VARCHAR, uploaded_at VARCHAR, uploaded_on DATE, ignored VARCHAR, "
        "record_key VARCHAR, failure_key VARCHAR, retry_start VARCHAR, appearance VARCHAR"
    ),
    "listed": "key VARCHAR, etag VARCHAR, reviews_folder VARCHAR",
    "reviews": "reviews_folder VARCHAR, name VARCHAR",
    "retries": "retry_start VARCHAR, attempts INTEGER",
    "markers": "code VARCHAR, number VARCHAR, serial BIGINT, appearance VARCHAR",
}
"""The columns of the tables of a listing."""


class RecordRow(NamedTuple):
    """A record or failure record; a line of the cache's table ``records``.

    Attributes:
        key: the record's key.
        revision: the record's own ETag, and those entries of reviews that were downloaded with it.
        source_key: the input's key.
        source_etag: the ETag of the content that the record stands for.
        status: ``recognized``, also of a failure whose invoices a person entered by hand;
            ``failed``; ``archived`` if it or an entry of its reviews cannot be read; or another
            text.
        first_at: the time of the content's first upload, as the record has it; the same content
            may have been uploaded again since. Empty if unknown.
        first_on: the day of it, in China.
        error_code: a failure's code, else empty; likewise the following.
        message: its cause in Chinese.
        hint: its next step in Chinese.
        message_en: its cause in English.
        hint_en: its next step in English.
        outdated_reviews: the number of entries of reviews on another content.
    """

    key: str
    revision: str
    source_key: str
    source_etag: str
    status: str
    first_at: str = ""
    first_on: date | None = None
    error_code: str = ""
    message: str = ""
    hint: str = ""
    message_en: str = ""
    hint_en: str = ""
    outdated_reviews: int = 0


class EntryRow(NamedTuple):
    """One invoice of a record, with people's decisions; a line of the cache's table ``entries``.

    Attributes:
        record_key: the record's key.
        entry: its place among the record's invoices, from 1.
        page: the page of a PDF or TIFF.
        code: the invoice code, empty if none was read; likewise the following texts.
        number: the invoice number.
        serial: the number's value if it has eight digits.
        is_identified: whether code and number are well-formed, so that they tell invoices apart.
        location: the place as printed.
        province: the province.
        city: the city.
        year: the code's year.
        amount_text: the amount as printed.
        amount: the amount in yuan, with at most two decimals; None if it is not an invoice.
        amount_words: the amount in words.
        confidence: the lowest confidence of a field.
        confidence_code: the OCR service's confidence in the code; likewise the following.
        confidence_number: that in the number.
        confidence_location: that in the place.
        confidence_amount: that in the amount.
        needs_review: whether a person should compare the invoice with its image. This and the
            following four leave out the finding of a duplicate: the ledger's query finds
            duplicates.
        finding_codes: the codes of its findings, separated by spaces.
        severities: their severities, in the same order.
        findings: the findings in Chinese.
        findings_en: the findings in English.
        accepted: the codes of the findings that a person accepted, separated by spaces.
        is_duplicate_accepted: whether the finding of a duplicate is one of them.
        verdict: a person's verdict; empty if there is none, or if it was undone.
        decided_duplicate_of: the key of the first appearance that a person named, else empty.
        reviewed_by: the person of the latest entry of a review, else empty; likewise the following.
        reviewed_at: its time, UTC.
        review_reason: its reason.
        read_values: what the OCR service read in the fields that a person changed: a JSON object.
        is_by_hand: whether a person entered the invoice, since the OCR service read no such one.
        is_conflict: whether people decided differently at the same moment.
    """

    record_key: str
    entry: int
    page: int | None
    code: str
    number: str
    serial: int | None
    is_identified: bool
    location: str
    province: str
    city: str
    year: int | None
    amount_text: str
    amount: Decimal | None
    amount_words: str
    confidence: float | None
    confidence_code: float | None
    confidence_number: float | None
    confidence_location: float | None
    confidence_amount: float | None
    needs_review: bool
    finding_codes: str
    severities: str
    findings: str
    findings_en: str
    accepted: str
    is_duplicate_accepted: bool
    verdict: str
    decided_duplicate_of: str
    reviewed_by: str
    reviewed_at: str
    review_reason: str
    read_values: str
    is_by_hand: bool
    is_conflict: bool
