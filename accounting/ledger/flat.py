"""Records as flat rows: one of the record, and one of each of its invoices.

A record may hold any JSON: another program may have written it. Members of another type than
expected count as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from quota_invoice.invoice.duplicates import RULE, identity
from quota_invoice.invoice.findings import Severity
from quota_invoice.json_values import member
from quota_invoice.records.record import etag_of
from quota_invoice.times import parse_time

_SERIAL = re.compile(r"[0-9]{8}")
_LIMIT = Decimal(10) ** 16  # yuan; more does not fit DECIMAL(18, 2)
_CENT = -2  # exponent
_CHINA = timezone(timedelta(hours=8))
_YEARS = range(1900, 2200)  # others are no years of a calendar


class RecordRow(NamedTuple):
    """A record or failure record; a line of the cache's table ``records``.

    Attributes:
        key: the record's key.
        etag: the record's own ETag.
        source_key: the input's key.
        source_etag: the ETag of the content that the record stands for.
        status: ``recognized``, ``failed``, ``archived`` if it cannot be read, or another text.
        first_at: the time of the content's first upload, as the record has it; the same content
            may have been uploaded again since. Empty if unknown.
        first_on: the day of it, in China.
        error_code: a failure's code, else empty; likewise the following.
        message: its cause in Chinese.
        hint: its next step in Chinese.
        message_en: its cause in English.
        hint_en: its next step in English.
    """

    key: str
    etag: str
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


class EntryRow(NamedTuple):
    """One invoice of a record; a line of the cache's table ``entries``.

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
        amount: the amount in yuan, with at most two decimals.
        amount_words: the amount in words.
        confidence: the lowest confidence of a field.
        needs_review: whether a person should compare the invoice with its image. This and the
            following leave out the finding of a duplicate: the ledger's query finds duplicates.
        finding_codes: the codes of its findings, separated by spaces.
        findings: the findings in Chinese.
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
    needs_review: bool
    finding_codes: str
    findings: str


def flat_record(key: str, etag: str, record: Mapping[str, Any]) -> tuple[RecordRow, list[EntryRow]]:
    """Return the row of a record, and those of its invoices.

    Args:
        key: the record's key.
        etag: the record's own ETag.
        record: its content.
    """
    error = record.get("error")
    message, hint = member(error, "message"), member(error, "hint")
    first_at = text(member(record.get("source"), "uploaded_at"))
    first_on = day_in_china(first_at)
    row = RecordRow(
        key,
        etag,
        text(member(record.get("source"), "key")),
        text(etag_of(record)),
        text(record.get("status")),
        first_at if first_on else "",
        first_on,
        text(member(error, "code")),
        # The former schema has the service's own text only.
        text(message) or text(member(message, "zh")),
        text(member(hint, "zh")),
        text(message) or text(member(message, "en")),
        text(member(hint, "en")),
    )
    invoices = record.get("invoices")
    entries = invoices if isinstance(invoices, list) else []
    return row, [_entry(key, place, entry) for place, entry in enumerate(entries, 1)]


def day_in_china(time: str) -> date | None:
    """Return the day of a time; None if the text is no time.

    >>> day_in_china("2026-11-22T16:00:00Z"), day_in_china("")
    (datetime.date(2026, 11, 23), None)
    """
    parsed = parse_time(time)
    try:
        return parsed.astimezone(_CHINA).date() if parsed else None
    except OverflowError:  # next to the last day of the calendar
        return None


def text(value: object) -> str:
    r"""Return a text that can be written as UTF-8; an empty one for another value.

    >>> text("half of a pair: \ud83d"), text(None)
    ('half of a pair: �', '')
    """
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _entry(key: str, place: int, entry: object) -> EntryRow:
    amount, number = member(entry, "amount"), text(member(entry, "number"))
    codes, messages, needs_review = _findings(entry)
    return EntryRow(
        key,
        place,
        _integer(member(entry, "page")),
        text(member(entry, "code")),
        number,
        int(number) if _SERIAL.fullmatch(number) else None,
        identity(entry) is not None,
        text(member(entry, "location")),
        text(member(entry, "province")),
        text(member(entry, "city")),
        _year(member(entry, "year")),
        text(member(amount, "text")),
        _decimal(member(amount, "value")),
        text(member(amount, "words")),
        _lowest(member(entry, "confidence")),
        needs_review,
        codes,
        messages,
    )


def _findings(entry: object) -> tuple[str, str, bool]:
    """Return codes and Chinese texts of an invoice's findings, and whether it needs a review."""
    present = member(entry, "findings")
    if not isinstance(present, list):
        issues = member(entry, "issues")  # codes, of the former schema
        codes = [text(each) for each in issues] if isinstance(issues, list) else []
        messages = [_no_text(code) for code in codes]
        return " ".join(codes), "\n".join(messages), member(entry, "needs_review") is not False
    found = [each for each in present if member(each, "code") != RULE]
    codes = [text(member(each, "code")) for each in found]
    messages = [
        text(member(member(each, "message"), "zh")) or _no_text(code)
        for each, code in zip(found, codes, strict=True)
    ]
    needs_review = any(member(each, "severity") != Severity.INFO.value for each in found)
    return " ".join(codes), "\n".join(messages), needs_review


def _no_text(code: str) -> str:
    """Return the text of a finding whose record has none, such as one of the former schema.

    >>> _no_text("zero_amount")
    '记录中没有此提示的文字（代码 zero_amount），请与图片核对。'
    """
    return f"记录中没有此提示的文字（代码 {code}），请与图片核对。"


def _decimal(value: object) -> Decimal | None:
    """Return an amount that the ledger can add up exactly, else None.

    >>> _decimal("50.00"), _decimal("0.001"), _decimal("1e99"), _decimal("NaN")
    (Decimal('50.00'), None, None, None)
    """
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    if number is None or not number.is_finite():
        return None
    exponent = number.as_tuple().exponent
    is_exact = isinstance(exponent, int) and exponent >= _CENT
    return number if is_exact and abs(number) < _LIMIT else None


def _integer(value: object) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31
    return int(value) if fits else None  # type: ignore[call-overload]  # checked


def _year(value: object) -> int | None:
    year = _integer(value)
    return year if year is not None and year in _YEARS else None


def _lowest(confidence: object) -> float | None:
    """Return the lowest confidence; those out of range count as absent.

    >>> _lowest({"code": 0.9, "number": float("nan"), "amount": 10**400})
    0.9
    """
    values = confidence.values() if isinstance(confidence, Mapping) else ()
    numbers = [value for value in values if isinstance(value, int | float) and 0 <= value <= 1]
    return min(map(float, numbers), default=None)
