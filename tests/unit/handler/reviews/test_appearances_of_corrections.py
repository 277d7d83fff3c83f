"""Duplicates by people's decisions: in the API at once, in the index after the next sweep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from quota_invoice.errors import ObjectUnavailable, StoreUnreachable, UploadsFailed
from quota_invoice.invoice.duplicates import FIRST_MISSING
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, State
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, Verdict
from quota_invoice.reviews.store import read_effective
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.sweep.corrections import Corrections
from tests.support.fakes import RESULT, time_of
from tests.unit.handler.reviews.deciding import (
    CONFIRMED,
    NO_INVOICE,
    UNDONE,
    Review,
    by_hand,
    corrected,
    write,
)
from tests.unit.handler.test_sweep import LAST_ROUND, STATE, Cloud

A, B, C = (f"incoming/{name}.jpg" for name in "abc")
CODE, NUMBER = str(RESULT["code"]), str(RESULT["number"])
NUMBERS = (NUMBER, "80000002", "80000003")


class Reviewed(Cloud):
    """Inputs with their records, which people decide on; uploaded in their order."""

    def __init__(self, *numbers: str) -> None:
        super().__init__(*({**RESULT, "number": number} for number in numbers))
        for second, name in enumerate("abc"[: len(numbers)]):
            self.put(f"incoming/{name}.jpg", content=name.encode(), second=second)
            self.run()
        self.store.times |= dict.fromkeys(self.records, 30)
        self.store.records[STATE] = {"last_started_at": time_of(LAST_ROUND)}
        self.store.requests.clear()

    def out_of_time_after(self, key: str) -> Any:
        """Let time run out in this block when the sweep has found an input."""
        listing = self.store.listing

        def listed(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
            found = list(listing(bucket, prefix, after))
            for number, entry in enumerate(found):
                # A walk looks at the input after the one that it finds.
                if number > 1 and found[number - 2].key == key:
                    self.seconds = 0.0
                yield entry

        return mock.patch.object(self.store, "listing", listed)

    def decide(self, key: str, decision: Decision, place: int = 1) -> None:
        write(self.store, self.store.records[DEFAULT_LAYOUT.record_key(key)], decision, place)

    def first(self, key: str) -> str | None:
        """Return the first appearance of a file's first invoice, as the API says."""

        def reviewed(record: Any) -> dict[str, Any]:
            return read_effective(self.store, DEFAULT_LAYOUT, "invoices", record)

        stored = self.store.records[DEFAULT_LAYOUT.record_key(key)]
        index = AppearanceIndex(self.store, DEFAULT_LAYOUT, reviewed)
        key_of_first: str | None = index.derive(reviewed(stored))["invoices"][0]["duplicate_of"]
        return key_of_first

    def markers(self, number: str) -> list[str]:
        prefix = DEFAULT_LAYOUT.appearances_prefix(CODE, number)
        return [
            marker["key"]
            for key, marker in sorted(self.store.markers.items())
            if key.startswith(prefix)
        ]


def test_a_first_appearance_that_was_corrected_no_longer_counts() -> None:
    cloud = Reviewed(NUMBER, NUMBER, NUMBER)
    assert [cloud.first(key) for key in (A, B, C)] == [None, A, A]
    cloud.decide(A, corrected(number="80000009"))
    assert [cloud.first(key) for key in (A, B, C)] == [None, None, B]


def test_a_file_that_a_person_named_counts_while_it_shows_the_invoice() -> None:
    cloud = Reviewed(NUMBER, NUMBER)
    record = cloud.store.records["results/b.jpg.json"]
    index = AppearanceIndex(cloud.store, DEFAULT_LAYOUT)

    def is_missing(key: str, number: str = NUMBER) -> bool:
        invoice = {**record["invoices"][0], "duplicate_of": key, "number": number}
        return index.is_first_missing("invoices", B, record, invoice)

    assert [is_missing(A), is_missing(B), is_missing(C)] == [False, False, True]
    assert [is_missing(A, "80000002"), is_missing(B, "80000002")] == [True, True]
    cloud.store.objects[A] = b"other"
    assert is_missing(A)


def test_a_duplicate_by_a_persons_decision_lacks_its_first_file_only_once_that_is_replaced() -> (
    None
):
    cloud = Reviewed(NUMBER, NUMBER)
    cloud.decide(B, Decision(Verdict.DUPLICATE, duplicate_of=A))
    record = cloud.store.records["results/b.jpg.json"]
    reviewed = read_effective(cloud.store, DEFAULT_LAYOUT, "invoices", record)
    index = AppearanceIndex(cloud.store, DEFAULT_LAYOUT)

    def codes() -> set[str]:
        return {each["code"] for each in index.derive(reviewed)["invoices"][0]["findings"]}

    assert FIRST_MISSING not in codes()
    cloud.store.objects[A] = b"other"
    assert FIRST_MISSING in codes()


def test_a_named_file_whose_record_is_in_the_archive_counts_by_its_entry_in_the_index() -> None:
    cloud = Reviewed(NUMBER, NUMBER)
    record = cloud.store.records["results/b.jpg.json"]
    invoice = {**record["invoices"][0], "duplicate_of": A}
    index = AppearanceIndex(cloud.store, DEFAULT_LAYOUT)
    read = cloud.store.read

    def archived(bucket: str, key: str) -> dict[str, Any] | None:
        if key == "results/a.jpg.json":
            raise ObjectUnavailable("Object.Archived", key)
        return read(bucket, key)

    with mock.patch.object(cloud.store, "read", archived):
        found = [
            index.is_first_missing("invoices", B, record, {**invoice, **changed})
            for changed in ({}, {"number": "80000002"}, {"code": ""})
        ]
    assert found == [False, True, False]


def test_a_first_appearance_that_is_no_invoice_no_longer_counts() -> None:
    cloud = Reviewed(NUMBER, NUMBER)
    cloud.decide(A, NO_INVOICE)
    assert [cloud.first(key) for key in (A, B)] == [None, None]


def test_a_correction_that_was_undone_counts_no_longer() -> None:
    cloud = Reviewed(NUMBER, NUMBER)
    review = Review(cloud.store.records["results/a.jpg.json"])
    for decision in (corrected(number="80000009"), UNDONE):
        entry = review.decide(decision)
        cloud.store.records[f"reviews/a.jpg/{entry.name}.json"] = entry.to_json()
    assert cloud.first(B) == A


def test_a_later_file_that_was_corrected_names_the_first_one_at_once() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(B, corrected(number=NUMBER))
    assert [cloud.first(key) for key in (A, B, C)] == [None, A, None]


def test_an_earlier_file_that_was_corrected_is_named_after_the_next_sweep() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number=NUMBERS[1]))
    assert [cloud.first(key) for key in (A, B)] == [None, None]
    assert cloud.run() == {"inputs": 3, "done": 3, "noted": 1}
    assert cloud.markers(NUMBERS[1]) == [A, B]
    assert [cloud.first(key) for key in (A, B)] == [None, A]
    assert cloud.store.records["results/b.jpg.json"]["invoices"][0]["duplicate_of"] is None


def test_an_invoice_by_hand_is_named_after_the_next_sweep() -> None:
    cloud = Reviewed(*NUMBERS)
    failure = dict(cloud.store.records.pop("results/a.jpg.json"), status="failed", error={})
    for name in ("invoices", "result", "rules"):
        del failure[name]
    cloud.store.records["failures/a.jpg.json"] = failure
    cloud.store.times["failures/a.jpg.json"] = 30
    write(cloud.store, failure, by_hand(NUMBERS[1]), FIRST_BY_HAND)
    assert cloud.first(B) is None
    assert cloud.run()["noted"] == 1
    assert cloud.first(B) == A
    assert cloud.ocr.given[3:] == []


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_that_name_each_other_the_one_that_a_person_named_counts(is_first: bool) -> None:
    cloud = Reviewed(NUMBER, NUMBER, NUMBER)
    if is_first:
        cloud.decide(A, Decision(Verdict.DUPLICATE, duplicate_of=B))
        assert [cloud.first(key) for key in (A, B, C)] == [B, None, B]
    else:
        cloud.decide(B, Decision(Verdict.DUPLICATE, duplicate_of=A))
        assert [cloud.first(key) for key in (A, B, C)] == [None, A, A]


def test_the_function_compares_records_as_it_wrote_them_and_asks_for_no_review() -> None:
    cloud = Reviewed(NUMBER, NUMBER)
    cloud.decide(A, corrected(number="80000009"))
    cloud.store.requests.clear()
    index = AppearanceIndex(cloud.store, DEFAULT_LAYOUT)
    record = cloud.store.records["results/b.jpg.json"]
    assert index.derive(record)["invoices"][0]["duplicate_of"] == A
    assert not [key for _, key in cloud.store.requests if key.startswith("reviews/")]


def test_a_sweep_asks_for_the_reviews_once_and_reads_no_former_entry() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number="80000009"))
    cloud.store.times |= dict.fromkeys(cloud.records, LAST_ROUND - 180)
    cloud.store.requests.clear()
    assert cloud.run() == {"inputs": 3, "done": 3}
    reviews = [each for each in cloud.store.requests if each[1].startswith("reviews/")]
    assert reviews == [("list", "reviews/")]


def test_a_decision_is_noted_once() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number="80000009"))
    assert cloud.run()["noted"] == 1
    cloud.store.records[STATE] = {"last_started_at": time_of(cloud.store.second + 180)}
    assert "noted" not in cloud.run()


def test_a_confirmed_invoice_gets_no_second_entry() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, CONFIRMED)
    before = dict(cloud.store.markers)
    assert cloud.run()["noted"] == 1
    assert cloud.store.markers == before
    assert not [key for action, key in cloud.store.requests if key in before and action == "put"]


@pytest.mark.parametrize("key", ["incoming/a", "incoming/x/../a.jpg"])
def test_decisions_on_inputs_out_of_order_are_noted_as_well(key: str) -> None:
    cloud = Reviewed(*NUMBERS)
    record = cloud.store.records["results/b.jpg.json"]
    cloud.put(key, b"b")
    stored = {**record, "source": {**record["source"], "key": key}}
    cloud.store.records[DEFAULT_LAYOUT.record_key(key)] = stored
    write(cloud.store, stored, corrected(number="80000009"))
    cloud.run()
    assert cloud.markers("80000009") == [key]


def test_a_decision_on_a_content_that_was_replaced_is_not_noted() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number="80000009"))
    cloud.put(A, b"another", second=1)
    cloud.ocr.answers = [{**RESULT, "number": "80000008"}]
    cloud.run()
    assert cloud.markers("80000009") == []


@contextmanager
def failing(cloud: Cloud, error: Exception) -> Iterator[None]:
    """Let the decisions on the first file fail."""
    read = cloud.store.read

    def reading(bucket: str, key: str) -> Any:
        if key.startswith("reviews/a.jpg/"):
            raise error
        return read(bucket, key)

    with mock.patch.object(cloud.store, "read", reading):
        yield


UNREACHABLE = StoreUnreachable("Store.Unreachable", "get: TimeoutError")


def test_a_decision_that_a_sweep_could_not_read_is_noted_by_the_next_one() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number="80000011"))
    cloud.decide(B, corrected(number="80000012"))
    cloud.store.second += 3600
    with failing(cloud, UNREACHABLE), pytest.raises(UploadsFailed, match="1 of 3"):
        cloud.run()
    assert not [key for key in cloud.store.records if key.startswith("retries/")]
    assert (cloud.markers("80000011"), cloud.markers("80000012")) == ([], [B])
    cloud.store.second += 3600
    cloud.run()
    assert cloud.markers("80000011") == [A]
    cloud.store.second += 3600
    assert "noted" not in cloud.run()


def test_a_round_of_several_sweeps_remembers_the_decision_that_was_not_noted() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number="80000011"))
    with failing(cloud, UNREACHABLE), cloud.out_of_time_after(A), pytest.raises(UploadsFailed):
        cloud.run()
    assert cloud.store.records[STATE]["after"] == A
    cloud.seconds = 60.0
    cloud.store.second += 3600
    assert cloud.run() == {"inputs": 2, "done": 2}
    assert cloud.run()["noted"] == 1
    assert cloud.markers("80000011") == [A]


def test_decisions_from_a_time_on_are_found_if_inputs_come_out_of_order_too() -> None:
    cloud = Reviewed(*NUMBERS)
    for key in (A, B):
        cloud.decide(key, NO_INVOICE)
    entries = {entry.key: entry for entry in cloud.store.listing("invoices", "incoming/")}
    findings = [Finding(entries[key], State.DONE) for key in (C, B, A)]
    now = cloud.store.second
    for since, are_new in ((time_of(now), True), (time_of(now + 1), False), ("", False)):
        corrections = Corrections(cloud.settings, cloud.store)
        found = [corrections.are_new(finding, since) for finding in findings]
        assert found == [False, are_new, are_new]


def test_a_decision_in_the_archive_does_not_stop_the_sweeps() -> None:
    cloud = Reviewed(*NUMBERS)
    cloud.decide(A, corrected(number="80000011"))
    cloud.decide(B, corrected(number="80000012"))
    with failing(cloud, ObjectUnavailable("Object.Archived", "get: 403")):
        assert cloud.run()["noted"] == 2
    assert (cloud.markers("80000011"), cloud.markers("80000012")) == ([], [B])


def test_the_present_rules_leave_decisions_and_the_values_that_were_read_alone() -> None:
    cloud = Reviewed(NUMBER, NUMBER)
    cloud.decide(A, corrected(number="80000009"))
    entries = {key: one for key, one in cloud.records.items() if key.startswith("reviews/")}
    for record in cloud.records.values():
        record.get("rules", {})["version"] = "2"
    assert cloud.run(rederive=True)["renumbered"] == 2
    shown = [cloud.records[f"results/{name}.jpg.json"]["invoices"][0] for name in "ab"]
    assert [(each["number"], each["duplicate_of"]) for each in shown] == [
        (NUMBER, None),
        (NUMBER, A),
    ]
    assert {key: one for key, one in cloud.records.items() if key.startswith("reviews/")} == entries
    assert cloud.first(B) is None
