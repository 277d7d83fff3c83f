"""Updates of single inputs give the rows that a whole comparison gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounting.review.queue.filters import Filters
from accounting.review.queue.index import ReviewIndex
from quota_invoice.reviews.entry import Verdict
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.functional.accounting.queue.conftest import compare
from tests.support.ledger.record_store import RecordStore, invoice
from tests.support.review.decisions import decide

NUMBERS = ["10000001", "10000002", "10000003", "1000", ""]
CODES = ["144031909110", "111001909110", "14403"]
PATHS = [f"{name}.jpg" for name in "abcdef"]


def change(store: RecordStore, chance: random.Random) -> str:
    """Change one input as people and the function do, and return its key."""
    path = chance.choice(PATHS)
    key = f"{DEFAULT_LAYOUT.input_prefix}{path}"
    fields: dict[str, Any] = {"number": chance.choice(NUMBERS), "code": chance.choice(CODES)}
    new, present = ["add", "two", "fail"], ["remove", *["decide"] * 4]
    match chance.choice([*new, *(present if key in store.objects else [])]):
        case "add":
            forget(store, key)
            store.add(path, invoice(**fields), second=chance.randrange(9))
        case "two":
            forget(store, key)
            other = invoice(number=chance.choice(NUMBERS))
            store.add(path, invoice(**fields), other, second=chance.randrange(9))
        case "fail":
            forget(store, key)
            store.add_failure(path)
        case "remove":
            del store.objects[key]
        case _:
            verdict = chance.choice([None, *Verdict])
            is_first = verdict is Verdict.DUPLICATE
            first = f"{DEFAULT_LAYOUT.input_prefix}{chance.choice(PATHS)}" if is_first else None
            changed = fields if verdict is Verdict.CORRECTED else {}
            decide(
                store.bucket,
                key,
                verdict,
                changed,
                duplicate_of=first,
                sees=lambda _: chance.random() < 0.8,
            )
    return key


def forget(store: RecordStore, key: str) -> None:
    for record in (DEFAULT_LAYOUT.record_key(key), DEFAULT_LAYOUT.failure_key(key)):
        store.records.pop(record, None)


def rows(index: ReviewIndex) -> dict[tuple[str, int], Any]:
    """Return the rows without near duplicates, which only a whole comparison looks for."""
    found = index.page(Filters(), size=100).rows
    return {
        (row.key, row.place): replace(row, near_invoice=None, reasons=(), score=0) for row in found
    }


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("seed", range(6))
def test_updates_give_the_rows_of_a_whole_comparison(
    store: RecordStore, index: Callable[[], ReviewIndex], seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(8):
        change(store, chance)
    found = index()
    for _ in range(4):
        for _ in range(chance.randrange(1, 4)):
            found.update(change(store, chance))
        updated, figures = rows(found), found.selection(Filters())
        compare(found)
        assert updated == rows(found)
        assert figures == found.selection(Filters())
