"""Records with people's decisions: the values that count, checked by the same rules."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from quota_invoice.errors import ImageRefused
from quota_invoice.obs.objects import Source
from quota_invoice.records.record import FORMER_SCHEMA, failed
from quota_invoice.reviews.decide import view
from quota_invoice.reviews.effective import CONFLICT, READ_AGAIN, effective_record
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, Verdict
from tests.support.fakes import problems, time_of
from tests.unit.handler.reviews.deciding import (
    CONFIRMED,
    KEY,
    NO_INVOICE,
    UNDONE,
    Review,
    by_hand,
    corrected,
    record_of,
)

DUPLICATE = Decision(Verdict.DUPLICATE, duplicate_of="incoming/b.jpg")


def effective(review: Review) -> dict[str, Any]:
    """Return the record with all decisions; the stored one must stay as it is."""
    before = copy.deepcopy(review.record)
    new = effective_record(review.record, review.entries)
    assert review.record == before
    assert new.get("result") == before.get("result")
    return new


def invoice_of(review: Review) -> dict[str, Any]:
    invoice: dict[str, Any] = effective(review)["invoices"][0]
    return invoice


def codes(invoice: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in problems(invoice)]


def failure() -> dict[str, Any]:
    source = Source("invoices", KEY, "e" * 32, 5, None, time_of(0))
    return failed(source, ImageRefused("ModelArts.4101", "no invoice"))


@pytest.fixture
def review() -> Review:
    """A record with a number that is too short, and low confidence."""
    record = record_of("9123456")
    record["invoices"][0]["confidence"]["number"] = 0.3
    return Review(record)


def test_a_record_without_entries_is_returned_as_it_is(review: Review) -> None:
    assert effective(review) == review.record


def test_corrected_texts_are_checked_by_the_rules_and_their_meaning_follows(review: Review) -> None:
    review.decide(corrected(code="111001809110", number="91234567", amount="￥100.00"))
    invoice = invoice_of(review)
    assert (invoice["code"], invoice["number"]) == ("111001809110", "91234567")
    assert (invoice["amount"]["value"], invoice["amount"]["words"]) == ("100.00", "壹佰元整")
    assert (invoice["year"], codes(invoice)) == (2018, ["contradicting_place"])
    assert invoice["needs_review"] is True
    assert invoice["confidence"] == review.record["invoices"][0]["confidence"]
    assert invoice["review"]["read"] == {
        "code": "144031909110",
        "number": "9123456",
        "amount": "￥50.00",
    }


def test_a_finding_that_a_person_accepted_asks_nobody_again(review: Review) -> None:
    review.decide(replace(CONFIRMED, accepted=("malformed_number",)))
    invoice = invoice_of(review)
    assert (codes(invoice), invoice["needs_review"]) == (["malformed_number"], False)
    review.decide(replace(corrected(amount="eleven"), accepted=("malformed_number",)))
    assert invoice_of(review)["needs_review"] is True


def test_a_person_who_confirmed_the_texts_has_compared_them_with_the_image() -> None:
    record = record_of("91234561")
    record["invoices"][0]["confidence"]["number"] = 0.3
    review = Review(record)
    review.decide(CONFIRMED)
    assert (codes(invoice_of(review)), invoice_of(review)["needs_review"]) == ([], False)


def test_what_is_no_invoice_has_no_finding(review: Review) -> None:
    review.decide(NO_INVOICE)
    invoice = invoice_of(review)
    assert (invoice["findings"], invoice["needs_review"]) == ([], False)
    assert invoice["review"]["verdict"] == "not_an_invoice"


def test_a_duplicate_names_the_other_input() -> None:
    review = Review(record_of("91234561"))
    review.decide(DUPLICATE)
    invoice = invoice_of(review)
    assert (codes(invoice), invoice["duplicate_of"]) == (["duplicate"], "incoming/b.jpg")
    assert invoice["review"]["accepted"] == ["duplicate"]


@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("needs_review", [True, False])
def test_an_undone_decision_leaves_the_invoice_as_it_was_read(
    review: Review, schema: int, needs_review: bool
) -> None:
    if schema == 1:
        former(review)
    [read] = review.record["invoices"]
    if schema == 1:
        read["needs_review"] = needs_review
    review.decide(corrected(number="91234567"))
    review.decide(UNDONE)
    invoice = invoice_of(review)
    assert invoice.pop("review")["verdict"] is None
    assert invoice == read


def former(review: Review) -> None:
    """Let the record be one of schema 1."""
    record: dict[str, Any] = {**review.record, "schema": FORMER_SCHEMA}
    [invoice] = record["invoices"]
    for name in ("findings", "duplicate_of"):
        del invoice[name]
    review.record = record | {"invoices": [invoice | {"issues": ["number"]}]}


def test_a_record_of_schema_1_is_corrected_and_gets_findings(review: Review) -> None:
    former(review)
    review.decide(corrected(number="91234567"))
    invoice = invoice_of(review)
    assert (invoice["number"], invoice["needs_review"]) == ("91234567", False)
    assert invoice["issues"] == ["number"]
    assert effective(review)["schema"] == FORMER_SCHEMA


def test_findings_on_the_whole_file_stay(review: Review) -> None:
    finding = {"code": "unread_pages", "severity": "doubt", "message": {"zh": "页", "en": "pages"}}
    review.record["invoices"][0]["findings"].append(finding)
    review.decide(corrected(number="91234567"))
    assert codes(invoice_of(review)) == ["unread_pages"]


def test_a_conflict_is_shown_with_the_values_before_it_until_somebody_decides(
    review: Review,
) -> None:
    review.decide(corrected(number="91234567"))
    before = list(review.entries)
    one = review.decide(corrected(number="91234568"), seen=before)
    two = review.decide(replace(NO_INVOICE, accepted=(CONFLICT,)), by="Wang", seen=before)
    invoice = invoice_of(review)
    assert (invoice["number"], codes(invoice)) == ("91234567", [CONFLICT])
    assert invoice["needs_review"] is True
    assert sorted(invoice["review"]["conflict"]) == sorted([one.name, two.name])
    assert (invoice["review"]["by"], invoice["review"]["at"]) == (two.by, two.at)
    assert effective(review)["review"] == {"entries": 3, "conflicts": 1, "outdated": 0}
    review.decide(corrected(number="91234568"))
    assert (codes(invoice_of(review)), invoice_of(review)["review"]["conflict"]) == ([], None)


def test_who_accepted_one_conflict_has_not_accepted_the_next(review: Review) -> None:
    accepting = replace(corrected(number="91234567"), accepted=(CONFLICT, READ_AGAIN))
    review.decide(accepting)
    before = list(review.entries)
    review.decide(NO_INVOICE, seen=before)
    review.decide(UNDONE, seen=before)
    invoice = invoice_of(review)
    assert (invoice["number"], invoice["needs_review"]) == ("91234567", True)


def test_the_revision_that_the_record_shows_is_the_one_that_an_editor_sends(
    review: Review,
) -> None:
    review.decide(CONFIRMED)
    review.decide(by_hand(), None)
    for invoice, place in zip(effective(review)["invoices"], (1, FIRST_BY_HAND), strict=True):
        seen = view(review.record, review.entries, place).revision
        assert invoice["review"]["revision"] == seen


def test_entries_on_another_content_are_counted_and_change_nothing(review: Review) -> None:
    review.decide(corrected(number="91234567"))
    review.record = record_of("91234561", content=b"another image")
    new = effective(review)
    assert new.pop("review") == {"entries": 1, "conflicts": 0, "outdated": 1}
    assert new == review.record


def test_a_decision_moves_with_its_invoice_to_its_place_in_a_later_reading() -> None:
    review = Review(record_of("91234561", "91234562"))
    review.decide(corrected(number="80000002"), 2)
    review.record = record_of("91234562", "91234563", "91234561")
    new = effective(review)
    numbers = [invoice["number"] for invoice in new["invoices"]]
    assert numbers == ["80000002", "91234563", "91234561"]
    assert new["review"]["outdated"] == 0


@pytest.mark.parametrize("numbers", [["91234569"], ["91234569", "91234562"], ["", "", "91234562"]])
def test_a_decision_on_an_invoice_that_a_later_reading_lacks_asks_a_person_again(
    numbers: list[str],
) -> None:
    review = Review(record_of("91234561", "91234562"))
    review.decide(corrected(number="80000001"), 1)
    review.decide(CONFIRMED, 2)
    review.record = record_of(*numbers)
    new = effective(review)
    assert [invoice["number"] for invoice in new["invoices"]] == numbers
    assert new["review"]["outdated"] == 2 - ("91234562" in numbers)
    doubted = [READ_AGAIN in codes(invoice) for invoice in new["invoices"]]
    assert doubted == [number != "91234562" for number in numbers]
    assert [invoice["needs_review"] for invoice in new["invoices"]] == doubted
    for place, number in enumerate(numbers, 1):
        review.decide(replace(corrected(number=f"8000000{place}"), accepted=(READ_AGAIN,)), place)
        assert number != "91234562" or place == len(numbers)
    assert not any(invoice["needs_review"] for invoice in effective(review)["invoices"])


def test_a_reading_without_invoices_counts_the_outdated_decision() -> None:
    review = Review(record_of("91234561", "91234562"))
    review.decide(CONFIRMED, 2)
    review.record = {**review.record, "invoices": []}
    assert effective(review)["review"] == {"entries": 1, "conflicts": 0, "outdated": 1}


def test_a_failure_record_shows_the_invoices_by_hand() -> None:
    review = Review(failure())
    review.decide(by_hand(), None)
    review.decide(by_hand("91234568"), None)
    new = effective(review)
    assert [invoice["number"] for invoice in new["invoices"]] == ["91234569", "91234568"]
    assert [invoice["place"] for invoice in new["invoices"]] == [FIRST_BY_HAND, FIRST_BY_HAND + 1]
    assert all(invoice["review"]["is_by_hand"] for invoice in new["invoices"])
    assert [invoice["needs_review"] for invoice in new["invoices"]] == [False, False]
    assert (new["status"], new["error"]) == ("failed", review.record["error"])


def test_an_invoice_by_hand_that_was_undone_is_gone_and_not_outdated() -> None:
    review = Review(failure())
    entry = review.decide(by_hand(), None)
    review.decide(UNDONE, entry.place)
    new = effective(review)
    assert "invoices" not in new
    assert new["review"] == {"entries": 2, "conflicts": 0, "outdated": 0}


def test_a_conflict_about_an_invoice_by_hand_is_shown() -> None:
    review = Review(failure())
    review.decide(by_hand(), None, seen=())
    review.decide(by_hand("91234568"), None, seen=())
    invoice = invoice_of(review)
    assert CONFLICT in codes(invoice)
    assert (invoice["number"], invoice["needs_review"]) == ("", True)


def test_a_failed_file_that_is_read_after_all_asks_about_the_invoices_by_hand() -> None:
    review = Review(failure())
    entry = review.decide(by_hand(), None)
    record = record_of("91234561")
    record["source"]["etag"] = review.record["source"]["etag"]
    record["processed_at"] = "2026-11-27T00:00:00.000Z"
    review.record = record
    read, added = effective(review)["invoices"]
    assert (read, READ_AGAIN in codes(added)) == (record["invoices"][0], True)
    assert added["needs_review"] is True
    review.decide(replace(by_hand(), accepted=(READ_AGAIN,)), entry.place)
    assert effective(review)["invoices"][1]["needs_review"] is False


def test_a_further_invoice_by_hand_of_the_same_reading_is_in_no_doubt() -> None:
    review = Review(record_of("91234561"))
    review.decide(by_hand(), None)
    invoices = effective(review)["invoices"]
    assert [invoice["needs_review"] for invoice in invoices] == [False, False]


@pytest.mark.parametrize("source", [None, "text", {}, {"etag": 5}])
def test_a_record_without_a_source_has_no_decisions(review: Review, source: Any) -> None:
    review.decide(CONFIRMED)
    review.record = {**review.record, "source": source}
    assert effective(review) == review.record
