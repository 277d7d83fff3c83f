"""The rules that check an invoice; each yields its findings.

Each rule is a function, named in the records that it checked. A change of any rule's result gets a
new VERSION, so that a record tells which rules it met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quota_invoice.invoice.amount_rules import (
    contradicting_amount,
    unreadable_amount,
    unusual_amount,
    zero_amount,
)
from quota_invoice.invoice.code_rules import (
    contradicting_place,
    early_year,
    future_year,
    malformed_code,
    malformed_number,
)
from quota_invoice.invoice.confidence_rules import low_confidence, several_invoices
from quota_invoice.invoice.expiry_rules import (
    last_days,
    not_verifiable,
    old_local_bureau,
    past_last_day,
)
from quota_invoice.invoice.fields import NAMES, Fields
from quota_invoice.invoice.findings import Finding, Severity, Text

VERSION = "3"


def missing_field(fields: Fields) -> Iterator[Finding]:
    """Every quota invoice has a code, a number, a place and an amount.

    >>> [finding.code for finding in missing_field(Fields(code="144031909110", amount="￥50.00"))]
    ['missing_field.number', 'missing_field.location']
    """
    for name, (zh, en) in NAMES.items():
        if not getattr(fields, name):
            # The place follows from the code.
            severity = Severity.DOUBT if name == "location" else Severity.SERIOUS
            text = Text(f"图片上没有读到{zh}。", f"The {en} was not read from the image.")
            yield Finding(f"missing_field.{name}", severity, text)


RULES: tuple[Callable[[Fields], Iterator[Finding]], ...] = (
    missing_field,
    malformed_code,
    malformed_number,
    early_year,
    future_year,
    old_local_bureau,
    past_last_day,
    unreadable_amount,
    contradicting_amount,
    zero_amount,
    unusual_amount,
    contradicting_place,
    several_invoices,
    low_confidence,
    not_verifiable,
)
"""The rules for each invoice, in the order of their findings."""
_NEVER_RUN = {
    "old_state_bureau": "only the title tells the invoices of the former state tax bureaus, which "
    "could be used until 2018-12-31 (国家税务总局公告2018年第32号), from those of merged bureaus, "
    "whose codes also begin with 1; the OCR service does not return the title",
    "amount_in_words": "the OCR service returns the amount once, not in words beside figures; a "
    "text that holds both meets contradicting_amount",
    "invoice_seal": "the OCR service does not return the seller's seal (发票专用章)",
}
"""Rules that need facts which the OCR service does not return, with the reason."""


def applied() -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of the rules that are run, and those that are not, with the reason."""
    skipped = dict(_NEVER_RUN)
    if not last_days():
        skipped[past_last_day.__name__] = "the table expiry.yaml is empty"
    run = [rule.__name__ for rule in RULES if rule.__name__ not in skipped]
    return run, [{"rule": rule, "reason": reason} for rule, reason in skipped.items()]


def check(fields: Fields) -> list[Finding]:
    """Return the findings of all rules for an invoice."""
    return [finding for rule in RULES for finding in rule(fields)]
