"""Runs the ledger's query over the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from accounting.ledger.cache import Cache, batches
from quota_invoice.invoice.duplicates import FIRST_MISSING_FINDING, duplicate_finding

LEDGER = Path(__file__).with_name("ledger.sql")
_BATCH = 1000  # rows

ENTRIES = "FROM ledger WHERE status = 'recognized' AND entry IS NOT NULL"
"""One row per entry of a record; an input without an invoice has none."""
INVOICES = f"{ENTRIES} AND verdict <> 'not_an_invoice'"
"""One row per invoice."""
NOT_INVOICES = f"{ENTRIES} AND verdict = 'not_an_invoice'"
"""The entries that a person found to be no invoices."""
ORDER = "ORDER BY uploaded_at, key, entry"
REVIEW = (
    "CASE WHEN is_conflict THEN 'conflict' WHEN verdict = 'not_an_invoice' THEN verdict "
    "WHEN is_by_hand THEN 'by_hand' WHEN verdict <> '' THEN verdict "
    "WHEN reviewed_by <> '' THEN 'undone' WHEN outdated_reviews > 0 THEN 'outdated' END"
)
"""The state of an entry's review as one word: None, one of ``WORDS``."""
WORDS = {
    "corrected": "已更正 corrected",
    "confirmed": "已确认 confirmed",
    "duplicate": "复核为重复 duplicate",
    "by_hand": "手工录入 entered by hand",
    "not_an_invoice": "不是发票 not an invoice",
    "conflict": "复核结果不一致 conflict",
    "undone": "复核已撤销 undone",
    "outdated": "文件已更换，原复核失效 outdated",
}
"""The states of reviews, for people."""
COUNTED = f"{INVOICES} AND duplicate_of IS NULL"
"""The invoices that count: a duplicate's amount counts once."""
TO_REVIEW = (
    f"{ENTRIES} AND needs_review AND (duplicate_of IS NULL OR is_conflict OR verdict = 'duplicate')"
)
"""The entries that a person should look at; the sheet of duplicates has most of those."""


@dataclass(frozen=True)
class Choice:
    """The choice of invoices for a ledger.

    Attributes:
        prefix: the beginning of their keys.
        since: first day of the content's first upload, in China; None for all.
        until: last day of the upload.
        made_on: the day of the ledger, by which a code's year is judged.
        review_url: URL of the review page without path; empty for no links.
    """

    prefix: str
    since: date | None
    until: date | None
    made_on: date
    review_url: str = ""


class Ledger:
    """The ledger as a table of the cache's connection.

    Args:
        cache: the cache, up to date.
        choice: the choice of invoices.
    """

    def __init__(self, cache: Cache, choice: Choice) -> None:
        self.choice = choice
        self._connection: duckdb.DuckDBPyConnection = cache.connection
        self._connection.execute(
            "CREATE OR REPLACE TABLE chosen (prefix VARCHAR, since DATE, until DATE, made_on DATE, "
            "duplicate_here VARCHAR, duplicate_elsewhere VARCHAR, "
            "duplicate_here_en VARCHAR, duplicate_elsewhere_en VARCHAR, first_missing VARCHAR, "
            "first_missing_en VARCHAR)"
        )
        self._connection.execute(
            "INSERT INTO chosen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [choice.prefix, choice.since, choice.until, choice.made_on, *_words()],
        )
        self._connection.execute(
            f"CREATE OR REPLACE TABLE ledger AS {LEDGER.read_text(encoding='utf-8')}"
        )

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query over the table ``ledger`` and those of the cache."""
        for batch in batches(self._connection, query, _BATCH):
            yield from batch

    def row(self, query: str) -> tuple[Any, ...]:
        """Return the only row of a query."""
        [row] = self.rows(query)
        return row

    def count(self, rows: str) -> int:
        """Return the number of rows, such as those of ``INVOICES``."""
        [count] = self.row(f"SELECT count(*) {rows}")
        return int(count)

    def copy(self, query: str, path: Path) -> None:
        """Write the rows of a query to a Parquet file.

        Raises:
            OSError: the file cannot be written.
        """
        target = str(path).replace("'", "''")
        options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000"
        try:
            self._connection.execute(f"COPY ({query}) TO '{target}' ({options})")
        except duckdb.IOException as error:
            raise OSError(f"{path.name}: {str(error).splitlines()[0]}") from None


def _words() -> tuple[str, ...]:
    """Return the texts of duplicates: in the same file, in another one; Chinese, then English."""
    here, elsewhere = duplicate_finding("", ""), duplicate_finding("{first}", "")
    texts = here.message.zh, elsewhere.message.zh, here.message.en, elsewhere.message.en
    return *texts, *FIRST_MISSING_FINDING.message
