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


def of_api(store: RecordStore, key: str, place: int = 1) -> State:
    def reviewed(record: Mapping[str, Any]) -> dict[str, Any]:
        return read_effective(store, DEFAULT_LAYOUT, "invoices", record)

    index = AppearanceIndex(store, DEFAULT_LAYOUT, reviewed)
    record = reviewed(store.records[DEFAULT_LAYOUT.record_key(key)])
    found = index.derive(record)["invoices"][place - 1]
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


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("seed", range(20))
def test_ledger_and_api_say_the_same_of_what_people_decided(
    store: RecordStore, rows: Rows, seed: int
) -> None:
    """Files have up to three invoices; some numbers are malformed, and some files are gone."""
    chance = random.Random(seed)
    keys = [sheet(store, f"{place}.jpg", chance) for place in range(6)]
    for key in keys:
        for place in range(1, len(invoices_of(store, key)) + 1):
            decide(store, key, place, keys, chance)
    for key in chance.sample(keys, chance.randrange(2)):
        del store.objects[key]
    shown = [row for row in rows() if row["verdict"] != "not_an_invoice"]
    for row in shown:
        [state] = of_ledger([row]).values()
        assert state == of_api(store, row["key"], row["entry"]), row["key"]
    counted = {row["number"] for row in shown if row["duplicate_of"] is None}
    missing = {row["number"] for row in shown if "first_missing" in row["finding_codes"]}
    assert {row["number"] for row in shown} & set(NUMBERS) <= counted | missing


def test_an_invoice_counts_nowhere_only_with_a_finding(store: RecordStore, rows: Rows) -> None:
    key = recognize(store, "a.jpg", 0)
    first = recognize(store, "b.jpg", 1, number="00000001")
    review(store, key, Verdict.DUPLICATE, duplicate_of=first)
    found = of_ledger(rows())
    assert found == {each: of_api(store, each) for each in (key, first)}
    assert found[key][:3] == (first, True, "not_verifiable duplicate first_missing")


def test_a_first_appearance_in_the_archive_counts_for_a_decided_duplicate(
    store: RecordStore, rows: Rows
) -> None:
    first, key = recognize(store, "a.jpg", 0), recognize(store, "b.jpg", 1)
    other = recognize(store, "c.jpg", 2, number="00000001")
    review(store, key, Verdict.DUPLICATE, duplicate_of=first)
    review(store, other, Verdict.DUPLICATE, duplicate_of=first)
    store.archived.add(DEFAULT_LAYOUT.record_key(first))
    found = of_ledger(rows())
    assert found == {each: of_api(store, each) for each in (key, other)}
    assert ["first_missing" in found[each][2] for each in (key, other)] == [False, True]


NUMBERS = ("11111111", "99999999")


def invoices_of(store: RecordStore, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = store.records[DEFAULT_LAYOUT.record_key(key)]["invoices"]
    return found


def sheet(store: RecordStore, path: str, chance: random.Random) -> str:
    """Upload an input with one to three invoices, and return its key."""
    numbers = chance.choices([*NUMBERS, "9123456I"], (4, 4, 1), k=chance.choice((1, 1, 2, 3)))
    key = store.upload(path, chance.randrange(5))
    source = store.describe("invoices", key)
    assert source is not None
    results = [recognized(source, reading_of(number), region="r") for number in numbers]
    invoices = [each for result in results for each in result["invoices"]]
    record = AppearanceIndex(store, DEFAULT_LAYOUT).add(
        source, {**results[0], "invoices": invoices}
    )
    store.write("invoices", DEFAULT_LAYOUT.record_key(key), record)
    return key


def reading_of(number: str) -> Reading:
    return Reading(Api.QUOTA_INVOICE, {1: Recognition({**RESULT, "number": number}, "r", 1)}, 1)


def decide(
    store: RecordStore, key: str, place: int, keys: list[str], chance: random.Random
) -> None:
    """Decide half of the invoices, most of them as duplicates."""
    if chance.random() < 0.5:
        return
    verdict = chance.choice([*Verdict, Verdict.DUPLICATE, Verdict.DUPLICATE])
    named = chance.choice(keys) if verdict is Verdict.DUPLICATE else None
    accepted = chance.choice([(), ("duplicate",), ("duplicate", "first_missing")])
    review(store, key, verdict, duplicate_of=named, accepted=accepted, place=place)
