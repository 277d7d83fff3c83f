"""The ledger as CSV, JSON lines or Parquet: one row per invoice."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from accounting.ledger.query import INVOICES, ORDER, Ledger
from accounting.progress import Notice, counted

COLUMNS = (
    *("uploaded_on", "code", "number", "amount", "amount_words", "amount_text", "location"),
    *("province", "city", "year", "needs_review", "duplicate_of", "near_invoice", "is_year_over"),
    *("confidence", "finding_codes", "findings", "verdict", "reviewed_by", "reviewed_at"),
    *("review_reason", "read_values", "is_by_hand", "is_conflict", "outdated_reviews"),
    *("key", "entry", "page", "uploaded_at", "etag"),
)
"""The columns, in their order; docs/ledger.md describes them."""
_QUERY = f"SELECT {', '.join(COLUMNS)} {INVOICES} {ORDER}"
# Spreadsheet programs take a cell for a formula that begins with one of these, also full-width.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


Writer = Callable[[Ledger, Path, Notice], None]
"""Writes a ledger to a file, and tells its progress."""


def write_csv(ledger: Ledger, path: Path, notice: Notice) -> None:
    """Write a CSV file that spreadsheet programs open as text: UTF-8 with BOM, no formulas."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in row] for row in _rows(ledger, notice))


def write_jsonl(ledger: Ledger, path: Path, notice: Notice) -> None:
    """Write one JSON object per line; amounts and dates are texts."""
    with path.open("w", encoding="utf-8") as file:
        for row in _rows(ledger, notice):
            entry = dict(zip(COLUMNS, map(_value, row), strict=True))
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def write_parquet(ledger: Ledger, path: Path, notice: Notice) -> None:
    """Write a Parquet file; amounts are decimals."""
    notice("writing", 0, None)
    ledger.copy(_QUERY, path)


def _rows(ledger: Ledger, notice: Notice) -> Iterator[tuple[Any, ...]]:
    return counted(ledger.rows(_QUERY), "writing", ledger.count(INVOICES), notice)


def escape_formula(text: str) -> str:
    """Return a text that a spreadsheet program does not take for a formula.

    >>> escape_formula("=1+1"), escape_formula("伍拾元整"), escape_formula("＠SUM(A1)")
    ("'=1+1", '伍拾元整', "'＠SUM(A1)")
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return escape_formula(value) if isinstance(value, str) else value


def _value(value: object) -> object:
    return str(value) if isinstance(value, Decimal | date) else value
