"""The members of a record that Auto Classification's tickets become."""

from __future__ import annotations

from typing import Any

from quota_invoice.invoice.fields import Conditions
from quota_invoice.invoice.file_rules import pages_without_invoice, unread_pages, unread_tickets
from quota_invoice.invoice.interpret import interpret
from quota_invoice.recognition.reading import Api, Reading, View
from quota_invoice.recognition.tickets import is_read, status_of, tickets


def members(reading: Reading, conditions: Conditions) -> dict[str, Any]:
    """Return the results of all pages, their invoices, and the tickets that were not read.

    Each invoice and each failed ticket has its page and its polygon: the corners in pixels of the
    upright original. Pages and tickets that were not read are findings on each of the invoices, and
    so are pages without an invoice.
    """
    unread = sum(not is_read(ticket) for _, ticket in tickets(reading))
    of_file = [
        *unread_pages(reading.pages_unread),
        *pages_without_invoice([range(page, page + 1) for page in reading.pages_without_invoice]),
        *unread_tickets(unread),
    ]
    invoices, failed_tickets = [], []
    for page, ticket in tickets(reading):
        polygon = _polygon(ticket.get("location"), reading.pages[page].view)
        place = {"page": page, "polygon": polygon}
        if is_read(ticket):
            invoices.append({**interpret(ticket["content"], of_file, conditions), **place})
        else:
            failed_tickets.append({"type": ticket.get("type"), **place, **status_of(ticket)})
    return {
        "result": [entry for page in reading.pages.values() for entry in page.result],
        "invoices": invoices,
        "failed_tickets": failed_tickets,
    }


def page_rules(reading: Reading) -> tuple[list[str], list[dict[str, str]]]:
    """Return the rules on whole files that were run, and those that were not, with the reason."""
    if reading.api is Api.QUOTA_INVOICE:
        return [], []
    run = [unread_tickets.__name__]
    if not reading.has_pages:
        return run, []
    run.append(pages_without_invoice.__name__)
    rule = unread_pages.__name__
    if reading.pages_total is None:
        reason = "the file's number of pages is unknown: only refused pages are named"
        return run, [{"rule": rule, "reason": reason}]
    return [*run, rule], []


def _polygon(location: object, view: View) -> list[list[int]] | None:
    """Return corners in pixels of the original; None if the service gave none."""
    if not isinstance(location, list):
        return None
    scale, left, top = view
    try:
        return [
            [left + round(float(x) / scale), top + round(float(y) / scale)] for x, y in location
        ]
    except (TypeError, ValueError, OverflowError):
        return None
