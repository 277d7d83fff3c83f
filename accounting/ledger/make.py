"""Makes a ledger: brings the cache up to date, runs the query, writes the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from accounting.bucket import Bucket
from accounting.errors import AccountingError
from accounting.ledger.cache import Cache, open_cache
from accounting.ledger.exports import Writer, write_csv, write_jsonl, write_parquet
from accounting.ledger.query import Choice, Ledger
from accounting.ledger.reconciliation import Reconciliation
from accounting.ledger.sync import synchronize
from accounting.ledger.workbook import write_workbook
from accounting.progress import Notice


@dataclass(frozen=True)
class Made:
    """A ledger that was made.

    Attributes:
        downloaded: the number of records that were new or changed.
        reconciliation: its counts and totals.
    """

    downloaded: int
    reconciliation: Reconciliation


def make_ledger(bucket: Bucket, choice: Choice, out: Path, cache: Path, notice: Notice) -> Made:
    """Make a ledger.

    Args:
        bucket: the bucket of the records.
        choice: the choice of invoices.
        out: the file; its ending tells the format.
        cache: the folder of the cache.
        notice: called with the progress.

    Raises:
        AccountingError: the ending is unknown, or a workbook cannot hold so many rows.
        StoreError: the bucket refused a request or cannot be reached.
    """
    writer_of(out)  # refused before any request
    with open_cache(cache, bucket.name) as opened:
        return write_ledger(opened, bucket, choice, out, notice)


def write_ledger(cache: Cache, bucket: Bucket, choice: Choice, out: Path, notice: Notice) -> Made:
    """Make a ledger with an open cache, which nothing else changes meanwhile.

    The file is complete, or not there. See ``make_ledger``; an error that ``notice`` raises stops
    the ledger.
    """
    write = writer_of(out)
    downloaded = synchronize(cache, bucket, notice)
    notice("writing", 0, None)
    ledger = Ledger(cache, choice)
    with whole_file(out) as unfinished:
        write(ledger, unfinished, notice)
    return Made(downloaded, Reconciliation.of(ledger))


def writer_of(out: Path) -> Writer:
    """Return the writer of a file's format.

    Raises:
        AccountingError: its ending is unknown.
    """
    writers: dict[str, Writer] = {
        ".xlsx": write_workbook,
        ".csv": write_csv,
        ".jsonl": write_jsonl,
        ".parquet": write_parquet,
    }
    if out.suffix not in writers:
        raise AccountingError(f"{out.name}: a ledger's name ends in {', '.join(writers)}")
    return writers[out.suffix]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the name of a file that replaces another one when it is complete.

    Only its owner can read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
        unfinished.chmod(0o600)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
