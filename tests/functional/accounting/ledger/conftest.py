"""Ledgers from a bucket in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounting.ledger.cache import open_cache
from accounting.ledger.exports import COLUMNS
from accounting.ledger.make import Made, make_ledger
from accounting.ledger.query import INVOICES, ORDER, Choice, Ledger
from accounting.ledger.sync import synchronize
from accounting.progress import ignore_progress
from tests.support.ledger.record_store import ALL, RecordStore

Rows = list[dict[str, Any]]


@pytest.fixture
def store() -> RecordStore:
    return RecordStore()


@pytest.fixture
def make(store: RecordStore, tmp_path: Path) -> Callable[..., Made]:
    """Makes a ledger of the bucket in memory."""

    def make(out: Path, choice: Choice = ALL) -> Made:
        return make_ledger(store.bucket, choice, out, tmp_path / "cache", ignore_progress)

    return make


@pytest.fixture
def rows(store: RecordStore, tmp_path: Path) -> Callable[..., Rows]:
    """Returns the ledger's rows of invoices."""

    def rows(choice: Choice = ALL) -> Rows:
        with open_cache(tmp_path / "cache", "invoices") as cache:
            synchronize(cache, store.bucket, ignore_progress)
            query = f"SELECT {', '.join(COLUMNS)} {INVOICES} {ORDER}"
            found = Ledger(cache, choice).rows(query)
            return [dict(zip(COLUMNS, row, strict=True)) for row in found]

    return rows
