"""The ledger and the API say the same about duplicates and invoices to review."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import recognized
from quota_invoice.reviews.entry import Verdict
from quota_invoice.reviews.store import read_effective
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.fakes import RESULT
from tests.support.ledger.record_store import RecordStore, invoice
from tests.support.ledger.review import review

Rows = Callable[..., list[dict[str, Any]]]
State = tuple[Any, ...]


def recognize(store: RecordStore, path: str, second: int, **fields: str) -> str:
    """Upload an input, write its record as the function does, and return the input's key."""
    key = store.upload(path, second)
    source = store.describe("invoices", key)
    assert source is not None
    reading = Reading(Api.QUOTA_INVOICE, {1: Recognition({**RESULT, **fields}, "r", 1)}, 1)
    record = AppearanceIndex(store, DEFAULT_LAYOUT).add(
        source, recognized(source, reading, region="cn-north-4")
    )
    store.write("invoices", DEFAULT_LAYOUT.record_key(key), record)
    return key


def of_api(store: RecordStore, key: str) -> State:
    def reviewed(record: Mapping[str, Any]) -> dict[str, Any]:
        return read_effective(store, DEFAULT_LAYOUT, "invoices", record)

    index = AppearanceIndex(store, DEFAULT_LAYOUT, reviewed)
    record = reviewed(store.records[DEFAULT_LAYOUT.record_key(key)])
    [found] = index.derive(record)["invoices"]
    findings = found["findings"]
    return (
        found["duplicate_of"],
        found["needs_review"],
        " ".join(each["code"] for each in findings),
        "\n".join(each["message"]["zh"] for each in findings),
    )


def of_ledger(rows: list[dict[str, Any]]) -> dict[str, State]:
    columns = ("duplicate_of", "needs_review", "finding_codes", "findings")
    return {row["key"]: tuple(row[column] for column in columns) for row in rows}


def test_an_invoice_is_no_duplicate_after_the_first_upload_was_removed(
    store: RecordStore, rows: Rows
) -> None:
    first, second = (recognize(store, path, place) for place, path in enumerate(("a.jpg", "b.jpg")))
    del store.objects[first]
    found = of_ledger(rows())
    assert found == {second: of_api(store, second)}
    assert found[second][:3] == (None, False, "not_verifiable")


def test_an_invoice_read_before_an_earlier_upload_has_the_finding_of_a_duplicate(
    store: RecordStore, rows: Rows
) -> None:
    late, early = recognize(store, "late.jpg", 5), recognize(store, "early.jpg", 0)
    found = of_ledger(rows())
    assert found == {key: of_api(store, key) for key in (late, early)}
    assert found[late][:3] == (early, True, "not_verifiable duplicate")
    assert found[early][:3] == (None, False, "not_verifiable")


def test_an_invoice_that_stands_twice_in_a_file_has_the_words_of_it(
    store: RecordStore, rows: Rows
) -> None:
    store.add("sheet.jpg", invoice(), invoice())
    first, again = rows()
    assert not first["needs_review"]
    assert again["needs_review"]
    assert again["findings"].splitlines()[-1].startswith("这张发票在本文件中已出现过")


@pytest.mark.parametrize(
    "fields",
    [{"code": "14403190911"}, {"code": "1", "number": "1"}, {"number": "9123456I"}],
)
def test_malformed_codes_and_numbers_make_no_duplicates(
    store: RecordStore, rows: Rows, fields: dict[str, str]
) -> None:
    keys = [recognize(store, f"{place}.jpg", place, **fields) for place in range(2)]
    found = of_ledger(rows())
    assert found == {key: of_api(store, key) for key in keys}
    assert {state[0] for state in found.values()} == {None}


def test_a_first_upload_counts_while_its_record_is_in_the_archive(
    store: RecordStore, rows: Rows
) -> None:
    first, second = (recognize(store, path, place) for place, path in enumerate(("a.jpg", "b.jpg")))
    other = recognize(store, "c.jpg", 2, number="00000001")
    store.archived.add(DEFAULT_LAYOUT.record_key(first))
    found = of_ledger(rows())
    assert found == {key: of_api(store, key) for key in (second, other)}
    assert found[second][0] == first
    store.archived.clear()
    assert [*of_ledger(rows())] == [first, second, other]


@pytest.mark.parametrize("seed", range(10))
def test_ledger_and_api_say_the_same_of_what_people_decided(
    store: RecordStore, rows: Rows, seed: int
) -> None:
    chance = random.Random(seed)
    numbers = ("11111111", "99999999")
    keys = [
        recognize(store, f"{place}.jpg", chance.randrange(5), number=chance.choice(numbers))
        for place in range(8)
    ]
    for key in chance.sample(keys, 4):
        verdict = chance.choice([*Verdict])
        named = chance.choice(keys) if verdict is Verdict.DUPLICATE else None
        accepted = chance.choice([(), ("duplicate",)])
        review(store, key, verdict, duplicate_of=named, accepted=accepted)
    found = {row["key"]: row for row in rows()}
    for key, state in of_ledger(list(found.values())).items():
        # Only the ledger knows all files: it tells whether the one that a person named counts.
        if "first_missing" not in found[key]["finding_codes"]:
            assert state == of_api(store, key)
