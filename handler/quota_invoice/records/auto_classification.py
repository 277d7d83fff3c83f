"""The members of a record that Auto Classification's tickets become."""

from __future__ import annotations

from typing import Any

from quota_invoice.invoice.interpret import interpret
from quota_invoice.recognition.reading import Reading
from quota_invoice.recognition.tickets import is_read, status_of, tickets


def members(reading: Reading) -> dict[str, Any]:
    """Return the results of all pages, their invoices, and the tickets that were not read.

    Each invoice and each failed ticket has its page and its polygon: the corners in pixels of the
    upright original.
    """
    scale = reading.fallback.scale if reading.fallback else 1.0
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


def _polygon(location: object, scale: float) -> list[list[int]] | None:
    """Return corners in pixels of the original; None if the service gave none."""
    if not isinstance(location, list):
        return None
    try:
        return [[round(float(x) / scale), round(float(y) / scale)] for x, y in location]
    except (TypeError, ValueError, OverflowError):
        return None
