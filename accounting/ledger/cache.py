"""The cache of records, so that each one is downloaded once: a DuckDB file for its owner only.

It also holds the listings of the present run, since the ledger's query runs over all of them.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from accounting.errors import AccountingError
from accounting.ledger import flat

MEMORY = "160MB"
"""The memory that DuckDB may use; queries that need more use the disk."""
_TEMPORARY = "temporary"
_KEPT = {
    "records": (
        "key VARCHAR, etag VARCHAR, source_key VARCHAR, source_etag VARCHAR, status VARCHAR, "
        "first_at VARCHAR, first_on DATE, error_code VARCHAR, message VARCHAR, hint VARCHAR, "
        "message_en VARCHAR, hint_en VARCHAR"
    ),
    "entries": (
        "record_key VARCHAR, entry INTEGER, page INTEGER, code VARCHAR, number VARCHAR, "
        "serial BIGINT, is_identified BOOLEAN, location VARCHAR, province VARCHAR, city VARCHAR, "
        "year INTEGER, amount_text VARCHAR, amount DECIMAL(18,2), amount_words VARCHAR, "
        "confidence DOUBLE, needs_review BOOLEAN, finding_codes VARCHAR, findings VARCHAR"
    ),
}
_LISTED = {
    "inputs": (
        "key VARCHAR, etag VARCHAR, uploaded_at VARCHAR, uploaded_on DATE, ignored VARCHAR, "
        "record_key VARCHAR, failure_key VARCHAR, retry_start VARCHAR, appearance VARCHAR"
    ),
    "listed": "key VARCHAR, etag VARCHAR",
    "retries": "retry_start VARCHAR, attempts INTEGER",
    "markers": "code VARCHAR, number VARCHAR, serial BIGINT, appearance VARCHAR",
}
TABLES = {**_KEPT, **_LISTED}
"""The columns of each table."""
_CODE = Path(flat.__file__).read_bytes() + repr(TABLES).encode()
VERSION = sha256(_CODE).hexdigest()[:8]
"""Of the tables and of the code that fills them; a cache of another version is built anew."""


class Cache:
    """The open cache.

    Args:
        connection: the DuckDB file.

    Attributes:
        connection: as above.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        for name, columns in _KEPT.items():
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
        for name, columns in _LISTED.items():
            connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")

    def add(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows into a table, all or none."""
        if not rows:
            return
        # Lists of values are inserted a hundred times faster than single rows.
        types = [column.split(" ")[1] for column in _columns(table)]
        values = ", ".join(f"unnest(?::{kind}[])" for kind in types)
        query = f"INSERT INTO {table} SELECT {values}"
        self.connection.execute(query, [list(column) for column in zip(*rows, strict=True)])

    def forget_unlisted(self) -> None:
        """Remove the records that were changed or removed since they were downloaded.

        Those in the archive as well: a record that was restored has the same ETag.
        """
        self.connection.execute(
            "DELETE FROM records WHERE status = 'archived' OR NOT EXISTS (SELECT 1 FROM listed "
            "WHERE listed.key = records.key AND listed.etag = records.etag)"
        )
        self.connection.execute(
            "DELETE FROM entries WHERE record_key NOT IN (SELECT key FROM records)"
        )

    def missing(self) -> int:
        """Find the records that are not in the cache, and return their number."""
        self.connection.execute(
            "CREATE OR REPLACE TABLE missing AS SELECT listed.* FROM listed "
            "ANTI JOIN records ON listed.key = records.key"
        )
        [(count,)] = self.connection.execute("SELECT count(*) FROM missing").fetchall()
        return int(count)

    def missing_batches(self, size: int) -> Iterator[list[tuple[str, str]]]:
        """Yield key and ETag of the records that ``missing`` found, some at a time."""
        # A cursor of its own: the caller inserts meanwhile.
        return batches(self.connection, "SELECT key, etag FROM missing", size)

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
        AccountingError: another run uses it.
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
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise
        raise AccountingError(f"another command uses {path}: wait until it ends") from None


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


def _columns(table: str) -> Iterable[str]:
    """Return the definitions of a table's columns.

    >>> list(_columns("retries"))
    ['retry_start VARCHAR', 'attempts INTEGER']
    """
    return TABLES[table].split(", ")
