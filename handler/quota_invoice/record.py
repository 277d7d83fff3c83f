"""The JSON documents that lie beside an input: the record, and the failure record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from .errors import ImageRefused
from .invoice import interpret

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


@dataclass(frozen=True)
class Recognition:
    """What the OCR service answered.

    Attributes:
        result: the API's own ``result``, untouched.
        request_id: the service's id of the request, or None.
        elapsed_ms: from request to answer, in whole milliseconds.
    """

    result: Mapping[str, Any]
    request_id: str | None
    elapsed_ms: int


def recognized(
    source: Source, recognition: Recognition, *, region: str, attempts: int
) -> dict[str, Any]:
    """Make the record of an invoice that was read in the region's service, after so many tries."""
    return {
        "schema": SCHEMA,
        "status": "recognized",
        "source": asdict(source),
        "result": dict(recognition.result),
        "invoices": [interpret(recognition.result)],
        "ocr": {
            "api": "quota-invoice",
            "region": region,
            "request_id": recognition.request_id,
            "attempts": attempts,
            "elapsed_ms": recognition.elapsed_ms,
        },
        "processed_at": _now(),
    }


def failed(source: Source, error: ImageRefused) -> dict[str, Any]:
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
