"""The table ``queue``: the ledger's rows with their risk.

It is made of the whole ledger after each comparison with the bucket. After a decision, the rows of
one input are made anew with those of the invoices that it may touch, by the same query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import duckdb

from accounting.ledger.cache import TABLES
from accounting.ledger.query import LEDGER
from accounting.ledger.rows import EntryRow, RecordRow
from accounting.review.queue.risk import Facts, assess

_FACTS = ", ".join(Facts._fields)
# One row per invoice, and one per input without an invoice. A confidence that is unknown says
# nothing; the product is rounded, so that few different facts remain.
_ROWS = """
    SELECT key, coalesce(entry, 0) AS place, status, page, uploaded_at, month,
        coalesce(code, '') AS code, coalesce(number, '') AS number,
        coalesce(province, '') AS province, coalesce(city, '') AS city,
        coalesce(amount_text, '') AS amount_text, amount, confidence AS lowest_confidence,
        coalesce(needs_review, true) AS needs_review, duplicate_of, near_invoice,
        coalesce(finding_codes, '') AS codes, coalesce(severities, '') AS severities,
        coalesce(findings, '') AS findings, coalesce(findings_en, '') AS findings_en,
        coalesce(accepted, '') AS accepted, coalesce(verdict, '') AS verdict,
        coalesce(reviewed_by, '') AS reviewed_by, coalesce(is_by_hand, false) AS is_by_hand,
        coalesce(is_conflict, false) AS is_conflict, outdated_reviews,
        coalesce(error_code, '') AS error_code, coalesce(message, '') AS message,
        coalesce(hint, '') AS hint, coalesce(message_en, '') AS message_en,
        coalesce(hint_en, '') AS hint_en,
        status = 'failed' AS has_failed, entry IS NOT NULL AS has_invoice,
        coalesce(verdict <> '' AND NOT is_conflict, false) AS is_judged,
        round(least(coalesce(confidence_code, 1), coalesce(confidence_location, 1))
            * coalesce(confidence_number, 1) * coalesce(confidence_amount, 1), 2) AS confidence,
        near_invoice IS NOT NULL AS has_near
    FROM ledger WHERE status IN ('recognized', 'failed')
"""
_COUNTED = "has_invoice AND duplicate_of IS NULL AND verdict <> 'not_an_invoice'"
_KNOWN = ("inputs", "retries", "markers", "chosen")  # a ledger made meanwhile replaces them


class Reread(NamedTuple):
    """One input as it is now.

    Attributes:
        key: its key.
        input: its row of the table ``inputs``; None if it was removed.
        records: the rows of its record and failure record.
        entries: the rows of its invoices.
    """

    key: str
    input: tuple[Any, ...] | None
    records: tuple[RecordRow, ...]
    entries: tuple[EntryRow, ...]


def build(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make a table of the queue, such as ``TABLE queue``, from the table ``ledger``."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW found AS {_ROWS}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE risks AS FROM found SELECT {_FACTS}, 0 AS score LIMIT 0"
    )
    found = connection.execute(f"FROM found SELECT DISTINCT {_FACTS}").fetchall()
    _insert(connection, "risks", [(*facts, assess(Facts(*facts)).score) for facts in found])
    connection.execute(
        f"CREATE OR REPLACE {name} AS FROM found JOIN risks USING ({_FACTS}) "
        f"SELECT found.*, score, is_judged AND NOT needs_review AS is_decided, "
        f"{_COUNTED} AS is_counted"
    )


def keep_listing(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the present listing, which the table ``queue`` was made of."""
    for name in _KNOWN:
        connection.execute(f"CREATE OR REPLACE TABLE known_{name} AS FROM {name}")


def put(connection: duckdb.DuckDBPyConnection, reread: Sequence[Reread]) -> None:
    """Replace the rows of inputs in the table ``queue``, and of those with the same invoices.

    Near duplicates of other inputs are left as they are until the whole table is made anew.

    Args:
        connection: a connection that is used for nothing else: it gets temporary tables, which
            hide those of the whole cache.
        reread: inputs as they are now; the cache may have former rows of them.
    """
    if not reread:
        return
    keys = [each.key for each in reread]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE here AS SELECT unnest(?::VARCHAR[]) AS key", [keys]
    )
    _select(connection, reread)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger AS " + LEDGER.read_text(encoding="utf-8")
    )
    build(connection, "TEMP TABLE present")
    connection.execute(_TOUCHED)
    connection.execute("DELETE FROM main.queue WHERE (key, place) IN (FROM touched)")
    connection.execute("INSERT INTO main.queue FROM present WHERE (key, place) IN (FROM touched)")


_TOUCHED = """
    CREATE OR REPLACE TEMP TABLE touched AS
    WITH same AS (
        SELECT code, number FROM main.queue WHERE key IN (FROM here)
        UNION SELECT code, number FROM present WHERE key IN (FROM here)
    )
    SELECT key, place FROM main.queue WHERE key IN (FROM here)
    UNION
    SELECT key, place FROM present
    WHERE key IN (FROM here) OR (verdict = 'duplicate' AND duplicate_of IN (FROM here))
        OR (number <> '' AND (code, number) IN (FROM same))
"""
"""The rows here, those of the same invoices, and those that a person called duplicates of these."""


_LIKE = (
    "(code <> '' AND code IN (FROM wanted SELECT code) "
    "OR number <> '' AND number IN (FROM wanted SELECT number))"
)
_AROUND = {
    "wanted": "FROM fresh_entries SELECT code, number "
    "UNION FROM main.queue SELECT code, number WHERE key IN (FROM here) "
    "UNION FROM main.entries SELECT code, number WHERE decided_duplicate_of IN (FROM here)",
    "hits": f"FROM main.entries SELECT record_key WHERE {_LIKE}",
    # Whether a decided duplicate counts depends on the file that the person named.
    "named": "FROM fresh_entries SELECT decided_duplicate_of "  # noqa: S608 - no value is in it
    f"UNION FROM main.entries SELECT decided_duplicate_of WHERE {_LIKE}",
    "markers": f"FROM known_markers WHERE {_LIKE} OR appearance IN "
    "(FROM known_inputs SELECT appearance WHERE key IN (FROM named))",
    "inputs": "FROM known_inputs WHERE key NOT IN (FROM here) AND (record_key IN (FROM hits) "
    "OR failure_key IN (FROM hits) OR key IN (FROM named) "
    "OR appearance IN (FROM markers SELECT appearance))",
}
"""The tables that select the inputs whose invoices may be the same as those here, or near."""


def _select(connection: duckdb.DuckDBPyConnection, found: Sequence[Reread]) -> None:
    """Make the tables that the ledger's query takes, with the inputs that these may touch."""
    entries = [entry for each in found for entry in each.entries]
    _make(connection, "fresh_entries", "entries", entries)
    for name, query in _AROUND.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    kept = "(SELECT record_key FROM inputs UNION ALL SELECT failure_key FROM inputs)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE records AS FROM main.records WHERE key IN {kept}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE entries AS FROM main.entries WHERE record_key IN {kept}"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE chosen AS FROM known_chosen")
    _insert(connection, "inputs", [each.input for each in found if each.input])
    _insert(connection, "records", [row for each in found for row in each.records])
    _insert(connection, "entries", entries)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE retries AS "
        "FROM known_retries WHERE retry_start IN (SELECT retry_start FROM inputs)"
    )


def _make(
    connection: duckdb.DuckDBPyConnection, name: str, like: str, rows: Iterable[Sequence[Any]]
) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({TABLES[like]})")
    _insert(connection, name, list(rows))


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows into a temporary table."""
    if not rows:
        return
    columns = connection.execute(f"DESCRIBE {table}").fetchall()
    values = ", ".join(f"unnest(?::{kind}[])" for _, kind, *_ in columns)
    connection.execute(
        f"INSERT INTO temp.{table} SELECT {values}",
        [list(column) for column in zip(*rows, strict=True)],
    )
