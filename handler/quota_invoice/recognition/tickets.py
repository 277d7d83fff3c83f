"""The tickets of Auto Classification: each has a type, a place on the image and a status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quota_invoice.errors import ImageRefused, NotRecognized
from quota_invoice.recognition.reading import Reading

NO_INVOICE = "AIS.0104"
NOT_RECOGNIZED = "AIS.0105"
_SUCCEEDED = "AIS.0000"
_REFUSED = "AIS.01"  # the beginning of all codes of images that cannot be read


def tickets(reading: Reading) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the tickets of all pages, each with its page number."""
    for number, page in reading.pages.items():
        for ticket in page.result:
            if isinstance(ticket, Mapping):
                yield number, ticket


def is_read(ticket: Mapping[str, Any]) -> bool:
    """Whether a ticket is a quota invoice that was read."""
    content = ticket.get("content")
    read = status_of(ticket)["code"] == _SUCCEEDED and isinstance(content, Mapping) and content
    return bool(read) and ticket.get("type") == "quota_invoice"


def is_unrecognized(result: Iterable[object]) -> bool:
    """Whether a page holds no ticket that was read, but one whose recognition failed."""
    found = [ticket for ticket in result if isinstance(ticket, Mapping)]
    failed = any(status_of(ticket)["code"] == NOT_RECOGNIZED for ticket in found)
    return failed and not any(map(is_read, found))


def status_of(ticket: Mapping[str, Any]) -> dict[str, str]:
    """Return ``code`` and ``message`` of a ticket: whether it was read, and why not."""
    status = ticket.get("status")
    status = status if isinstance(status, Mapping) else {}
    return {
        "code": str(status.get("error_code", "")),
        "message": str(status.get("error_msg", "")),
    }


def require_invoice(reading: Reading) -> Reading:
    """Return a reading of Auto Classification that holds an invoice.

    Raises:
        NotRecognized: it holds none, and a ticket was not recognized, which may succeed later.
        ImageRefused: it holds none; the code is that of the first ticket that was not read.
    """
    found = [ticket for _, ticket in tickets(reading)]
    if any(is_read(ticket) for ticket in found):
        return reading
    first, *_ = reading.pages.values()
    refused = [status for status in map(status_of, found) if status["code"].startswith(_REFUSED)]
    passing = [status["message"] for status in refused if status["code"] == NOT_RECOGNIZED]
    if passing:
        raise NotRecognized(NOT_RECOGNIZED, passing[0], first.request_id)
    code, message = (
        refused[0].values() if refused else (NO_INVOICE, "there is no quota invoice on it")
    )
    raise ImageRefused(code, message, first.request_id)
