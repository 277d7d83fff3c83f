"""The rows of the ledger: which invoices count, which are duplicates, which need a look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from accounting.ledger.make import Made
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.ledger.record_store import ALL, RecordStore, invoice

Rows = Callable[..., list[dict[str, Any]]]


def by_key(rows: list[dict[str, Any]], column: str) -> dict[str, Any]:
    return {row["key"].removeprefix("incoming/"): row[column] for row in rows}


def test_an_invoice_has_the_texts_of_its_record(store: RecordStore, rows: Rows) -> None:
    store.add("2026/a b+%中.jpg", invoice())
    [row] = rows()
    assert (
        row
        | {
            "key": "incoming/2026/a b+%中.jpg",
            "code": "144031909110",
            "number": "91234561",
            "amount": Decimal("50.00"),
            "amount_words": "伍拾元整",
            "amount_text": "￥50.00",
            "location": "广东省深圳市",
            "province": "广东省",
            "city": "深圳市",
            "year": 2019,
            "needs_review": False,
            "duplicate_of": None,
            "near_invoice": None,
            "uploaded_on": date(2026, 11, 22),
        }
        == row
    )


def test_the_day_of_an_upload_is_that_of_china(store: RecordStore, rows: Rows) -> None:
    store.add("a.jpg", invoice(), second=16 * 3600 - 1)
    store.add("b.jpg", invoice(number="00000001"), second=16 * 3600)
    assert by_key(rows(), "uploaded_on") == {
        "a.jpg": date(2026, 11, 22),
        "b.jpg": date(2026, 11, 23),
    }
    since = replace(ALL, since=date(2026, 11, 23))
    until = replace(ALL, until=date(2026, 11, 22))
    assert [list(by_key(rows(choice), "key")) for choice in (since, until)] == [
        ["b.jpg"],
        ["a.jpg"],
    ]


def test_an_invoice_stays_in_its_month_when_its_image_is_uploaded_again(
    store: RecordStore, make: Callable[..., Made], rows: Rows, tmp_path: Path
) -> None:
    keys = [store.add("a.jpg", invoice()), store.add_failure("b.jpg")]
    store.times.update(dict.fromkeys(keys, 20 * 24 * 3600))
    november = replace(ALL, since=date(2026, 11, 1), until=date(2026, 11, 30))
    december = replace(ALL, since=date(2026, 12, 1), until=date(2026, 12, 31))
    found = [make(tmp_path / "l.csv", month).reconciliation for month in (november, december)]
    assert [(each.inputs, each.unexplained) for each in found] == [(2, 0), (0, 0)]
    assert by_key(rows(november), "uploaded_on") == {"a.jpg": date(2026, 11, 22)}
    assert by_key(rows(), "uploaded_at") == {"a.jpg": "2026-11-22T00:00:00Z"}


def test_removed_inputs_are_counted_in_the_days_of_the_choice_failures_included(
    store: RecordStore, make: Callable[..., Made], tmp_path: Path
) -> None:
    for key in (store.add("a.jpg", invoice()), store.add_failure("b.jpg")):
        del store.objects[key]
    choices = (ALL, replace(ALL, since=date(2026, 11, 23)), replace(ALL, until=date(2026, 11, 22)))
    found = [make(tmp_path / "l.csv", choice).reconciliation for choice in choices]
    assert [each.gone for each in found] == [2, 0, 2]


def test_each_invoice_of_a_sheet_has_a_row(store: RecordStore, rows: Rows) -> None:
    entries = [invoice(number=f"1234567{digit}") for digit in range(3)]
    store.add("sheet.pdf", *({**entry, "page": 2} for entry in entries))
    assert [(row["entry"], row["page"], row["number"]) for row in rows()] == [
        (1, 2, "12345670"),
        (2, 2, "12345671"),
        (3, 2, "12345672"),
    ]


def test_the_first_upload_counts_and_all_later_ones_are_its_duplicates(
    store: RecordStore, rows: Rows
) -> None:
    for path, second in {"late.jpg": 9, "first.jpg": 1, "b.jpg": 5, "a.jpg": 5}.items():
        store.add(path, invoice(), second=second)
    first = "incoming/first.jpg"
    assert by_key(rows(), "duplicate_of") == {
        "first.jpg": None,
        "a.jpg": first,
        "b.jpg": first,
        "late.jpg": first,
    }


def test_uploads_of_the_same_second_count_in_the_order_of_the_index(
    store: RecordStore, rows: Rows
) -> None:
    keys = [store.add(f"{name}.jpg", invoice()) for name in "abcdef"]
    first = min(keys, key=lambda key: sha256(key.encode()).hexdigest())
    assert {row["key"]: row["duplicate_of"] for row in rows()} == {
        key: None if key == first else first for key in keys
    }


def test_the_same_invoice_twice_on_one_sheet_counts_once(store: RecordStore, rows: Rows) -> None:
    store.add("sheet.jpg", invoice(), invoice())
    assert [row["duplicate_of"] for row in rows()] == [None, "incoming/sheet.jpg"]


@pytest.mark.parametrize("field", ["code", "number"])
def test_invoices_without_code_or_number_are_no_duplicates(
    store: RecordStore, rows: Rows, field: str
) -> None:
    store.add("a.jpg", invoice(**{field: ""}))
    store.add("b.jpg", invoice(**{field: ""}))
    assert by_key(rows(), "duplicate_of") == {"a.jpg": None, "b.jpg": None}


def test_the_same_content_uploaded_again_stays_the_first(store: RecordStore, rows: Rows) -> None:
    first = store.add("a.jpg", invoice(), second=1)
    store.add("b.jpg", invoice(), second=2)
    store.times[first] = 3
    assert by_key(rows(), "duplicate_of") == {"a.jpg": None, "b.jpg": first}


def test_a_first_upload_that_was_removed_counts_no_longer(store: RecordStore, rows: Rows) -> None:
    first = store.add("a.jpg", invoice(), second=1)
    store.add("b.jpg", invoice(), second=2)
    assert by_key(rows(), "duplicate_of") == {"a.jpg": None, "b.jpg": first}
    del store.objects[first]
    assert by_key(rows(), "duplicate_of") == {"b.jpg": None}


def test_a_duplicate_of_an_invoice_outside_the_choice_is_still_one(
    store: RecordStore, rows: Rows
) -> None:
    first = store.add("2025/a.jpg", invoice(), second=1)
    store.add("2026/b.jpg", invoice(), second=2)
    choice = replace(ALL, prefix="incoming/2026/")
    assert by_key(rows(choice), "duplicate_of") == {"2026/b.jpg": first}


def test_a_record_of_a_former_content_does_not_count(store: RecordStore, rows: Rows) -> None:
    store.add("a.jpg", invoice())
    store.upload("a.jpg", content=b"another image")
    assert rows() == []


def test_a_corrected_record_replaces_the_former_row(store: RecordStore, rows: Rows) -> None:
    store.add("a.jpg", invoice())
    assert by_key(rows(), "number") == {"a.jpg": "91234561"}
    store.add("a.jpg", invoice(number="11111111"))
    assert by_key(rows(), "number") == {"a.jpg": "11111111"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"number": "12345678"}, {"number": "12345978"}),
        ({"number": "12345678"}, {"number": "92345678"}),
        ({"number": "12345678"}, {"number": "12345670"}),
        ({"number": "91234561"}, {"number": "9123456I"}),
        ({"number": "9123456l"}, {"number": "9123456I"}),
        ({"code": "144031909110"}, {"code": "144031909710"}),
        ({"code": "144031909110"}, {"code": "144031909A10"}),
    ],
)
def test_invoices_with_one_character_off_are_nearly_equal(
    store: RecordStore, rows: Rows, one: dict[str, str], other: dict[str, str]
) -> None:
    store.add("a.jpg", invoice(**one))
    store.add("b.jpg", invoice(**other))
    texts = [f"{entry['code']} {entry['number']}" for entry in (invoice(**one), invoice(**other))]
    assert by_key(rows(), "near_invoice") == {"a.jpg": texts[1], "b.jpg": texts[0]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"number": "12345678"}, {"number": "12345687"}),
        ({"code": "144031909110", "number": "1" * 8}, {"code": "144031909710", "number": "2" * 8}),
        ({"number": ""}, {"number": "1"}),
    ],
)
def test_other_invoices_are_not_nearly_equal(
    store: RecordStore, rows: Rows, one: dict[str, str], other: dict[str, str]
) -> None:
    store.add("a.jpg", invoice(**one))
    store.add("b.jpg", invoice(**other))
    assert set(by_key(rows(), "near_invoice").values()) == {None}


def test_numbers_that_follow_each_other_are_not_nearly_equal(
    store: RecordStore, rows: Rows
) -> None:
    for number in range(12345670, 12345690):
        store.add(f"{number}.jpg", invoice(number=str(number)))
    assert set(by_key(rows(), "near_invoice").values()) == {None}
    store.add("alone.jpg", invoice(number="12345970"))
    assert by_key(rows(), "near_invoice")["12345670.jpg"] == "144031909110 12345970"


@pytest.mark.parametrize(
    ("day", "year", "is_over"),
    [
        (date(2026, 5, 31), 25, False),
        (date(2026, 6, 1), 25, True),
        (date(2026, 6, 1), 26, False),
    ],
)
def test_a_codes_year_is_over_after_31_may_of_the_next_one(
    store: RecordStore, rows: Rows, day: date, year: int, *, is_over: bool
) -> None:
    store.add("a.jpg", invoice(code=f"14403{year}09110"))
    [row] = rows(replace(ALL, made_on=day))
    assert row["is_year_over"] is is_over


def test_records_of_the_former_schema_are_in_the_ledger(store: RecordStore, rows: Rows) -> None:
    key = store.add("a.jpg", {**invoice(), "findings": None, "issues": ["zero_amount"]})
    store.records[DEFAULT_LAYOUT.record_key(key)]["schema"] = "quota-invoice-record/1"
    [row] = rows()
    assert (row["code"], row["finding_codes"], row["findings"]) == (
        "144031909110",
        "zero_amount",
        "记录中没有此提示的文字（代码 zero_amount），请与图片核对。",
    )


@pytest.mark.parametrize(
    "record",
    [
        {"invoices": [None, 7, "text", [], {}]},
        {"invoices": "text", "error": 7},
        {
            "invoices": [{}],
            "source": {"etag": etag(b"a.jpg"), "uploaded_at": "9999-12-31T23:59:59Z"},
        },
        {"invoices": [{"code": 7, "amount": {"value": 50}, "confidence": {"code": "high"}}]},
        {"invoices": [{"year": 10**30, "page": 10**30, "amount": {"value": "1e400"}}]},
        {"invoices": [{"findings": [None, {"code": {}}, {"message": "text"}]}]},
    ],
)
def test_records_of_any_json_are_read(
    store: RecordStore, rows: Rows, record: dict[str, Any]
) -> None:
    key = store.add("a.jpg", invoice())
    store.records[DEFAULT_LAYOUT.record_key(key)].update(record)
    invoices = record["invoices"]
    assert len(rows()) == (len(invoices) if isinstance(invoices, list) else 0)
    assert {row["amount"] for row in rows()} <= {None}
    assert {row["needs_review"] for row in rows()} <= {True}


def test_the_rows_stand_in_the_order_of_uploads(store: RecordStore, rows: Rows) -> None:
    for second, path in enumerate(["b.jpg", "c.jpg", "a.jpg"]):
        store.add(path, invoice(number=f"0000000{second}"), second=second)
    times = [row["uploaded_at"] for row in rows()]
    assert all(earlier < later for earlier, later in pairwise(times))
