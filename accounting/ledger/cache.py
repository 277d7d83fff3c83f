"""The cache of records, so that each one is downloaded once: a DuckDB file for its owner only.

It also holds the listings of the present run, since the ledger's query runs over all of them.
"""

from __future__ import annotations

import contextlib
import glob
import inspect
import os
import shutil
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from accounting.errors import AccountingError
from accounting.ledger import flat, rows
from accounting.ledger.rows import KEPT, LISTED, EntryRow, RecordRow
from quota_invoice.invoice import expiry_rules, rules
from quota_invoice.reviews import effective, entry, states

MEMORY = "160MB"
"""The memory that DuckDB may use; queries that need more use the disk."""
_TEMPORARY = "temporary"
TABLES = {**KEPT, **LISTED}
"""The columns of all tables that the ledger's query reads."""
_MODULES = (flat, rows, effective, entry, states)
_CODE = "".join(inspect.getsource(module) for module in _MODULES) + rules.VERSION
VERSION = sha256(f"{_CODE}{expiry_rules.table()}".encode()).hexdigest()[:8]
"""Of the tables, of the code that fills them, and of the last days of invoices; a cache of another
version is built anew."""
_NEW = "new_"  # begins the names of the tables of a listing that is not complete


class Changed(NamedTuple):
    """A record to be downloaded.

    Attributes:
        key: its key.
        revision: of it and its reviews, as listed now.
        is_known: whether the cache has a former revision.
        reviews_folder: the prefix of the entries of its reviews.
        names: their names.
    """

    key: str
    revision: str
    is_known: bool
    reviews_folder: str
    names: list[str]


_KEYS = {"records": "key", "entries": "record_key"}
_CHANGED = """
    CREATE OR REPLACE TABLE changed AS
    WITH reviewed AS (
        SELECT reviews_folder, list(name ORDER BY name) AS names
        FROM reviews GROUP BY reviews_folder
    ), present AS (
        SELECT listed.*, coalesce(names, []) AS names,
            concat(etag, CASE WHEN names IS NOT NULL THEN concat('+', md5(names::VARCHAR)) END)
            AS revision
        FROM listed LEFT JOIN reviewed USING (reviews_folder)
    )
    SELECT present.key, present.revision, records.key IS NOT NULL AS is_known, reviews_folder, names
    FROM present LEFT JOIN records ON present.key = records.key
    WHERE records.key IS NULL OR present.revision <> records.revision OR records.status = 'archived'
"""


class Cache:
    """The open cache; only one thread at a time may change it.

    Args:
        connection: the DuckDB file.

    Attributes:
        connection: as above.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")

    def begin_listing(self) -> None:
        """Begin a new listing, beside the one that the queries see until it is complete."""
        for name, columns in LISTED.items():
            self.connection.execute(f"CREATE OR REPLACE TABLE {_NEW}{name} ({columns})")

    def add_listed(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table of the new listing."""
        self._insert(f"{_NEW}{table}", LISTED[table], rows)

    def end_listing(self) -> None:
        """Let the new listing replace the former one."""
        with self.transaction():
            for name in LISTED:
                self.connection.execute(f"DROP TABLE {name}")
                self.connection.execute(f"ALTER TABLE {_NEW}{name} RENAME TO {name}")

    def add_markers(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add appearances of the index to the present listing."""
        self._insert("markers", LISTED["markers"], rows)

    def find_changes(self) -> int:
        """Find the records that changed, or whose reviews did, and return their number.

        Records that are no longer listed are removed. Those in the archive count as changed: a
        record that was restored has the same ETag.
        """
        for name in KEPT:
            key = _KEYS[name]
            query = f"DELETE FROM {name} WHERE {key} NOT IN (SELECT key FROM listed)"  # noqa: S608 - constants
            self.connection.execute(query)
        self.connection.execute(_CHANGED)
        [(count,)] = self.connection.execute("SELECT count(*) FROM changed").fetchall()
        return int(count)

    def changed_batches(self, size: int) -> Iterator[list[Changed]]:
        """Yield the records that ``find_changes`` found, some at a time."""
        # A cursor of its own: the caller inserts meanwhile.
        for batch in batches(self.connection, "FROM changed", size):
            yield [Changed(*row) for row in batch]

    def replace(
        self, batch: Sequence[Changed], found: Sequence[tuple[RecordRow, Sequence[EntryRow]]]
    ) -> None:
        """Replace the rows of changed records, all or none.

        Args:
            batch: the changed records.
            found: the rows of those that are still there.
        """
        former = [each.key for each in batch if each.is_known]
        added: dict[str, Sequence[Sequence[Any]]] = {
            "records": [record for record, _ in found],
            "entries": [entry for _, entries in found for entry in entries],
        }
        with self.transaction():
            for name, new in added.items():
                if former:
                    known = f"{_KEYS[name]} IN (SELECT unnest(?))"
                    query = f"DELETE FROM {name} WHERE {known}"  # noqa: S608 - constants
                    self.connection.execute(query, [former])
                self._insert(name, KEPT[name], new)

    def _insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows into a table, all or none."""
        if not rows:
            return
        # Lists of values are inserted a hundred times faster than single rows.
        types = [column.split(" ")[1] for column in columns.split(", ")]
        values = ", ".join(f"unnest(?::{kind}[])" for kind in types)
        query = f"INSERT INTO {table} SELECT {values}"
        self.connection.execute(query, [list(column) for column in zip(*rows, strict=True)])

    def has_archived(self) -> bool:
        """Whether a record is in the archive, so that its invoices are unknown."""
        query = "SELECT count(*) FROM records WHERE status = 'archived'"
        [(count,)] = self.connection.execute(query).fetchall()
        return bool(count)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes inside, or none."""
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()


def batches(connection: duckdb.DuckDBPyConnection, query: str, size: int) -> Iterator[list[Any]]:
    """Yield the rows of a query, some at a time."""
    result = connection.cursor().execute(query)
    while rows := result.fetchmany(size):
        yield rows


@contextlib.contextmanager
def open_cache(folder: Path, bucket: str) -> Iterator[Cache]:
    """Open the cache of a bucket, and close it at the end.

    Args:
        folder: its folder; only its owner can read it.
        bucket: the bucket's name.

    Raises:
        AccountingError: another run uses it, or its file cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / f"{bucket}.{VERSION}.duckdb"
    for former in _files(folder, bucket):
        if not former.name.startswith(path.name):
            former.unlink()
    before = os.umask(0o077)  # DuckDB makes further files while it runs
    try:
        connection = _connect(path)
        try:
            yield Cache(connection)
        except duckdb.Error as error:
            if "Corrupt" not in str(error):
                raise
            raise _unreadable(path, error) from None  # a query first reads a damaged block
        finally:
            connection.close()
    finally:
        os.umask(before)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(
            str(path),
            config={
                "memory_limit": MEMORY,
                "threads": 1,  # each further one needs memory of its own
                "preserve_insertion_order": False,  # it takes memory; queries name their order
                "temp_directory": str(path.parent / _TEMPORARY),
            },
        )
    except duckdb.Error as error:
        if "Could not set lock" not in str(error):
            raise _unreadable(path, error) from None
        raise AccountingError(
            f"another command uses {path}: wait until it ends, or close the review page"
        ) from None


def _unreadable(path: Path, error: duckdb.Error) -> AccountingError:
    cause = str(error).splitlines()[0]
    return AccountingError(
        f"{path} cannot be read: {cause}; if it is damaged, remove it: it has only copies"
    )


def check_unused(folder: Path, bucket: str) -> None:
    """Check that no other command uses the cache of a bucket.

    Raises:
        AccountingError: another command uses it, such as the review page.
    """
    if folder.exists():
        with open_cache(folder, bucket):
            pass


def remove_cache(folder: Path, bucket: str) -> list[Path]:
    """Remove the cache of a bucket, and return its files.

    Deleted rows would stay readable in the file.

    Raises:
        AccountingError: another command uses it.
    """
    if not folder.exists():
        return []
    with open_cache(folder, bucket):
        files = list(_files(folder, bucket))
        for file in files:
            file.unlink()
    shutil.rmtree(folder / _TEMPORARY, ignore_errors=True)
    return files


def _files(folder: Path, bucket: str) -> Iterator[Path]:
    """Yield the files of a bucket's caches, those of all versions."""
    version = "?" * len(VERSION)  # not "*": the bucket "a" has no file of the bucket "a.b"
    return folder.glob(f"{glob.escape(bucket)}.{version}.duckdb*")
