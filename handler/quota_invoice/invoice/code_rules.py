"""The rules that check an invoice's code and number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from quota_invoice.invoice.code import is_code
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.findings import Finding, Severity, Text
from quota_invoice.invoice.place import Place, contradict

_NUMBER = re.compile(r"[0-9]{8}")
_FIRST = 2004


def is_number(text: str) -> bool:
    """Whether a text has the form of an invoice number.

    >>> is_number("91234567"), is_number("9123456")
    (True, False)
    """
    return bool(_NUMBER.fullmatch(text))


def malformed_code(fields: Fields) -> Iterator[Finding]:
    """An invoice code has 12 characters, as ``code.is_code`` says.

    >>> [finding.code for finding in malformed_code(Fields(code="14403190911"))]
    ['malformed_code']
    """
    if fields.code and not is_code(fields.code):
        text = Text(
            "发票代码不符合编码规则：应为 12 位，第 1 位是 0、1 或 2，第 2 至 7 位是数字，"
            "其余是数字或大写字母。",
            "The invoice code breaks the rules for codes: it has 12 characters, of which the first "
            "one is 0, 1 or 2, the next six are digits, and the others digits or capital letters.",
        )
        yield Finding("malformed_code", Severity.SERIOUS, text)


def malformed_number(fields: Fields) -> Iterator[Finding]:
    """An invoice number has 8 digits.

    >>> [finding.code for finding in malformed_number(Fields(number="9123456"))]
    ['malformed_number']
    """
    if fields.number and not is_number(fields.number):
        text = Text("发票号码应为 8 位数字。", "An invoice number has 8 digits; this one differs.")
        yield Finding("malformed_number", Severity.SERIOUS, text)


def unknown_division(fields: Fields) -> Iterator[Finding]:
    """The second and third characters of a code are a province, by GB/T 2260.

    Source: 国税函〔2004〕521号; 0000 in place of a division is the State Taxation Administration.

    >>> [finding.code for finding in unknown_division(Fields(code="117031909110"))]
    ['unknown_division']
    >>> [*unknown_division(Fields(code="000001600111"))]
    []
    """
    is_national = fields.code[1:5] == "0000"
    if is_code(fields.code) and fields.place_of_code.province is None and not is_national:
        text = Text(
            "发票代码第 2、3 位不是任何省份的代码，可能有数字误读，请与图片核对。",
            "The second and third characters of the invoice code are no province: a digit may be "
            "misread. Compare the code with the image.",
        )
        yield Finding("unknown_division", Severity.DOUBT, text)


def contradicting_place(fields: Fields) -> Iterator[Finding]:
    """The place on the invoice is the one of its code, by GB/T 2260.

    >>> fields = Fields(code="144031909110", location="北京市")
    >>> [finding.message.en for finding in contradicting_place(fields)]
    ['The invoice code belongs to 广东省深圳市, but the invoice says 北京市.']
    """
    place, by_code = fields.place, fields.place_of_code
    if contradict(place, by_code):
        issued, printed = _name(by_code), _name(place)
        text = Text(
            f"发票代码属于{issued}，而票面所在地是{printed}。",
            f"The invoice code belongs to {issued}, but the invoice says {printed}.",
        )
        yield Finding("contradicting_place", Severity.DOUBT, text)


def early_year(fields: Fields) -> Iterator[Finding]:
    """The code's year is 2004 or later.

    Source: 国税函〔2004〕521号, of 2004, gave invoices their codes of 12 characters.

    >>> [finding.code for finding in early_year(Fields(code="144039509110"))]
    ['early_year']
    """
    year = fields.year
    if year is not None and year < _FIRST:
        text = Text(
            f"发票代码中的年份是 {year} 年，早于 12 位发票代码启用的 {_FIRST} 年，请与图片核对。",
            f"The invoice code's year is {year}, but codes of 12 characters came in {_FIRST}: "
            "compare it with the image.",
        )
        yield Finding("early_year", Severity.SERIOUS, text)


def future_year(fields: Fields) -> Iterator[Finding]:
    """The code's year is not later than the year of the upload.

    Source of the code's year: 国税函〔2004〕521号.

    >>> from datetime import date
    >>> from quota_invoice.invoice.fields import Conditions
    >>> fields = Fields(code="144032709110", conditions=Conditions(date(2026, 11, 22)))
    >>> [finding.code for finding in future_year(fields)]
    ['future_year']
    """
    year = fields.year
    if year is not None and year > fields.conditions.seen_on.year:
        text = Text(
            f"发票代码中的年份是 {year} 年，晚于上传的年份，请与图片核对。",
            f"The invoice code's year is {year}, which is after the year of the upload: "
            "compare it with the image.",
        )
        yield Finding("future_year", Severity.SERIOUS, text)


def _name(place: Place) -> str:
    """Return a place as it is written: a municipality's name stands once."""
    return "".join(dict.fromkeys(part for part in place if part))
