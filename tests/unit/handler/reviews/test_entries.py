"""The entry of a decision: a JSON object that holds all of it, or no entry at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.errors import ObjectUnavailable
from quota_invoice.json_values import parse_json
from quota_invoice.reviews.entry import Decision, Verdict, parse_entry
from quota_invoice.reviews.store import new_name, read_effective, read_entries, write_entry
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.fakes import FakeStore
from tests.unit.handler.reviews.deciding import KEY, NOON, Review, by_hand, corrected, record_of

RECORD = record_of("91234561")
ENTRY = Review(RECORD).decide(corrected(number="91234567"))
CONTENT = ENTRY.to_json()
FOLDER = "reviews/a.jpg/"


def stored(*contents: dict[str, Any]) -> FakeStore:
    store = FakeStore()
    for number, content in enumerate(contents):
        name = f"{ENTRY.name[:-1]}{number}"
        store.records[f"{FOLDER}{name}.json"] = content
    return store


def test_an_entry_is_read_as_it_was_written() -> None:
    review = Review(record_of("91234561", "91234562"))
    written = [
        review.decide(corrected(number="91234567", amount="￥5.00")),
        review.decide(Decision(Verdict.DUPLICATE, duplicate_of="incoming/b.jpg"), 2),
        review.decide(Decision(Verdict.CONFIRMED, accepted=("low_confidence.code",))),
        review.decide(Decision()),
        review.decide(by_hand(), None),
    ]
    store = FakeStore()
    for entry in written:
        write_entry(store, DEFAULT_LAYOUT, "invoices", entry)
    assert read_entries(store, DEFAULT_LAYOUT, "invoices", KEY) == written
    assert [parse_entry(each.name, parse_json(json.dumps(each.to_json()))) for each in written] == (
        written
    )


def test_an_entry_tells_the_fields_before_and_after_the_editor_and_the_content() -> None:
    assert CONTENT["changes"] == [{"field": "number", "before": "91234561", "after": "91234567"}]
    assert (CONTENT["by"], CONTENT["at"]) == ("Li", "2026-11-26T12:00:00.000Z")
    assert CONTENT["etag"] == RECORD["source"]["etag"]
    assert CONTENT["read"]["number"] == "91234561"


OPTIONAL = {"verdict", "duplicate_of", "processed_at", "undoes"}
WRONG: list[dict[str, Any]] = [
    *({name: None} for name in CONTENT if name not in OPTIONAL),
    *({name: 5} for name in CONTENT if name != "invoice"),
    *({name: "text"} for name in ("read", "fields", "accepted", "changes", "seen", "verdict")),
    *({"invoice": place} for place in (0, -1, True, 1.0, "1")),
    {"schema": "quota-invoice-review/2"},
    {"fields": {"colour": "red"}},
    {"fields": {"number": 5}},
    {"fields": ["number"]},
    {"changes": [{"field": "number"}]},
    {"changes": [{"field": ["number"], "before": "", "after": ""}]},
    {"seen": [None]},
    {"accepted": [[]]},
    {"verdict": "duplicate"},
    {"verdict": "confirmed", "duplicate_of": "incoming/b.jpg"},
    {"verdict": None},  # with texts
    {"reason": "x" * 10_001},
    {"seen": ["x"] * 1001},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_an_object_with_a_wrong_member_is_no_entry(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=ENTRY.name):
        parse_entry(ENTRY.name, CONTENT | change)


def test_an_entry_may_have_10000_characters_in_a_text_and_1000_values_in_a_list() -> None:
    longest = {"reason": "x" * 10_000, "seen": ["x"] * 1000, "invoice": 1}
    entry = parse_entry(ENTRY.name, CONTENT | longest)
    assert (len(entry.reason), len(entry.seen), entry.place) == (10_000, 1000, 1)


@pytest.mark.parametrize(("place", "is_by_hand"), [(100_000, False), (100_001, True)])
def test_a_stored_entry_from_place_100001_on_is_by_hand(place: int, *, is_by_hand: bool) -> None:
    assert parse_entry(ENTRY.name, CONTENT | {"invoice": place}).is_by_hand is is_by_hand


def test_an_entry_of_a_former_version_is_no_undo() -> None:
    former = {member: value for member, value in CONTENT.items() if member != "undoes"}
    assert parse_entry(ENTRY.name, former) == ENTRY


@pytest.mark.parametrize("name", [member for member in CONTENT if member != "undoes"])
def test_an_object_without_a_member_is_no_entry(name: str) -> None:
    less = {member: value for member, value in CONTENT.items() if member != name}
    with pytest.raises(ValueError, match=ENTRY.name):
        parse_entry(ENTRY.name, less)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(CONTENT)), _JSON, max_size=3))
def test_any_json_below_reviews_leaves_the_record_whole(change: dict[str, Any]) -> None:
    store = stored(CONTENT | change)
    new = read_effective(store, DEFAULT_LAYOUT, "invoices", RECORD)
    assert new["invoices"][0]["number"] in {"91234561", "91234567", *_texts(change)}
    assert new["result"] == RECORD["result"]


def _texts(change: dict[str, Any]) -> list[object]:
    fields = change.get("fields")
    return [fields.get("number")] if isinstance(fields, dict) else []


def test_other_objects_below_the_folder_are_left_out() -> None:
    store = stored({}, CONTENT, {"schema": CONTENT["schema"]}, CONTENT | {"key": "incoming/b.jpg"})
    below = f"{FOLDER}2.jpg/{ENTRY.name}.json"  # an entry on incoming/a.jpg/2.jpg
    store.records |= {f"{FOLDER}notes.txt": CONTENT, f"{FOLDER}1.json": CONTENT, below: CONTENT}
    assert len(read_entries(store, DEFAULT_LAYOUT, "invoices", KEY)) == 1
    assert ("get", below) not in store.requests


def test_an_entry_that_could_not_be_read_again_is_not_written() -> None:
    store = FakeStore()
    entry = Review(RECORD).decide(Decision(Verdict.DUPLICATE))
    with pytest.raises(ValueError, match="names the other input"):
        write_entry(store, DEFAULT_LAYOUT, "invoices", entry)
    assert store.requests == []


def test_an_entry_in_the_archive_is_an_error_since_the_decision_is_unknown() -> None:
    store = stored(CONTENT)

    def archived(bucket: str, key: str) -> None:
        raise ObjectUnavailable("Object.Archived", f"{bucket} {key}")

    store.read = archived  # type: ignore[method-assign]
    with pytest.raises(ObjectUnavailable):
        read_entries(store, DEFAULT_LAYOUT, "invoices", KEY)


def test_an_input_without_entries_takes_one_request() -> None:
    store = FakeStore()
    assert read_effective(store, DEFAULT_LAYOUT, "invoices", RECORD) == RECORD
    assert store.requests == [("list", FOLDER)]


def test_two_names_of_the_same_moment_differ() -> None:
    assert new_name(NOON) != new_name(NOON)
