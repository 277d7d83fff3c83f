"""The JSON documents that lie beside an input: the record, and the failure record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.invoice.interpret import interpret
from quota_invoice.recognition import tickets
from quota_invoice.recognition.reading import Reading

SCHEMA = "quota-invoice-record/1"


@dataclass(frozen=True)
class Source:
    """The object that a record is made of.

    Attributes:
        bucket: the bucket's name.
        key: the object's own key.
        etag: its ETag in lower case, without quotes: a record stands for this content and no other.
        size: bytes, or None if the event did not say.
        version_id: the object's version, or None.
        uploaded_at: when it was uploaded, as the event or the bucket gives it, or None.
    """

    bucket: str
    key: str
    etag: str
    size: int | None
    version_id: str | None
    uploaded_at: str | None


def recognized(source: Source | None, reading: Reading, *, region: str) -> dict[str, Any]:
    """Make the record of what was read in the region's service.

    Args:
        source: the object; None for what a caller gave to be read, and is stored nowhere.
        reading: all that was said of it.
        region: the service's.
    """
    first, *_ = reading.pages.values()
    return {
        "schema": SCHEMA,
        "status": "recognized",
        "source": asdict(source) if source else None,
        **(
            {"result": dict(first.result), "invoices": [interpret(first.result)]}
            if reading.api == "quota-invoice"
            else tickets.members(reading)
        ),
        "ocr": {
            "api": reading.api,
            "region": region,
            "request_id": first.request_id,
            "attempts": reading.attempts,
            "elapsed_ms": sum(page.elapsed_ms for page in reading.pages.values()),
            "rescue": asdict(reading.rescue) if reading.rescue else None,
        },
        "processed_at": _now(),
    }


def failed(source: Source, error: QuotaInvoiceError) -> dict[str, Any]:
    """Make the record of an image that will never be read."""
    return {
        "schema": SCHEMA,
        "status": "failed",
        "source": asdict(source),
        "error": {"code": error.code, "message": error.message, "request_id": error.request_id},
        "processed_at": _now(),
    }


def etag_of(document: Mapping[str, Any] | None) -> str | None:
    """Give the ETag of the content that a record or failure record stands for, or None."""
    source = document.get("source") if document else None
    etag = source.get("etag") if isinstance(source, Mapping) else None
    return etag if isinstance(etag, str) else None


def _now() -> str:
    now = datetime.now(timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
