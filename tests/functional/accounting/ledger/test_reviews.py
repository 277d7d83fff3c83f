"""The ledger has the values that people decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounting.ledger.cache import Cache, open_cache
from accounting.ledger.make import Made
from accounting.ledger.query import Ledger
from accounting.ledger.sync import synchronize
from accounting.progress import ignore_progress
from quota_invoice.reviews.entry import FIRST_BY_HAND, Verdict
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.ledger.record_store import ALL, RecordStore, invoice
from tests.support.ledger.review import ALL_FIELDS, review

Make = Callable[..., Made]
Rows = Callable[..., list[dict[str, Any]]]


def downloads(store: RecordStore) -> list[str]:
    return sorted(key for action, key in store.requests if action == "get")


def doubtful(**fields: str) -> dict[str, Any]:
    """An invoice whose number is not certain."""
    return invoice(**fields, confidence={"number": 0.5, "code": 0.99})


def test_a_corrected_invoice_has_the_new_values_and_tells_what_was_read(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", doubtful(number="9123456O"))
    fields = {"number": "91234560", "amount": "￥50.00"}
    review(store, key, fields=fields, reason="看原件")
    [row] = rows()
    assert (row["number"], row["amount"], row["needs_review"]) == (
        "91234560",
        Decimal("50.00"),
        False,
    )
    assert (row["verdict"], row["reviewed_by"], row["reviewed_at"], row["review_reason"]) == (
        "corrected",
        "李会计",
        "2026-11-23T00:00:00Z",
        "看原件",
    )
    # The amount was sent, too, and is the one that was read.
    assert json.loads(row["read_values"]) == {"number": "9123456O"}


def test_only_inputs_with_new_entries_are_downloaded(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    keys = [store.add(f"{place}.jpg", invoice(number=f"1234560{place}")) for place in range(3)]
    out = tmp_path / "l.csv"
    make(out)
    store.requests.clear()
    name = review(store, keys[1], fields={"number": "00000000"})
    assert make(out).downloaded == 1
    assert downloads(store) == ["results/1.jpg.json", f"reviews/1.jpg/{name}.json"]
    store.requests.clear()
    assert make(out).downloaded == 0
    assert downloads(store) == []
    assert store.requests.count(("list", "reviews/")) == 1


def test_an_undone_review_leaves_the_values_that_were_read(store: RecordStore, rows: Rows) -> None:
    key = store.add("a.jpg", doubtful())
    first = review(store, key, fields={"number": "00000000"})
    review(store, key, None, seen=(first,))
    [row] = rows()
    assert (row["number"], row["verdict"], row["needs_review"]) == ("91234561", "", True)


def test_entries_on_an_input_in_a_folder_of_the_same_name_are_its_own(
    store: RecordStore, rows: Rows
) -> None:
    store.add("a.jpg", invoice(number="11111111"))
    below = store.add("a.jpg/b.jpg", invoice(number="22222222"))
    review(store, below, fields={"number": "33333333"})
    assert {row["key"]: row["number"] for row in rows()} == {
        "incoming/a.jpg": "11111111",
        "incoming/a.jpg/b.jpg": "33333333",
    }


@pytest.mark.parametrize("path", ["2026/李 a+b%.jpg", "../a.jpg", f"{'长' * 300}.jpg"])
def test_reviews_of_any_key_are_found(store: RecordStore, rows: Rows, path: str) -> None:
    review(store, store.add(path, invoice()), fields={"number": "00000000"})
    assert [row["number"] for row in rows()] == ["00000000"]


def test_a_review_of_a_former_content_does_not_apply_and_is_counted(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", invoice())
    review(store, key, fields={"number": "00000000"})
    store.objects[key] = b"another"
    store.records[DEFAULT_LAYOUT.record_key(key)]["source"] = store.source(key)
    [row] = rows()
    assert (row["number"], row["outdated_reviews"]) == ("91234561", 1)


def test_a_conflict_needs_a_review_and_keeps_the_former_values(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", invoice())
    review(store, key, fields={"number": "00000000"})
    review(store, key, fields={"number": "00000001"}, by="王会计")
    [row] = rows()
    assert (row["number"], row["is_conflict"], row["needs_review"]) == ("91234561", True, True)
    assert "两个人的复核结果不一致" in row["findings"]


def test_a_failure_with_invoices_that_were_entered_by_hand_counts_as_a_record(
    store: RecordStore, make: Make, rows: Rows, tmp_path: Path
) -> None:
    key = store.add_failure("a.jpg")
    review(store, key, fields=ALL_FIELDS, is_by_hand=True)
    review(store, key, fields={**ALL_FIELDS, "number": "2"}, is_by_hand=True, place=3)
    assert [(row["entry"], row["number"], row["amount"], row["is_by_hand"]) for row in rows()] == [
        (FIRST_BY_HAND, "91234561", Decimal("50.00"), True),
        (FIRST_BY_HAND + 2, "2", Decimal("50.00"), True),
    ]
    found = make(tmp_path / "l.csv").reconciliation
    assert (found.states["recognized"], found.states["failed"], found.unexplained) == (1, 0, 0)


def test_a_failure_whose_invoices_were_undone_is_a_failure_again(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    key = store.add_failure("a.jpg")
    name = review(store, key, fields=ALL_FIELDS, is_by_hand=True)
    review(store, key, None, seen=(name,), is_by_hand=True)
    assert make(tmp_path / "l.csv").reconciliation.states["failed"] == 1


def test_a_further_invoice_of_a_record_may_be_entered_by_hand(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", invoice())
    review(store, key, fields={**ALL_FIELDS, "number": "2"}, is_by_hand=True)
    assert [(row["entry"], row["number"], row["is_by_hand"]) for row in rows()] == [
        (1, "91234561", False),
        (FIRST_BY_HAND, "2", True),
    ]


def test_a_paper_that_is_no_invoice_has_no_amount_and_is_no_first_appearance(
    store: RecordStore, make: Make, rows: Rows, tmp_path: Path
) -> None:
    key = store.add("a.jpg", invoice())
    store.add("b.jpg", invoice(), second=1)
    store.add("c.jpg", invoice(number="91234562"), second=2)
    store.add("d.jpg", invoice(number="91234569"), second=3)
    review(store, key, Verdict.NOT_AN_INVOICE)
    found = make(tmp_path / "l.csv").reconciliation
    assert (found.invoices, found.duplicates) == ((3, Decimal("150.00")), (0, Decimal("0.00")))
    assert (found.unexplained, found.unexplained_sum) == (0, Decimal(0))
    assert [row["key"] for row in rows()] == [f"incoming/{name}.jpg" for name in "bcd"]


def test_a_file_that_a_person_named_is_no_duplicate_of_the_one_that_names_it(
    store: RecordStore, rows: Rows
) -> None:
    keys = [store.add(f"{name}.jpg", invoice(), second=at) for at, name in enumerate("abc")]
    review(store, keys[0], Verdict.DUPLICATE, duplicate_of=keys[1])
    found = rows()
    assert [row["duplicate_of"] for row in found] == [keys[1], None, keys[1]]
    assert [row["needs_review"] for row in found] == [False, False, True]
    assert f"这张发票已在 {keys[1]} 中出现过" in found[0]["findings"]


def test_a_file_that_a_person_named_is_a_duplicate_of_an_earlier_one(
    store: RecordStore, rows: Rows
) -> None:
    keys = [store.add(f"{name}.jpg", invoice(), second=at) for at, name in enumerate("abc")]
    review(store, keys[1], Verdict.DUPLICATE, duplicate_of=keys[2])
    assert [row["duplicate_of"] for row in rows()] == [None, keys[2], keys[0]]


def test_an_invoice_of_a_file_that_repeats_another_number_counts_once(
    store: RecordStore, rows: Rows
) -> None:
    other = store.add("other.jpg", invoice(number="55555555"))
    keys = [store.add(f"{name}.jpg", invoice(), second=at) for at, name in enumerate("ab", 1)]
    review(store, keys[0], Verdict.DUPLICATE, duplicate_of=other)
    assert [row["duplicate_of"] for row in rows()] == [None, other, keys[0]]


CASES_WITHOUT_FIRST = [
    "removed",
    "not an invoice",
    "each other",
    "chain",
    "itself",
    "never was",
    "another number",
]


@pytest.mark.parametrize("case", CASES_WITHOUT_FIRST)
def test_a_decided_duplicate_whose_first_does_not_count_needs_a_review(
    store: RecordStore, rows: Rows, case: str
) -> None:
    """Otherwise neither of them would count."""
    key = store.add("a.jpg", invoice())
    first = store.add("b.jpg", invoice(), invoice(number="11111111"), second=1)
    third = store.add("c.jpg", invoice(number="22222222"), second=2)
    seen = (review(store, key, Verdict.DUPLICATE, duplicate_of=first),)
    assert [row["needs_review"] for row in rows()] == [False, False, False, False]
    if case == "removed":
        del store.objects[first]
    elif case == "not an invoice":
        review(store, first, Verdict.NOT_AN_INVOICE)
    elif case == "another number":
        review(store, first, fields={"number": "33333333"})
    elif case == "each other":
        review(store, first, Verdict.DUPLICATE, duplicate_of=key)
    elif case == "chain":
        review(store, first, Verdict.DUPLICATE, duplicate_of=third)
    else:
        first = key if case == "itself" else "incoming/never.jpg"
    review(store, key, Verdict.DUPLICATE, duplicate_of=first, seen=seen)
    row = rows()[0]
    assert (row["duplicate_of"], row["needs_review"]) == (first, True)
    assert row["finding_codes"].endswith("duplicate first_missing")
    assert "请重新复核" in row["findings"]


def test_a_duplicate_of_the_same_file_needs_a_review_unless_another_place_counts(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", invoice(), invoice(number="11111111"), invoice())
    review(store, key, Verdict.DUPLICATE, duplicate_of=key, place=3)
    found = [(row["duplicate_of"], row["needs_review"]) for row in rows()]
    assert found == [(None, False), (None, False), (key, False)]
    review(store, key, Verdict.NOT_AN_INVOICE, place=1)
    row = rows()[-1]
    assert (row["duplicate_of"], row["needs_review"]) == (key, True)
    assert row["finding_codes"].endswith("duplicate first_missing")


def test_a_malformed_number_repeats_any_invoice_of_a_file_but_never_itself(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", invoice(number="9123456I"))
    first = store.add("b.jpg", invoice(number="11111111"), second=1)
    seen = (review(store, key, Verdict.DUPLICATE, duplicate_of=first),)
    assert "first_missing" not in rows()[0]["finding_codes"]
    review(store, key, Verdict.DUPLICATE, duplicate_of=key, seen=seen)
    assert "first_missing" in rows()[0]["finding_codes"]


def test_a_person_cannot_accept_that_an_invoice_counts_in_no_file(
    store: RecordStore, rows: Rows
) -> None:
    key, first = store.add("a.jpg", invoice()), store.add("b.jpg", invoice(number="11111111"))
    accepted = ("duplicate", "first_missing")
    review(store, key, Verdict.DUPLICATE, duplicate_of=first, accepted=accepted)
    assert [row["needs_review"] for row in rows()] == [True, False]


def test_two_decisions_leave_one_of_four_files_that_counts(store: RecordStore, rows: Rows) -> None:
    """The first decision names the last file, and the second one the third file."""
    keys = [store.add(f"{name}.jpg", invoice(), second=at) for at, name in enumerate("abcd")]
    review(store, keys[0], Verdict.DUPLICATE, duplicate_of=keys[3])
    review(store, keys[1], Verdict.DUPLICATE, duplicate_of=keys[2])
    assert [row["duplicate_of"] for row in rows()] == [keys[3], keys[2], None, keys[2]]


def test_corrected_numbers_take_part_in_duplicates_and_near_duplicates(
    store: RecordStore, rows: Rows
) -> None:
    first = store.add("a.jpg", invoice(number="11111111"))
    wrong = store.add("b.jpg", invoice(number="99999999"), second=1)
    near = store.add("c.jpg", invoice(number="55555555"), second=2)
    assert {row["duplicate_of"] for row in rows()} == {None}
    review(store, wrong, fields={"number": "11111111"})
    review(store, near, fields={"number": "11111191"})
    found = {row["key"]: row for row in rows()}
    assert found[wrong]["duplicate_of"] == first
    assert found[near]["near_invoice"] == "144031909110 11111111"


def test_a_duplicate_that_a_person_accepted_stays_one_and_needs_no_review(
    store: RecordStore, rows: Rows
) -> None:
    first, second = (store.add(f"{name}.jpg", invoice(), second=at) for at, name in enumerate("ab"))
    assert [row["needs_review"] for row in rows()] == [False, True]
    review(store, second, Verdict.CONFIRMED, accepted=("duplicate",))
    row = rows()[1]
    assert (row["duplicate_of"], row["needs_review"]) == (first, False)
    assert row["finding_codes"].split() == ["not_verifiable", "duplicate"]


def test_an_accepted_finding_needs_no_review_and_another_one_does(
    store: RecordStore, rows: Rows
) -> None:
    key = store.add("a.jpg", invoice(amount=""))
    first = review(store, key, Verdict.CONFIRMED, accepted=("missing_field.amount",))
    assert [row["needs_review"] for row in rows()] == [False]
    review(store, key, Verdict.CONFIRMED, accepted=(), seen=(first,))
    assert [row["needs_review"] for row in rows()] == [True]


@pytest.mark.parametrize("value", [None, {}, {"schema": "another"}])
def test_other_objects_among_the_entries_are_left_out(
    store: RecordStore, rows: Rows, value: dict[str, Any] | None
) -> None:
    key = store.add("a.jpg", invoice())
    name = review(store, key, fields={"number": "00000000"})
    store.records[f"reviews/a.jpg/{name}.json"] = value  # type: ignore[assignment]  # removed meanwhile
    store.records["reviews/a.jpg/notes.json"] = {}
    store.records["reviews/a.txt"] = {}
    assert [row["number"] for row in rows()] == ["91234561"]


def test_a_record_whose_review_is_in_the_archive_is_named_until_it_is_restored(
    store: RecordStore, make: Make, rows: Rows, tmp_path: Path
) -> None:
    key = store.add("a.jpg", invoice())
    name = review(store, key, fields={"number": "00000000"})
    store.archived.add(f"reviews/a.jpg/{name}.json")
    assert make(tmp_path / "l.csv").reconciliation.states["archived"] == 1
    store.archived.clear()
    assert [row["number"] for row in rows()] == ["00000000"]


@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_reviews_of_records_of_any_json_are_read(
    store: RecordStore, rows: Rows, verdict: Verdict | None
) -> None:
    entries: list[Any] = [None, 7, [], {}, {"findings": [None, {"code": {}}, 7]}]
    keys = [store.add(f"{place}.jpg", entry) for place, entry in enumerate(entries)]
    duplicate_of = "incoming/b.jpg" if verdict is Verdict.DUPLICATE else None
    for key in keys:
        review(store, key, verdict, duplicate_of=duplicate_of)
    assert [row["key"] for row in rows()] == ([] if verdict is Verdict.NOT_AN_INVOICE else keys)


def test_an_undone_review_of_the_former_schema_still_needs_one(
    store: RecordStore, rows: Rows
) -> None:
    entry = {**invoice(), "issues": ["zero_amount"], "needs_review": True}
    del entry["findings"]
    key = store.add("a.jpg", entry)
    review(store, key, None)
    [row] = rows()
    assert (row["needs_review"], row["finding_codes"]) == (True, "zero_amount")


def numbers(cache: Cache) -> dict[str, str | None]:
    rows = Ledger(cache, ALL).rows("SELECT key, number FROM ledger")
    return {key.removeprefix("incoming/"): number for key, number in rows}


def test_queries_see_the_former_listing_until_the_new_one_is_complete(
    store: RecordStore, tmp_path: Path
) -> None:
    store.add("a.jpg", invoice())
    seen = []
    with open_cache(tmp_path, "invoices") as cache:
        synchronize(cache, store.bucket, ignore_progress)
        store.add("b.jpg", invoice(number="22222222"))
        synchronize(cache, store.bucket, lambda *_: seen.append(len(numbers(cache))))
        assert set(seen[:-2]) == {1}
        assert len(numbers(cache)) == 2
