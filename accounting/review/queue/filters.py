"""The selection of invoices that a person looks at, as the page's URL names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from quota_invoice.invoice.numerals import FULL_WIDTH

STATES = {
    "doubtful": "needs_review AND status = 'recognized'",
    "conflict": "is_conflict",
    "duplicate": "duplicate_of IS NOT NULL",
    "failed": "status = 'failed'",
    "corrected": "verdict = 'corrected'",
    "confirmed": "verdict = 'confirmed'",
    "excluded": "verdict = 'not_an_invoice'",
    "by_hand": "is_by_hand",
}
"""The states that a person can choose, with their conditions on the table ``queue``."""
_MONTH = re.compile(r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])")
_LONGEST = 1024  # characters; no key is longer


@dataclass(frozen=True)
class Filters:
    """A selection; empty texts select all.

    Attributes:
        state: one of ``STATES``.
        month: the month of the first upload, such as ``2026-11``.
        region: the province.
        prefix: the beginning of the inputs' keys.
        search: a part of a code or number.
    """

    state: str = ""
    month: str = ""
    region: str = ""
    prefix: str = ""
    search: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Return the selection of a URL's query; values that select nothing sensible are left out.

        >>> Filters.of({"state": "failed", "month": "11/2026", "search": " １２ 34 "})
        Filters(state='failed', month='', region='', prefix='', search='1234')
        """
        texts = {name: query.get(name, "")[:_LONGEST] for name in NAMES}
        search = "".join(texts["search"].translate(FULL_WIDTH).split()).upper()
        return cls(
            texts["state"] if texts["state"] in STATES else "",
            texts["month"] if _MONTH.fullmatch(texts["month"]) else "",
            texts["region"],
            texts["prefix"],
            search,
        )

    def without(self, name: str) -> Filters:
        """Return the selection without one of its filters."""
        return replace(self, **{name: ""})

    def query(self, **changed: str) -> str:
        """Return the URL's query of this selection, with some values changed.

        >>> Filters(state="failed", month="2026-11").query(state="", search="12")
        'month=2026-11&search=12'
        """
        selected = replace(self, **changed)
        values = {name: getattr(selected, name) for name in NAMES}
        return urlencode({name: value for name, value in values.items() if value})


NAMES = tuple(each.name for each in fields(Filters))
"""The names of the filters, in the URL as well."""
