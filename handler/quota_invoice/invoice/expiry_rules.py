"""The rules on the days until which invoices can be used, and on their verification.

These days bind the issuing of an invoice, and a quota invoice shows no day of issue. So a breach is
a finding for a person to look at, never a rejection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from quota_invoice.invoice.code import LOCAL_BUREAU
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.findings import Finding, Severity, Text
from quota_invoice.invoice.place import parse_place

_LAST_OF_LOCAL = 2016
_LINE = (  # not compiled before the table has a line
    r"""(?P<q>["']?)(?P<name>[^"':\uff1a]+?)(?P=q)\s*[:\uff1a]\s*(?P<r>["']?)"""
    r"""(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?(?P=r)"""
)


def old_local_bureau(fields: Fields) -> Iterator[Finding]:
    """The invoice is not one of the former local tax bureaus, which could be used until 2016.

    Source: 国家税务总局公告2016年第23号: until 2016-06-30, by exempt taxpayers until 2016-08-31;
    tolls and gate tickets are exceptions. The code's first character alone does not tell the
    bureau, but together with a year up to 2016 it does (practice).

    >>> [finding.code for finding in old_local_bureau(Fields(code="244031429474"))]
    ['old_local_bureau']
    >>> list(old_local_bureau(Fields(code="244031829474")))
    []
    """
    year = fields.year
    if year is not None and year <= _LAST_OF_LOCAL and fields.code.startswith(LOCAL_BUREAU):
        text = Text(
            "这是原地方税务局的发票：可用至 2016-06-30，免税纳税人可用至 2016-08-31，过路费、门票等"
            "除外（国家税务总局公告2016年第23号）。票面没有开票日期，请人工核对。",
            "This is an invoice of a former local tax bureau. It could be used until 2016-06-30, "
            "by exempt taxpayers until 2016-08-31; tolls and gate tickets are exceptions (State "
            "Taxation Administration, announcement 23 of 2016). It shows no day of issue: a person "
            "must decide.",
        )
        yield Finding("old_local_bureau", Severity.SERIOUS, text)


def past_last_day(fields: Fields) -> Iterator[Finding]:
    """The invoice came before the last day of its province or city, by the table ``expiry.yaml``.

    Source: none for the whole country; the user fills the table. A code of a later year was issued
    after that day, an invoice that was uploaded later may have been.

    >>> list(past_last_day(Fields(code="144031909110")))
    []
    """
    by_code, printed = fields.place_of_code, fields.place
    days = table().days
    names = (by_code.city, printed.city, by_code.province, printed.province)
    name = next((name for name in names if name and name in days), None)
    if name is None:
        return
    last, year = days[name], fields.year
    is_certain = year is not None and year > last.year
    if is_certain or fields.conditions.seen_on > last:
        text = Text(
            f"{name}的定额发票使用至 {last}，请核对取得发票的日期。",
            f"Quota invoices of {name} were in use until {last}: check the day of the expense.",
        )
        yield Finding("past_last_day", Severity.SERIOUS if is_certain else Severity.DOUBT, text)


def not_verifiable(fields: Fields) -> Iterator[Finding]:
    """The national verification platform does not list quota invoices.

    Source: that platform's own scope, VAT invoices, by secondary sources. No record ever says that
    an invoice was verified.

    >>> [finding.severity.value for finding in not_verifiable(Fields(code="144031909110"))]
    ['info']
    """
    if fields.code:
        text = Text(
            "全国增值税发票查验平台不能查验定额发票，如需查验请向当地税务机关查询。",
            "The national verification platform does not cover quota invoices; the provincial tax "
            "bureau can verify them.",
        )
        yield Finding("not_verifiable", Severity.INFO, text)


class Table(NamedTuple):
    """The table ``expiry.yaml``.

    Attributes:
        days: last days, by the full name of the province or city.
        unusable: the lines that say no last day of a place.
    """

    days: Mapping[str, date]
    unusable: tuple[str, ...]


@cache
def table() -> Table:
    """Return the table that lies beside this module."""
    # Read when first needed: a duplicate's invocation does without it.
    data = (Path(__file__).parent / "expiry.yaml").read_bytes()
    return parse_table(data.decode("utf-8-sig", "replace"))


def parse_table(text: str) -> Table:
    r"""Read the table: one ``name: year-month-day`` per line, and comments.

    It is a part of YAML, for which the function needs no parser, with the Chinese colon and the
    usual forms of a date. A line that is something else must not stop an upload: it is not used.

    >>> parse_table("# a comment\n广东省: 2025-06-30  # announced\n").days
    {'广东省': datetime.date(2025, 6, 30)}
    >>> parse_table("广东省\uff1a2025年6月30日\n广东: 2025-06-30\n深圳市: soon").unusable
    ('广东: 2025-06-30', '深圳市: soon')
    """
    days, unusable = {}, []
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        if entry := _entry(line):
            days[entry[0]] = entry[1]
        else:
            unusable.append(line)
    return Table(days, tuple(unusable))


def _entry(line: str) -> tuple[str, date] | None:
    """Return name and last day of a line; None if it has no full name or no day."""
    match = re.fullmatch(_LINE, line)
    if not match or match["name"] not in parse_place(match["name"]):
        return None
    try:
        return match["name"], date(*map(int, match.group("year", "month", "day")))
    except ValueError:
        return None
