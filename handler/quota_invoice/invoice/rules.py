"""The rules that check an invoice; each yields its findings.

Each rule is a function, named in the records that it checked. A change of any rule's result gets a
new VERSION, so that a record tells which rules it met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from quota_invoice.invoice.amount_rules import contradicting_amount, unreadable_amount, zero_amount
from quota_invoice.invoice.code import is_code, place_of_code
from quota_invoice.invoice.confidence_rules import low_confidence, several_invoices
from quota_invoice.invoice.fields import NAMES, Fields
from quota_invoice.invoice.findings import Finding, Severity, Text
from quota_invoice.invoice.place import Place, parse_place
from quota_invoice.invoice.year_rules import early_year, future_year

VERSION = "2"

_NUMBER = re.compile(r"[0-9]{8}")


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


def malformed_code(fields: Fields) -> Iterator[Finding]:
    """An invoice code has 12 characters, as ``code.is_code`` says.

    >>> [finding.code for finding in malformed_code(Fields(code="14403190911"))]
    ['malformed_code']
    """
    if fields.code and not is_code(fields.code):
        text = Text(
            "发票代码不符合编码规则：应为 12 位，第 1 位是 0、1 或 2。",
            "The invoice code breaks the rules for codes: it has 12 characters, and the first one "
            "is 0, 1 or 2.",
        )
        yield Finding("malformed_code", Severity.SERIOUS, text)


def malformed_number(fields: Fields) -> Iterator[Finding]:
    """An invoice number has 8 digits.

    >>> [finding.code for finding in malformed_number(Fields(number="9123456"))]
    ['malformed_number']
    """
    if fields.number and not _NUMBER.fullmatch(fields.number):
        text = Text("发票号码应为 8 位数字。", "An invoice number has 8 digits; this one differs.")
        yield Finding("malformed_number", Severity.SERIOUS, text)


def contradicting_place(fields: Fields) -> Iterator[Finding]:
    """The place on the invoice is the one of its code, by GB/T 2260.

    >>> fields = Fields(code="144031909110", location="北京市")
    >>> [finding.message.en for finding in contradicting_place(fields)]
    ['The invoice code belongs to 广东省深圳市, but the invoice says 北京市.']
    """
    place, by_code = parse_place(fields.location), place_of_code(fields.code)
    if contradict(place, by_code):
        issued, printed = _name(by_code), _name(place)
        text = Text(
            f"发票代码属于{issued}，而票面所在地是{printed}。",
            f"The invoice code belongs to {issued}, but the invoice says {printed}.",
        )
        yield Finding("contradicting_place", Severity.DOUBT, text)


RULES: tuple[Callable[[Fields], Iterator[Finding]], ...] = (
    missing_field,
    malformed_code,
    malformed_number,
    early_year,
    future_year,
    unreadable_amount,
    contradicting_amount,
    zero_amount,
    contradicting_place,
    several_invoices,
    low_confidence,
)
"""The rules for each invoice, in the order of their findings."""


def check(fields: Fields) -> list[Finding]:
    """Return the findings of all rules for an invoice."""
    return [finding for rule in RULES for finding in rule(fields)]


def contradict(place: Place, other: Place) -> bool:
    """Whether two places differ in a part that both name."""
    return any(a and b and a != b for a, b in zip(place, other, strict=True))


def _name(place: Place) -> str:
    """Return a place as it is written: a municipality's name stands once."""
    return "".join(dict.fromkeys(part for part in place if part))
