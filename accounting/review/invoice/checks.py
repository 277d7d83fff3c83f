"""The rules for invoices, applied while a person types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounting.review.invoice.fields import FindingView, finding_views, is_of_texts
from accounting.review.invoice.order import Order
from accounting.review.invoice.reviewed import with_duplicates
from accounting.review.invoice.words import plain
from quota_invoice.invoice.fields import NAMES, Conditions, day_in_china
from quota_invoice.invoice.interpret import interpret
from quota_invoice.times import parse_time

_LONGEST = 1000


def checked(texts: Mapping[str, str], uploaded_at: str) -> dict[str, Any]:
    """Return the invoice entry of typed texts, as it will be when they are saved.

    Args:
        texts: by the fields' names.
        uploaded_at: the time of the image's upload: some rules depend on it.

    >>> from quota_invoice.invoice.fields import NAMES
    >>> typed = {"code": "144031909110", "number": "9123456", "location": "深圳市", "amount": "50"}
    >>> [each["code"] for each in checked(typed, "2026-11-22T00:00:00Z")["findings"]]
    ['malformed_number', 'not_verifiable']
    """
    moment = parse_time(uploaded_at)
    conditions = Conditions(day_in_china(moment), is_checked=True)
    result = {name: plain(texts.get(name, ""))[:_LONGEST] for name in NAMES}
    return interpret(result, (), conditions)


def typed_findings(
    texts: Mapping[str, str], uploaded_at: str, key: str, order: Order, language: str
) -> list[FindingView]:
    """Return the findings of the rules on typed texts, and on their duplicates.

    Args:
        texts: by the fields' names.
        uploaded_at: the time of the image's upload.
        key: the input's key.
        order: knows the other invoices.
        language: ``zh`` or ``en``.
    """
    record = {"invoices": [checked(texts, uploaded_at)]}
    [invoice] = with_duplicates(record, key, order.appearances)["invoices"]
    findings = finding_views(invoice["findings"], language)
    return [each for each in findings if is_of_texts(each.code)]
