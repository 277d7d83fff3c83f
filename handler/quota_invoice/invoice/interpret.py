"""The meaning of a quota invoice's fields: from the OCR service's result to an invoice entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quota_invoice.invoice.amount import agreed, amount_in_words
from quota_invoice.invoice.code import (
    authority_of_code,
    trade_of_code,
)
from quota_invoice.invoice.fields import Conditions, Fields
from quota_invoice.invoice.findings import Finding, needs_review
from quota_invoice.invoice.place import contradict
from quota_invoice.invoice.rules import check


def interpret(
    result: Mapping[str, Any],
    others: Iterable[Finding] = (),
    conditions: Conditions | None = None,
) -> dict[str, Any]:
    """Return the entry of a record's ``invoices`` for a result.

    Args:
        result: the API's ``result``: a text per field, and ``confidence`` with a number per field.
        others: findings on the whole file, which concern each of its invoices.
        conditions: the facts besides the result.

    Returns:
        The entry: the texts, the place as ``province`` and ``city``, the code's ``year``,
        ``authority`` and ``trade``, the ``amount`` as text, decimal text and words,
        ``confidence``, and ``findings``;
        ``needs_review`` is true if a person should check one of them.
    """
    fields = Fields.of(result, conditions)
    place, by_code = fields.place, fields.place_of_code
    value = agreed(fields.amounts)
    findings = [*check(fields), *others]
    return {
        "code": fields.code,
        "number": fields.number,
        "location": fields.location,
        "province": place.province or by_code.province,
        "city": place.city or (by_code.city if not contradict(place, by_code) else None),
        "year": fields.year,
        "authority": authority_of_code(fields.code),
        "trade": trade_of_code(fields.code),
        "amount": {
            "text": fields.amount,
            "value": None if value is None else str(value),
            "words": None if value is None else amount_in_words(value),
            "currency": "CNY",
        },
        "confidence": dict(fields.confidence),
        "needs_review": needs_review(findings),
        "duplicate_of": None,
        "findings": [finding.to_json() for finding in findings],
    }
