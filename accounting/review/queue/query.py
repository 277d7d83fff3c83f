"""Queries of the page over the table ``queue``; each takes a connection of its own thread."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb

from accounting.review.queue.filters import STATES, Filters
from accounting.review.queue.risk import Facts, assess
from accounting.review.queue.rows import (
    Neighbours,
    Page,
    Position,
    QueueRow,
    Selection,
    Total,
)
from quota_invoice.invoice.findings import Text

# Decided ones last; those most likely wrong first; among equals, those that wait longest.
_ORDER = ("is_decided", "-score", "uploaded_at", "key", "place")
_PLACE = f"({', '.join(_ORDER)})"
_TYPES = (bool, int, str, str, int)
_ROW = (
    "key, place, status, page, uploaded_at, month, code, number, province, city, amount_text, "
    "amount, lowest_confidence, needs_review, duplicate_of, near_invoice, verdict, reviewed_by, "
    "is_by_hand, is_conflict, outdated_reviews, error_code, message, hint, message_en, hint_en, "
    "score, is_decided"
)
_COLUMNS = _ROW.split(", ")
_FACTS = ", ".join(Facts._fields)
_SUMS = "count(*), count(*) FILTER (is_counted), coalesce(sum(amount) FILTER (is_counted), 0)"


def page_of(
    connection: duckdb.DuckDBPyConnection, filters: Filters, after: str | None, size: int
) -> Page:
    """Return rows of a selection; see ``ReviewIndex.page``."""
    where, values = _where(filters)
    place = _parse(after)
    if place:
        where, values = f"{where} AND {_PLACE} > ({_marks(place)})", [*values, *place]
    rows = _rows(connection, f"WHERE {where} ORDER BY {', '.join(_ORDER)} LIMIT {size + 1}", values)
    return Page(tuple(rows[:size]), _after(rows[size - 1]) if len(rows) > size else None)


def rows_of(connection: duckdb.DuckDBPyConnection, key: str) -> tuple[QueueRow, ...]:
    """Return the rows of one input."""
    return tuple(_rows(connection, "WHERE key = ? ORDER BY place", [key]))


def selection_of(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Selection:
    """Return the figures of a selection."""

    def totals(name: str, without: str, order: str) -> tuple[Total, ...]:
        where, values = _where(filters, without)
        query = f"FROM queue SELECT {name} AS name, {_SUMS} WHERE {where} GROUP BY ALL {order}"
        return tuple(Total(*row) for row in connection.execute(query, values).fetchall())

    where, values = _where(filters, "state")
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in STATES.values())
    query = f"FROM queue SELECT {counts} WHERE {where}"
    [found] = connection.execute(query, values).fetchall()
    [whole] = totals("''", "", "") or (Total("", 0, 0, Decimal(0)),)
    return Selection(
        whole,
        totals("month", "month", "ORDER BY name"),
        totals("province", "region", "ORDER BY count(*) DESC, name"),
        dict(zip(STATES, found, strict=True)),
    )


def neighbours_of(
    connection: duckdb.DuckDBPyConnection, filters: Filters, key: str, place: int
) -> Neighbours:
    """Return the positions before and after a row; see ``ReviewIndex.neighbours``."""
    where, values = _where(filters)

    def nearest(condition: str, more: Sequence[Any], direction: str) -> Position | None:
        order = ", ".join(f"{each} {direction}" for each in _ORDER)
        query = (
            f"FROM queue SELECT key, place WHERE {where} AND {condition} ORDER BY {order} LIMIT 1"
        )
        row = connection.execute(query, [*values, *more]).fetchone()
        return Position(*row) if row else None

    # A file without invoices has one row, of the place 0, also while a person enters its first one.
    query = (
        f"FROM queue SELECT {', '.join(_ORDER)} WHERE key = ? AND place IN (?, 0) "
        "ORDER BY place DESC"
    )
    here = connection.execute(query, [key, place]).fetchone()
    shown = here[-1] if here else place
    first_open = nearest("NOT is_decided AND (key, place) <> (?, ?)", [key, shown], "ASC")
    if here is None:
        return Neighbours(None, first_open)
    following = nearest(f"{_PLACE} > ({_marks(here)})", here, "ASC")
    return Neighbours(
        nearest(f"{_PLACE} < ({_marks(here)})", here, "DESC"),
        first_open or following if here[0] else following,
    )


def appearances_of(
    connection: duckdb.DuckDBPyConnection, code: str, number: str
) -> tuple[Position, ...]:
    """Return the invoices with a code and number, the first appearance first.

    A paper that a person found to be no invoice is none of them. A first appearance in the archive
    is no row of the queue: the others name it.
    """
    query = (
        "SELECT key, place, duplicate_of FROM queue WHERE code = ? AND number = ? "
        "AND verdict IS DISTINCT FROM 'not_an_invoice' "
        "ORDER BY duplicate_of IS NOT NULL, uploaded_at, key, place"
    )
    rows = connection.execute(query, [code, number]).fetchall()
    found = tuple(Position(key, place) for key, place, _ in rows)
    first = str(rows[0][2] or "") if rows else ""
    is_row = connection.execute("SELECT 1 FROM queue WHERE key = ?", [first]).fetchone()
    return found if is_row or not first else (Position(first, 1), *found)


def inputs_named(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[str, ...]:
    """Return the keys of the inputs with a file name, or with an invoice of a number; at most 3."""
    query = (
        "SELECT DISTINCT key FROM queue WHERE number = $1 OR ends_with(key, '/' || $1) "
        "ORDER BY key LIMIT 3"
    )
    return tuple(key for (key,) in connection.execute(query, [text]).fetchall())


def _rows(
    connection: duckdb.DuckDBPyConnection, rest: str, values: Sequence[Any]
) -> list[QueueRow]:
    query = f"FROM queue SELECT {_ROW}, findings, findings_en, {_FACTS} {rest}"
    found = connection.execute(query, list(values)).fetchall()
    return [_row(each) for each in found]


def _row(found: tuple[Any, ...]) -> QueueRow:
    columns = dict(zip(_COLUMNS, found, strict=False))
    zh, en, *facts = found[len(_COLUMNS) :]
    known = Facts(*facts)
    return QueueRow(
        **columns,
        findings=_texts(known.codes, zh, en),
        reasons=assess(known).reasons,
    )


def _texts(codes: str, zh: str, en: str) -> dict[str, Text]:
    r"""Return the texts of findings by their codes.

    >>> _texts("a b", "一\n二", "one\ntwo")["b"]
    Text(zh='二', en='two')
    """
    lines = zip(codes.split(), zh.split("\n"), en.split("\n"), strict=False)
    return {code: Text(*texts) for code, *texts in lines}


def _where(filters: Filters, without: str = "") -> tuple[str, list[Any]]:
    """Return the condition of a selection, and its values; one filter can be left out."""
    chosen = filters.without(without) if without else filters
    parts, values = ["true"], []
    if chosen.state:
        parts.append(f"({STATES[chosen.state]})")
    for column, value in (("month", chosen.month), ("province", chosen.region)):
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if chosen.prefix:
        parts.append("starts_with(key, ?)")
        values.append(chosen.prefix)
    if chosen.search:
        parts.append("(contains(upper(number), ?) OR contains(upper(code), ?))")
        values += [chosen.search] * 2
    return " AND ".join(parts), values


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" for _ in values)


def _after(row: QueueRow) -> str:
    """Return the text that names the place after a row."""
    place = [row.is_decided, -row.score, row.uploaded_at, row.key, row.place]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _parse(after: str | None) -> list[Any] | None:
    """Return the place that a text names; None if it names none.

    >>> _parse("W10"), _parse("%"), _parse(None)
    (None, None, None)
    """
    try:
        padded = f"{after or ''}==="
        place = json.loads(base64.b64decode(padded, altchars=b"-_"))
    except ValueError:
        return None
    fits = isinstance(place, list) and tuple(map(type, place)) == _TYPES
    return place if fits else None
