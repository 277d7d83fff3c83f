"""Records as flat rows: one of the record, and one of each of its invoices.

A record may hold any JSON: another program may have written it. Members of another type than
expected count as absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from accounting.ledger.rows import EntryRow, RecordRow
from quota_invoice.invoice.duplicates import RULE, identity
from quota_invoice.invoice.fields import NAMES
from quota_invoice.invoice.findings import Severity, Text
from quota_invoice.json_values import member
from quota_invoice.records.record import etag_of
from quota_invoice.reviews.entry import Verdict
from quota_invoice.reviews.states import texts_of
from quota_invoice.times import parse_time

_SERIAL = re.compile(r"[0-9]{8}")
_LIMIT = Decimal(10) ** 16  # yuan; more does not fit DECIMAL(18, 2)
_CENT = -2  # exponent
_CHINA = timezone(timedelta(hours=8))
_YEARS = range(1900, 2200)  # others are no years of a calendar


def flat_record(
    key: str, revision: str, record: Mapping[str, Any]
) -> tuple[RecordRow, list[EntryRow]]:
    """Return the row of a record, and those of its invoices.

    Args:
        key: the record's key.
        revision: the revision of the record and its reviews.
        record: its content, with people's decisions (``effective_record``).
    """
    error = record.get("error")
    message, hint = member(error, "message"), member(error, "hint")
    first_at = text(member(record.get("source"), "uploaded_at"))
    first_on = day_in_china(first_at)
    invoices = record.get("invoices")
    entries = invoices if isinstance(invoices, list) else []
    status = text(record.get("status"))
    row = RecordRow(
        key,
        revision,
        text(member(record.get("source"), "key")),
        text(etag_of(record)),
        # A failure has invoices if a person entered them.
        "recognized" if status == "failed" and entries else status,
        first_at if first_on else "",
        first_on,
        text(member(error, "code")),
        # The former schema has the service's own text only.
        text(message) or text(member(message, "zh")),
        text(member(hint, "zh")),
        text(message) or text(member(message, "en")),
        text(member(hint, "en")),
        _integer(member(record.get("review"), "outdated")) or 0,
    )
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
    review, confidence = member(entry, "review"), member(entry, "confidence")
    verdict = text(member(review, "verdict"))
    accepted = _texts(member(review, "accepted"))
    value = None if verdict == Verdict.NOT_AN_INVOICE.value else member(amount, "value")
    return EntryRow(
        record_key=key,
        # One that was entered by hand tells its place: one before it may be undone.
        entry=_integer(member(entry, "place")) or place,
        page=_integer(member(entry, "page")),
        code=text(member(entry, "code")),
        number=number,
        serial=int(number) if _SERIAL.fullmatch(number) else None,
        is_identified=identity(entry) is not None,
        location=text(member(entry, "location")),
        province=text(member(entry, "province")),
        city=text(member(entry, "city")),
        year=_year(member(entry, "year")),
        amount_text=text(member(amount, "text")),
        amount=_decimal(value),
        amount_words=text(member(amount, "words")),
        confidence=_lowest(confidence),
        confidence_code=_share(member(confidence, "code")),
        confidence_number=_share(member(confidence, "number")),
        confidence_location=_share(member(confidence, "location")),
        confidence_amount=_share(member(confidence, "amount")),
        **_findings(entry, accepted),
        accepted=" ".join(accepted),
        is_duplicate_accepted=RULE in accepted,
        verdict=verdict,
        decided_duplicate_of=text(member(entry, "duplicate_of"))
        if verdict == Verdict.DUPLICATE.value
        else "",
        reviewed_by=text(member(review, "by")),
        reviewed_at=text(member(review, "at")),
        review_reason=text(member(review, "reason")),
        read_values=_read_values(entry),
        is_by_hand=member(review, "is_by_hand") is True,
        is_conflict=bool(member(review, "conflict")),
    )


def _findings(entry: object, accepted: Collection[str]) -> dict[str, Any]:
    """Return the columns that an invoice's findings fill, but for the finding of a duplicate."""
    present = member(entry, "findings")
    if isinstance(present, list):
        found = [each for each in present if member(each, "code") != RULE]
        needs_review = any(
            member(each, "severity") != Severity.INFO.value
            and text(member(each, "code")) not in accepted
            for each in found
        )
    else:  # codes, of the former schema
        found = [{"code": code} for code in _texts(member(entry, "issues"))]
        needs_review = member(entry, "needs_review") is not False
    codes = [text(member(each, "code")) for each in found]
    messages = [member(each, "message") for each in found]
    zh = [text(member(each, "zh")) for each in messages]
    en = [text(member(each, "en")) for each in messages]
    # A severity that is missing counts as doubt.
    severities = [text(member(each, "severity")) or Severity.DOUBT.value for each in found]
    return {
        "needs_review": needs_review,
        "finding_codes": " ".join(codes),
        "severities": " ".join(severities),
        "findings": "\n".join(
            words or _no_text(code).zh for words, code in zip(zh, codes, strict=True)
        ),
        "findings_en": "\n".join(
            words or _no_text(code).en for words, code in zip(en, codes, strict=True)
        ),
    }


def _read_values(entry: object) -> str:
    """Return the texts that the OCR service read in the fields that a person changed, as JSON.

    >>> review = {"read": {"number": "9123456O", "code": ""}}
    >>> _read_values({"code": "", "number": "91234560", "review": review})
    '{"number": "9123456O"}'
    """
    review, present = member(entry, "review"), texts_of(entry)
    if member(review, "is_by_hand") is True:
        return ""
    read = member(review, "read")
    found = {
        name: text(member(read, name)) for name in NAMES if isinstance(member(read, name), str)
    }
    changed = {name: words for name, words in found.items() if words != present[name]}
    return json.dumps(changed, ensure_ascii=False) if changed else ""


def _texts(value: object) -> list[str]:
    return [text(each) for each in value] if isinstance(value, list) else []


def _no_text(code: str) -> Text:
    """Return the text of a finding whose record has none, such as one of the former schema.

    >>> _no_text("zero_amount").zh
    '记录中没有此提示的文字（代码 zero_amount），请与图片核对。'
    """
    return Text(
        f"记录中没有此提示的文字（代码 {code}），请与图片核对。",
        f"The record has no text of this finding ({code}): compare the invoice with its image.",
    )


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


def _share(confidence: object) -> float | None:
    """Return a confidence; one out of range counts as absent.

    >>> _share(0.9), _share(float("nan")), _share(10**400), _share("high")
    (0.9, None, None, None)
    """
    fits = isinstance(confidence, int | float) and 0 <= confidence <= 1
    return float(confidence) if fits else None  # type: ignore[arg-type]  # checked


def _lowest(confidence: object) -> float | None:
    """Return the lowest confidence; those out of range count as absent.

    >>> _lowest({"code": 0.9, "number": float("nan"), "amount": 10**400})
    0.9
    """
    values = confidence.values() if isinstance(confidence, Mapping) else ()
    return min((each for each in map(_share, values) if each is not None), default=None)
