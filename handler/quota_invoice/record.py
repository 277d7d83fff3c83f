"""The JSON documents that lie beside an input: the record, and the failure record."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from .errors import QuotaInvoiceError
from .invoice import interpret

SCHEMA = "quota-invoice-record/1"
_SUCCEEDED = "AIS.0000"


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


@dataclass(frozen=True, repr=False)
class Given:
    """What the OCR service is given to read; one of three.

    It has no ``repr``: the address is signed.

    Attributes:
        url: an address.
        image: the bytes of an image.
        encoded: the same in base64, as a caller sent it, which is passed on untouched.
    """

    url: str | None = None
    image: bytes | None = None
    encoded: str | None = None

    def members(self) -> dict[str, str]:
        """Give the one member of a request's body."""
        if self.encoded is not None:
            return {"image": self.encoded}
        if self.image is not None:
            return {"image": b64encode(self.image).decode()}
        return {"url": self.url or ""}

    def content(self) -> bytes | None:
        """Give the image's bytes; None of an address, and of what is no base64."""
        if self.encoded is None:
            return self.image
        try:
            return b64decode(self.encoded, validate=True)
        except ValueError:
            return None


@dataclass(frozen=True)
class Recognition:
    """What the OCR service answered to one request.

    Attributes:
        result: the API's own ``result``, untouched: an object, of Auto Classification a list.
        request_id: the service's id of the request, or None.
        elapsed_ms: from request to answer, in whole milliseconds.
    """

    result: Any
    request_id: str | None
    elapsed_ms: int


@dataclass(frozen=True)
class Rescue:
    """How an object was read that the service would not read by its address.

    Attributes:
        code: the service's refusal of the address, or of what lay behind it.
        scale: the sides of the image that was sent instead, as a share of the original's; 1 if it
            was sent as it is.
    """

    code: str
    scale: float = 1.0


@dataclass(frozen=True)
class Reading:
    """All that the service said of an object.

    Attributes:
        api: which of its APIs: ``quota-invoice`` or ``auto-classification``.
        pages: what it answered, by page number; an image is page 1.
        attempts: how many requests that took.
        rescue: None if the service read the object by its address.
        pages_asked: up to which page a document was read; 1 for an image.
    """

    api: str
    pages: Mapping[int, Recognition]
    attempts: int
    rescue: Rescue | None = None
    pages_asked: int = 1


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
            else _tickets(reading)
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


def _tickets(reading: Reading) -> dict[str, Any]:
    """Give the results of all pages, their invoices, and what could not be read of them.

    Both say on which page a ticket lies, and where: the corners in pixels of the original, upright.
    """
    scale = reading.rescue.scale if reading.rescue else 1.0
    invoices, failed_tickets = [], []
    for page, ticket in tickets(reading):
        place = {"page": page, "polygon": _polygon(ticket.get("location"), scale)}
        if is_read(ticket):
            invoices.append({**interpret(ticket["content"]), **place})
        else:
            failed_tickets.append({"type": ticket.get("type"), **place, **status_of(ticket)})
    return {
        "result": [entry for page in reading.pages.values() for entry in page.result],
        "invoices": invoices,
        "failed_tickets": failed_tickets,
        "pages": {"read": list(reading.pages), "asked": reading.pages_asked},
    }


def tickets(reading: Reading) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the tickets that Auto Classification found, each with its page."""
    for number, page in reading.pages.items():
        for ticket in page.result:
            if isinstance(ticket, Mapping):
                yield number, ticket


def is_read(ticket: Mapping[str, Any]) -> bool:
    """Tell whether a ticket is a quota invoice that could be read."""
    content = ticket.get("content")
    read = status_of(ticket)["code"] == _SUCCEEDED and isinstance(content, Mapping) and content
    return bool(read) and ticket.get("type") == "quota_invoice"


def status_of(ticket: Mapping[str, Any]) -> dict[str, str]:
    """Give ``code`` and ``message`` of a ticket: whether it was read, and why not."""
    status = ticket.get("status")
    status = status if isinstance(status, Mapping) else {}
    return {
        "code": str(status.get("error_code", "")),
        "message": str(status.get("error_msg", "")),
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


def _polygon(location: object, scale: float) -> list[list[int]] | None:
    """Give corners in pixels of the original; None if the service gave none."""
    if not isinstance(location, list):
        return None
    try:
        return [[round(float(x) / scale), round(float(y) / scale)] for x, y in location]
    except (TypeError, ValueError, OverflowError):
        return None


def _now() -> str:
    now = datetime.now(timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
