"""The record and the failure record: the JSON objects that lie beside an input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.invoice.interpret import interpret
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Reading
from quota_invoice.records.auto_classification import members

SCHEMA = "quota-invoice-record/1"


class Status(str, Enum):
    """The status of an input, by its word in records and in the API."""

    RECOGNIZED = "recognized"
    FAILED = "failed"
    PENDING = "pending"


def recognized(source: Source | None, reading: Reading, *, region: str) -> dict[str, Any]:
    """Return the record of an invoice that was read.

    Args:
        source: the object; None for a file that an API caller sent.
        reading: the OCR service's results.
        region: the service's region.
    """
    first, *_ = reading.pages.values()
    return {
        "schema": SCHEMA,
        "status": Status.RECOGNIZED.value,
        "source": asdict(source) if source else None,
        **(
            {"result": dict(first.result), "invoices": [interpret(first.result)]}
            if reading.api is Api.QUOTA_INVOICE
            else members(reading)
        ),
        "ocr": {
            "api": reading.api.value,
            "region": region,
            "request_id": first.request_id,
            "attempts": reading.attempts,
            "elapsed_ms": sum(page.elapsed_ms for page in reading.pages.values()),
            "rescue": asdict(reading.fallback) if reading.fallback else None,
        },
        "processed_at": _now(),
    }


def failed(source: Source, error: QuotaInvoiceError, attempts: int = 1) -> dict[str, Any]:
    """Return the failure record of an image that cannot be read."""
    return {
        "schema": SCHEMA,
        "status": Status.FAILED.value,
        "source": asdict(source),
        "error": {"code": error.code, "message": error.message, "request_id": error.request_id},
        "attempts": attempts,
        "processed_at": _now(),
    }


def retry_record(source: Source, error: QuotaInvoiceError, attempts: int) -> dict[str, Any]:
    """Return the JSON of an input that is tried again later."""
    return {**failed(source, error, attempts), "status": Status.PENDING.value}


def pending(source: Source) -> dict[str, Any]:
    """Return the answer of the API for an input that has no record yet."""
    return {"schema": SCHEMA, "status": Status.PENDING.value, "source": asdict(source)}


def etag_of(record: Mapping[str, Any] | None) -> str | None:
    """Return the ETag of the content that a record or failure record stands for, or None."""
    source = record.get("source") if record else None
    etag = source.get("etag") if isinstance(source, Mapping) else None
    return etag if isinstance(etag, str) else None


def _now() -> str:
    now = datetime.now(timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
