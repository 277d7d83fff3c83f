"""The index of the review page: the ledger's rows with their risk, kept up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from accounting.bucket import Bucket
from accounting.ledger.cache import Cache, open_cache
from accounting.ledger.query import LEDGER, Choice, Ledger
from accounting.ledger.sync import synchronize
from accounting.progress import Notice
from accounting.review.context import ReviewContext
from accounting.review.queue import query, risk, table
from accounting.review.queue.filters import Filters
from accounting.review.queue.follower import PERIOD, Follower
from accounting.review.queue.reread import read_again
from accounting.review.queue.rows import (
    IndexStatus,
    Neighbours,
    Page,
    Position,
    QueueRow,
    Selection,
)
from quota_invoice.invoice.fields import day_in_china
from quota_invoice.times import format_time, utc_now

_MEMORY = "120MB"  # less than a ledger has: the page needs memory for images as well
_SOURCES = (Path(table.__file__), Path(risk.__file__), LEDGER)
_VERSION = sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:8]
"""Of the table ``queue``; one of another version is made anew."""
_STATE = (
    "version VARCHAR, fingerprint VARCHAR, synchronized_at VARCHAR, pending INTEGER, "
    "archived INTEGER"
)
_WAITING = """
    SELECT count(*) FILTER (status = 'pending'), count(*) FILTER (status = 'archived') FROM ledger
"""
# Another text whenever a record, a review, an input or the day is another one.
_FINGERPRINT = """
    SELECT concat_ws(' ', ?,
        (SELECT concat(count(*), '-', sum(hash(inputs)::HUGEINT)) FROM inputs),
        (SELECT concat(count(*), '-', sum(hash(retries)::HUGEINT)) FROM retries),
        (SELECT concat(count(*), '-', sum(hash(markers)::HUGEINT)) FROM markers),
        (SELECT concat(count(*), '-', sum(hash(key, revision, status)::HUGEINT)) FROM records))
"""


class ReviewIndex:
    """The index; several threads may use it.

    It follows the bucket in a thread of its own until it is closed. No method but ``update`` sends
    a request or waits for the bucket: readers see the former rows until new ones replace them.

    Args:
        bucket: the bucket.
        folder: the folder of the cache; only its owner can read it.
        period: seconds from one comparison with the bucket to the next, at least.

    Raises:
        AccountingError: another command uses the cache.
    """

    def __init__(self, bucket: Bucket, folder: Path, period: float = PERIOD) -> None:
        self._bucket = bucket
        self._open = ExitStack()
        self._root = self._open.enter_context(open_cache(folder, bucket.name)).connection
        self._root.execute(f"SET memory_limit = '{_MEMORY}'")
        self._root_lock = threading.Lock()  # a connection makes one cursor at a time
        self._comparing = threading.Lock()  # the cache of records
        self._writing = threading.Lock()  # the table "queue", and the following
        self._reread: dict[str, tuple[int, table.Reread]] = {}
        self._tickets = count(1)  # the order in which inputs and listings began to be read
        self._version = 0
        self._synchronized_at = ""
        self._waiting = [0, 0]
        self._prepare()
        self._follower = Follower(self._compare, period)
        self._follower.start()

    def close(self) -> None:
        """Stop following the bucket, and close the cache."""
        self._follower.stop()
        self._open.close()

    def status(self) -> IndexStatus:
        """Return the state of the index."""
        follower = self._follower
        step, done, total = follower.progress
        pending, archived = self._waiting
        return IndexStatus(
            is_ready=bool(self._synchronized_at),
            is_running=follower.is_running,
            step=step if follower.is_running else "",
            done=done,
            total=total,
            synchronized_at=self._synchronized_at,
            error=follower.error,
            version=self._version,
            pending=pending,
            archived=archived,
        )

    def refresh(self) -> None:
        """Compare the index with the bucket soon, in the background."""
        self._follower.wake()

    def update(self, key: str) -> None:
        """Read one input with its record and reviews again; its rows are there on return.

        If the cache cannot take them, such as on a full disk, the next comparison does it.

        Raises:
            StoreError: the bucket refused a request or cannot be reached.
        """
        ticket = next(self._tickets)
        found = read_again(self._bucket, key)
        with self._writing, self._connection() as connection:
            if key in self._reread and self._reread[key][0] > ticket:
                return  # another thread read a later state
            self._reread[key] = ticket, found
            try:
                with _transaction(connection):
                    self._put(connection)
            except duckdb.Error:  # the decision is safe: the next comparison puts it in
                self._follower.wake()
            self._version += 1

    def page(self, filters: Filters, after: str | None = None, size: int = 50) -> Page:
        """Return rows of a selection.

        Args:
            filters: the selection.
            after: ``Page.after`` of the page before; None for the first page. Another text counts
                as None.
            size: the number of rows at most.
        """
        with self._connection() as connection:
            return query.page_of(connection, self._whole(filters), after, size)

    def selection(self, filters: Filters) -> Selection:
        """Return the figures of a selection."""
        with self._connection() as connection, _transaction(connection):
            return query.selection_of(connection, self._whole(filters))

    def rows_of(self, key: str) -> tuple[QueueRow, ...]:
        """Return the rows of one input, in the order of their places."""
        with self._connection() as connection:
            return query.rows_of(connection, key)

    def neighbours(self, filters: Filters, key: str, place: int) -> Neighbours:
        """Return the positions before and after a row in a selection, in the queue's order.

        Decided rows are the last ones; after such a row comes the first that is undecided.
        """
        with self._connection() as connection, _transaction(connection):
            return query.neighbours_of(connection, self._whole(filters), key, place)

    def appearances(self, code: str, number: str) -> tuple[Position, ...]:
        """Return the invoices with this code and number, the first appearance first."""
        with self._connection() as connection:
            return query.appearances_of(connection, code, number)

    def inputs_named(self, text: str) -> tuple[str, ...]:
        """Return the inputs with a file name, or with an invoice of a number; at most 3."""
        with self._connection() as connection:
            return query.inputs_named(connection, text)

    @contextmanager
    def cache(self) -> Iterator[Cache]:
        """Give the cache of records to a command that brings it up to date, such as the ledger.

        It waits until a comparison with the bucket ends; the next one waits for the command.
        """
        with self._comparing, self._connection() as connection:
            yield Cache(connection)

    def _whole(self, filters: Filters) -> Filters:
        """Return a selection whose path begins with the prefix of all inputs."""
        start = self._bucket.layout.input_prefix
        return replace(filters, prefix=f"{start}{filters.prefix.removeprefix(start)}")

    def _prepare(self) -> None:
        """Use the table of a former run, or make an empty one."""
        with self._connection() as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS queue_state ({_STATE})")
            states = connection.execute(
                "SELECT synchronized_at, pending, archived FROM queue_state WHERE version = ?",
                [_VERSION],
            ).fetchall()
            if states:
                [(self._synchronized_at, *self._waiting)] = states
                return
            connection.execute("DELETE FROM queue_state")
            self._make(Cache(connection), "TABLE queue")
            table.keep_listing(connection)

    def _compare(self, notice: Notice) -> None:
        """Bring the cache up to date, and make the table anew if anything changed."""
        with self._comparing, self._connection() as connection:
            started = format_time(utc_now())
            first_ticket = next(self._tickets)
            cache = Cache(connection)
            synchronize(cache, self._bucket, notice)
            notice("sorting", 0, None)
            fingerprint = _row(connection, _FINGERPRINT, [day_in_china().isoformat()])
            known = connection.execute("SELECT fingerprint FROM queue_state").fetchall()
            is_new = [fingerprint] != known or bool(self._reread)
            if is_new:
                self._make(cache, "TABLE next_queue")
                waiting = _row(connection, _WAITING)
            else:
                waiting = tuple(self._waiting)
            with self._writing:
                if is_new:
                    self._replace(connection, first_ticket)
                state = [_VERSION, *fingerprint, started, *waiting]
                connection.execute("DELETE FROM queue_state")
                connection.execute("INSERT INTO queue_state VALUES (?, ?, ?, ?, ?)", state)
                self._synchronized_at, self._waiting = started, list(waiting)

    def _make(self, cache: Cache, name: str) -> None:
        choice = Choice(self._bucket.layout.input_prefix, None, None, day_in_china())
        Ledger(cache, choice)
        table.build(cache.connection, name)

    def _replace(self, connection: duckdb.DuckDBPyConnection, first_ticket: int) -> None:
        """Replace the table, and put inputs into it that were read again since its listing."""
        self._reread = {
            key: (ticket, found)
            for key, (ticket, found) in self._reread.items()
            if ticket > first_ticket
        }
        with _transaction(connection):
            connection.execute("DROP TABLE queue")
            connection.execute("ALTER TABLE next_queue RENAME TO queue")
            table.keep_listing(connection)
            self._put(connection)
        self._version += 1

    def _put(self, connection: duckdb.DuckDBPyConnection) -> None:
        table.put(connection, [found for _, found in self._reread.values()])

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._root_lock:
            connection = self._root.cursor()
        try:
            yield connection
        finally:
            connection.close()


def open_index(context: ReviewContext) -> ReviewIndex:
    """Return the index that all requests share: ``context.part(open_index)``."""
    return ReviewIndex(context.bucket, context.folder)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let all queries inside see one state, and keep all of their changes or none."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _row(
    connection: duckdb.DuckDBPyConnection, text: str, values: Sequence[Any] = ()
) -> tuple[Any, ...]:
    [row] = connection.execute(text, list(values)).fetchall()
    return tuple(row)
