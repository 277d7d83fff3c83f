"""The present rules, applied to the OCR service's result that a record keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from quota_invoice.invoice.fields import CONFIDENCE_BELOW
from quota_invoice.invoice.file_rules import pages_without_invoice, unread_pages, unread_tickets
from quota_invoice.invoice.findings import Severity
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.recognition.tickets import is_read
from quota_invoice.records.record import SCHEMA, interpreted

_PLACE = ("page", "polygon")
_OF_PAGES = (unread_pages.__name__, pages_without_invoice.__name__)


def rederived(
    record: Mapping[str, Any], confidence_below: float = CONFIDENCE_BELOW
) -> dict[str, Any]:
    """Return a record with the findings of the present rules, in the present schema.

    Its duplicates are not looked for.

    Args:
        record: a record of any schema.
        confidence_below: a field with a lower confidence is doubtful.

    Raises:
        ValueError: the record is not one that this function wrote.
    """
    try:
        source = source_of_record(record)
        new = interpreted(source, _reading(record), confidence_below)
        for invoice, former in zip(new["invoices"], record["invoices"], strict=True):
            invoice |= {name: former[name] for name in _PLACE if name in former}
            _keep_page_findings(invoice, former)
        if "failed_tickets" in new:
            new["failed_tickets"] = record["failed_tickets"]
        ocr = dict(record["ocr"])
        if "rescue" in ocr:  # the name in schema 1
            ocr["fallback"] = ocr.pop("rescue")
        return {
            "schema": SCHEMA,
            "status": record["status"],
            "source": record["source"],
            **new,
            "ocr": ocr,
            "pages": record.get("pages"),
            "processed_at": record["processed_at"],
        }
    except (AttributeError, KeyError, StopIteration, TypeError) as error:
        raise ValueError("not a record of this function") from error


def source_of_record(record: Mapping[str, Any]) -> Source:
    """Return the object whose content a record stands for.

    Raises:
        KeyError: the record lacks a member.
        TypeError: its source is no object.
    """
    return Source(**{name: record["source"][name] for name in Source._fields})


def _reading(record: Mapping[str, Any]) -> Reading:
    """Return the reading that a record was made of, without the views of converted images."""
    api, pages = Api(record["ocr"]["api"]), record.get("pages") or {}
    request_id, attempts = record["ocr"]["request_id"], record["ocr"]["attempts"]
    results: Mapping[int, Any] = {1: record["result"]}
    if api is Api.AUTO_CLASSIFICATION:
        results = _tickets_by_page(record)
    asked, total = pages.get("asked"), pages.get("total")
    return Reading(
        api,
        {page: Recognition(result, request_id, 0) for page, result in sorted(results.items())},
        attempts,
        pages_asked=asked,
        pages_total=total,
    )


def _keep_page_findings(invoice: dict[str, Any], former: Mapping[str, Any]) -> None:
    """Keep the findings that name pages: no other member of a record tells why they are empty."""
    kept = [each for each in former.get("findings", ()) if each["code"] in _OF_PAGES]
    if kept:
        others = [each for each in invoice["findings"] if each["code"] not in _OF_PAGES]
        # Those on tickets follow, as in a new record.
        ends = [at for at, each in enumerate(others) if each["code"] == unread_tickets.__name__]
        end = ends[0] if ends else len(others)
        invoice["findings"] = [*others[:end], *kept, *others[end:]]
        severities = {each["severity"] for each in invoice["findings"]}
        invoice["needs_review"] = bool(severities - {Severity.INFO.value})


def _tickets_by_page(record: Mapping[str, Any]) -> Mapping[int, list[Any]]:
    """Return the tickets of each page: invoices and failed tickets keep their order and page."""
    read, failed = iter(record["invoices"]), iter(record["failed_tickets"])
    found: dict[int, list[Any]] = defaultdict(list)
    for ticket in record["result"]:
        if isinstance(ticket, Mapping):
            page = next(read if is_read(ticket) else failed)["page"]
            found[page].append(ticket)
    return found
