"""The rules that check the year in an invoice's code."""

from __future__ import annotations

from collections.abc import Iterator

from quota_invoice.invoice.code import year_of_code
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.findings import Finding, Severity, Text

_FIRST = 2000


def early_year(fields: Fields) -> Iterator[Finding]:
    """The code's year is 2000 or later: invoices of the former century are no longer in use.

    Source of the code's year: 国税函〔2004〕521号; the limit is a matter of practice.

    >>> [finding.code for finding in early_year(Fields(code="144039509110"))]
    ['early_year']
    """
    year = year_of_code(fields.code)
    if year is not None and year < _FIRST:
        text = Text(
            f"发票代码中的年份是 {year} 年，早于 {_FIRST} 年，请与图片核对。",
            f"The invoice code's year is {year}, which is before {_FIRST}: compare it with the "
            "image.",
        )
        yield Finding("early_year", Severity.SERIOUS, text)


def future_year(fields: Fields) -> Iterator[Finding]:
    """The code's year is not later than the current one.

    Source of the code's year: 国税函〔2004〕521号.

    >>> [finding.code for finding in future_year(Fields(code="144032709110", this_year=2026))]
    ['future_year']
    """
    year = year_of_code(fields.code)
    if year is not None and year > fields.this_year:
        text = Text(
            f"发票代码中的年份是 {year} 年，尚未到来，请与图片核对。",
            f"The invoice code's year is {year}, which is in the future: compare it with the "
            "image.",
        )
        yield Finding("future_year", Severity.SERIOUS, text)
