"""What Auto Classification finds: tickets, each with a place and a status of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quota_invoice.invoice.interpret import interpret
from quota_invoice.recognition.reading import Reading

_SUCCEEDED = "AIS.0000"


def members(reading: Reading) -> dict[str, Any]:
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


def _polygon(location: object, scale: float) -> list[list[int]] | None:
    """Give corners in pixels of the original; None if the service gave none."""
    if not isinstance(location, list):
        return None
    try:
        return [[round(float(x) / scale), round(float(y) / scale)] for x, y in location]
    except (TypeError, ValueError, OverflowError):
        return None
