"""Spark and DuckDB give the same ledger (`make test-spark`: it needs PySpark and Java 17)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from accounting.ledger.cache import TABLES, open_cache
from accounting.ledger.query import LEDGER, Ledger
from accounting.ledger.sync import synchronize
from accounting.progress import ignore_progress
from quota_invoice.reviews.entry import Verdict
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.ledger.record_store import ALL, HOSTILE, RecordStore, invoice
from tests.support.ledger.review import ALL_FIELDS, review
from tests.support.paths import ROOT

pytestmark = pytest.mark.timeout(600)


def mixed() -> RecordStore:
    """Each kind of input, with duplicates, near duplicates, hostile texts and reviews."""
    store = RecordStore()
    codes = ("144031909110", "144031909710")
    for place in range(60):
        entry = invoice(number=f"{place * 37 % 50:08}", code=codes[place % 3 == 0])
        store.add(f"{place}.jpg", entry, second=place % 7)
    for place in range(30):
        store.add(f"gaps/{place}.jpg", invoice(number=f"5550{place * 7:04}"))
    for place, text in enumerate(HOSTILE):
        store.add(f"hostile/{place}.jpg", {**invoice(), "code": text, "location": text})
    store.add("empty.jpg", invoice(code="", amount=""))
    store.add_failure("failed.jpg")
    waiting = store.upload("waiting.jpg")
    store.records[DEFAULT_LAYOUT.retry_key(waiting, 2)] = {}
    store.upload("Thumbs.db")
    review(store, "incoming/1.jpg", fields={"number": "00000074"}, reason=HOSTILE[0])
    review(store, "incoming/2.jpg", Verdict.NOT_AN_INVOICE)
    review(store, "incoming/3.jpg", Verdict.DUPLICATE, duplicate_of="incoming/4.jpg")
    review(store, "incoming/5.jpg", Verdict.DUPLICATE, duplicate_of="incoming/none.jpg")
    review(store, "incoming/6.jpg", Verdict.CONFIRMED, accepted=("duplicate",))
    review(store, "incoming/6.jpg", Verdict.NOT_AN_INVOICE)
    review(store, store.add_failure("hand.jpg"), fields=ALL_FIELDS, is_by_hand=True)
    archived = store.add("archived.jpg", invoice(number="00000037"))
    store.archived.add(DEFAULT_LAYOUT.record_key(archived))
    return store


def test_spark_and_duckdb_give_the_same_rows(tmp_path: Path) -> None:
    tables, out = tmp_path / "tables", tmp_path / "spark"
    tables.mkdir()
    with open_cache(tmp_path / "cache", "invoices") as cache:
        synchronize(cache, mixed().bucket, ignore_progress)
        ledger = Ledger(cache, ALL)
        for table in (*TABLES, "chosen"):
            ledger.copy(f"FROM {table}", tables / f"{table}.parquet")
        ours = sorted(ledger.rows("SELECT * FROM ledger"), key=repr)
    program = ROOT / "tests" / "support" / "ledger" / "on_spark.py"
    command = [sys.executable, str(program), str(tables), str(LEDGER), str(out)]
    subprocess.run(command, check=True, timeout=500)  # noqa: S603 - this Python, with our program
    theirs = sorted(duckdb.read_parquet(f"{out}/*.parquet").fetchall(), key=repr)
    assert len(ours) > 100
    assert theirs == ours
