"""The record and the failure record: the JSON objects that lie beside an input."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.invoice.duplicates import RULE as DUPLICATE_RULE
from quota_invoice.invoice.fields import CONFIDENCE_BELOW, Conditions, day_in_china
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.rules import VERSION, applied
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Reading
from quota_invoice.records.auto_classification import members, page_rules
from quota_invoice.times import format_time, parse_time, utc_now

SCHEMA = "quota-invoice-record/2"
FORMER_SCHEMA = "quota-invoice-record/1"
"""Records of it stay valid; all of this module's functions that read records read both."""


class Status(str, Enum):
    """The status of an input, by its word in records and in the API."""

    RECOGNIZED = "recognized"
    FAILED = "failed"
    PENDING = "pending"
    GONE = "gone"  # it has a record, but was removed or renamed; no record says so


def recognized(
    source: Source | None,
    reading: Reading,
    *,
    region: str,
    confidence_below: float = CONFIDENCE_BELOW,
) -> dict[str, Any]:
    """Return the record of an invoice that was read; its duplicates are not looked for.

    Args:
        source: the object; None for a file that an API caller sent.
        reading: the OCR service's results.
        region: the service's region.
        confidence_below: a field with a lower confidence is doubtful.
    """
    first, *_ = reading.pages.values()
    return {
        "schema": SCHEMA,
        "status": Status.RECOGNIZED.value,
        "source": source._asdict() if source else None,
        **interpreted(source, reading, confidence_below),
        "ocr": {
            "api": reading.api.value,
            "region": region,
            "request_id": first.request_id,
            "attempts": reading.attempts,
            "elapsed_ms": sum(page.elapsed_ms for page in reading.pages.values()),
            "fallback": reading.fallback.to_json() if reading.fallback else None,
        },
        "pages": _pages(reading) if reading.has_pages else None,
        "processed_at": _now(),
    }


def interpreted(
    source: Source | None, reading: Reading, confidence_below: float = CONFIDENCE_BELOW
) -> dict[str, Any]:
    """Return a record's members from ``result`` to ``rules``, by the present rules."""
    uploaded = parse_time(source.uploaded_at) if source else None
    is_one_per_image = reading.api is Api.QUOTA_INVOICE
    conditions = Conditions(
        day_in_china(uploaded), confidence_below, is_one_per_image=is_one_per_image
    )
    if not is_one_per_image:
        return {**members(reading, conditions), "rules": _rules(reading)}
    [page] = reading.pages.values()
    invoice = interpret(page.result, (), conditions)
    return {"result": dict(page.result), "invoices": [invoice], "rules": _rules(reading)}


def failed(source: Source, error: QuotaInvoiceError, attempts: int = 1) -> dict[str, Any]:
    """Return the failure record of an input that cannot be read.

    Args:
        source: the object.
        error: the reason.
        attempts: number of attempts, each in an invocation of its own.
    """
    return _without_result(Status.FAILED, source, error, attempts)


def retry_record(source: Source, error: QuotaInvoiceError, attempts: int) -> dict[str, Any]:
    """Return the record of an input that a sweep tries again later.

    Args:
        source: the object.
        error: the reason why the last attempt failed.
        attempts: number of attempts so far.
    """
    return _without_result(Status.PENDING, source, error, attempts)


def pending(source: Source) -> dict[str, Any]:
    """Return the answer of the API for an input that has no record yet."""
    return {"schema": SCHEMA, "status": Status.PENDING.value, "source": source._asdict()}


def gone(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the API for an input that is gone: its record, which is unchanged."""
    return {
        "schema": SCHEMA,
        "status": Status.GONE.value,
        "source": record.get("source"),
        "record": dict(record),
    }


def etag_of(record: Mapping[str, Any] | None) -> str | None:
    """Return the ETag of the content that a record or failure record stands for, or None."""
    source = record.get("source") if record else None
    etag = source.get("etag") if isinstance(source, dict) else None
    return etag if isinstance(etag, str) else None


def _without_result(
    status: Status, source: Source, error: QuotaInvoiceError, attempts: int
) -> dict[str, Any]:
    # Most uploads do not fail.
    from quota_invoice.records.failure_texts import failure_text  # noqa: PLC0415 - as said above
    from quota_invoice.records.file_texts import OWN_CODES  # noqa: PLC0415 - as said above

    message, hint = failure_text(error)
    is_own = error.code.startswith(OWN_CODES)
    return {
        "schema": SCHEMA,
        "status": status.value,
        "source": source._asdict(),
        "error": {
            "code": error.code,
            "message": message._asdict(),
            "hint": hint._asdict(),
            # API callers see the record; the message of an internal error is for the log only, and
            # those of files are ours.
            "service_message": None if error.internal or is_own else error.message,
            "request_id": error.request_id,
        },
        "attempts": attempts,
        "processed_at": _now(),
    }


def _rules(reading: Reading) -> dict[str, Any]:
    run, not_run = applied()
    run_on_pages, not_run_on_pages = page_rules(reading)
    unindexed = {"rule": DUPLICATE_RULE, "reason": "the file is not stored"}
    return {
        "version": VERSION,
        "run": [*run, *run_on_pages],
        "not_run": [*not_run, *not_run_on_pages, unindexed],
    }


def _pages(reading: Reading) -> dict[str, Any]:
    return {
        "read": list(reading.pages),
        "asked": reading.pages_asked,
        "total": reading.pages_total,
    }


def _now() -> str:
    return format_time(utc_now(), "milliseconds")
