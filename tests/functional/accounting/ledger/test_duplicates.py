"""Duplicates and near duplicates of random invoices, against a comparison of all pairs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import pytest

from tests.support.ledger.record_store import RecordStore, invoice

Rows = Callable[..., list[dict[str, Any]]]
Identity = tuple[str, str]
UPLOADS = 250


def fill(store: RecordStore, seed: int) -> dict[str, tuple[Identity, int]]:
    """Upload invoices of few codes and numbers; return identity and second of each by key."""
    chance = random.Random(seed)
    uploads = {}
    for place in range(UPLOADS):
        code = f"14403190{chance.choice('19')}11{chance.choice('012')}"
        number = f"12{chance.randrange(4)}000{chance.randrange(20):02}"
        second = chance.randrange(30)
        key = store.add(f"{place}.jpg", invoice(code=code, number=number), second=second)
        uploads[key] = (code, number), second
    for key in chance.sample(sorted(uploads), 20):  # removed later
        del store.objects[key], uploads[key]
    return uploads


@pytest.mark.parametrize("seed", range(4))
def test_no_duplicate_is_missed_and_none_is_false(
    store: RecordStore, rows: Rows, seed: int
) -> None:
    uploads = fill(store, seed)
    firsts: dict[Identity, str] = {}
    for key in sorted(uploads, key=lambda key: (uploads[key][1], sha256(key.encode()).hexdigest())):
        firsts.setdefault(uploads[key][0], key)
    expected = {
        key: None if firsts[identity] == key else firsts[identity]
        for key, (identity, _) in uploads.items()
    }
    assert {row["key"]: row["duplicate_of"] for row in rows()} == expected
    assert any(expected.values())


@pytest.mark.parametrize("seed", range(4))
def test_no_nearly_equal_invoice_is_missed_and_none_is_false(
    store: RecordStore, rows: Rows, seed: int
) -> None:
    fill(store, seed)
    found = rows()
    present = {(row["code"], row["number"]) for row in found}
    runs = runs_of(present)
    pairs = 0
    for row in found:
        own = row["code"], row["number"]
        near = {other for other in present if is_near(own, other, runs)}
        pairs += bool(near)
        shown = row["near_invoice"] and tuple(row["near_invoice"].split())
        assert shown in near if near else shown is None
    assert pairs > 0  # the invoices have some


def is_near(one: Identity, other: Identity, runs: dict[Identity, int]) -> bool:
    """Whether one character differs, other than between numbers without a gap between them."""
    off = sum(a != b for a, b in zip("".join(one), "".join(other), strict=True))
    return off == 1 and not (one[0] == other[0] and runs[one] == runs[other])


def runs_of(present: Iterable[Identity]) -> dict[Identity, int]:
    """Number the runs of consecutive numbers of each code."""
    runs, last, run = {}, ("", -1), 0
    for code, number in sorted(present):
        run += (code, int(number) - 1) != last
        runs[code, number], last = run, (code, int(number))
    return runs
