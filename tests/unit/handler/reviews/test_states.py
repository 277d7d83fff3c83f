"""Decisions of several people on one invoice: the latest holds, and none is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quota_invoice.reviews.decide import new_place, view
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, ReviewEntry, Verdict
from quota_invoice.reviews.states import InvoiceState, outdated, states
from tests.unit.handler.reviews.deciding import (
    CONFIRMED,
    NO_INVOICE,
    UNDONE,
    Review,
    by_hand,
    corrected,
    record_of,
)

ONE, TWO, THREE = (corrected(number=f"8000000{number}") for number in (1, 2, 3))


@pytest.fixture
def review() -> Review:
    return Review(record_of("91234561"))


def state(review: Review, place: int = 1) -> InvoiceState:
    return states(review.record, review.entries)[place]


def names(*entries: ReviewEntry) -> list[str]:
    return sorted(entry.name for entry in entries)


def test_the_latest_decision_holds(review: Review) -> None:
    first = review.decide(ONE)
    second = review.decide(TWO, by="Wang")
    assert state(review) == InvoiceState(TWO, (second,), entries=(first, second))


def test_undo_brings_back_the_decision_before_it(review: Review) -> None:
    review.decide(ONE)
    before = view(review.record, review.entries, 1)
    review.decide(TWO)
    undo = review.decide(before.state.decision)
    assert state(review).decision == ONE
    assert [change.after for change in undo.changes] == ["80000001"]
    review.decide(UNDONE)
    assert state(review).decision == UNDONE
    assert len(state(review).entries) == 4


def test_two_decisions_at_the_same_moment_are_a_conflict_until_somebody_decides(
    review: Review,
) -> None:
    review.decide(ONE)
    before = list(review.entries)
    two, three = review.decide(TWO, seen=before), review.decide(THREE, by="Wang", seen=before)
    assert state(review).is_conflict
    assert state(review).decision == ONE
    assert names(*state(review).latest) == names(two, three)
    review.decide(THREE)
    assert state(review) == replace_conflict(state(review), THREE)


def replace_conflict(found: InvoiceState, decision: Decision) -> InvoiceState:
    return found._replace(decision=decision, is_conflict=False)


def test_a_decision_by_somebody_who_saw_one_side_only_leaves_the_conflict(review: Review) -> None:
    one, two = review.decide(ONE), review.decide(TWO, seen=())
    three = review.decide(THREE, seen=[one])
    assert state(review).is_conflict
    assert names(*state(review).latest) == names(two, three)


def test_two_people_who_decide_the_same_agree_and_both_accept_their_findings(
    review: Review,
) -> None:
    review.decide(replace(ONE, accepted=("a", "b")))
    review.decide(replace(ONE, accepted=("c", "b")), by="Wang", seen=())
    assert not state(review).is_conflict
    assert state(review).decision == replace(ONE, accepted=("a", "b", "c"))


def test_a_text_that_equals_the_one_that_was_read_is_no_other_decision(review: Review) -> None:
    review.decide(ONE)
    review.decide(corrected(**{**ONE.fields, "location": "广东省深圳市"}), seen=())
    assert not state(review).is_conflict


@pytest.mark.parametrize(
    "other",
    [
        TWO,
        CONFIRMED,
        NO_INVOICE,
        UNDONE,
        Decision(Verdict.DUPLICATE, ONE.fields, "incoming/b.jpg"),
    ],
)
def test_every_other_decision_of_the_same_moment_is_a_conflict(
    review: Review, other: Decision
) -> None:
    review.decide(ONE)
    review.decide(other, seen=())
    assert state(review).is_conflict


def test_a_server_whose_clock_is_behind_still_writes_the_later_decision(review: Review) -> None:
    review.decide(ONE, minutes=30)
    review.decide(TWO, minutes=10)
    assert state(review).decision == TWO


def test_the_decision_before_a_conflict_is_the_one_that_saw_the_other(review: Review) -> None:
    review.decide(ONE, minutes=30)
    review.decide(TWO, minutes=10)  # the later decision, by a clock that is behind
    before = list(review.entries)
    review.decide(THREE, minutes=40, seen=before)
    review.decide(CONFIRMED, minutes=41, seen=before)
    assert state(review).is_conflict
    assert state(review).decision == TWO


def test_two_who_decide_a_conflict_at_the_same_moment_leave_the_decision_before_it(
    review: Review,
) -> None:
    review.decide(CONFIRMED)
    before = list(review.entries)
    review.decide(ONE, seen=before)
    review.decide(TWO, seen=before)
    before = list(review.entries)
    review.decide(ONE, seen=before)
    review.decide(TWO, seen=before)
    assert state(review).is_conflict
    assert state(review).decision == CONFIRMED  # nobody has decided between the first two


def test_a_write_that_comes_late_is_a_conflict_with_the_decisions_since(review: Review) -> None:
    late = review.decide(ONE)
    review.entries.clear()
    review.decide(TWO, minutes=1)
    review.decide(THREE, minutes=2)
    review.entries.append(late)
    assert state(review).is_conflict
    assert names(*state(review).latest) == names(late, review.entries[1])


def test_entries_that_claim_to_have_seen_each_other_are_not_lost(review: Review) -> None:
    one, two, three = (review.decide(each, seen=()) for each in (ONE, TWO, THREE))
    circle = [replace(one, seen=(two.name,)), replace(two, seen=(one.name, two.name))]
    for entries in ([*circle, three], circle):
        review.entries = entries
        assert state(review).is_conflict
        assert names(*state(review).latest) == names(*entries)


def test_entries_on_another_content_do_not_count_and_count_again_when_it_comes_back() -> None:
    review = Review(record_of("91234561"))
    entry = review.decide(ONE)
    other = record_of("91234561", content=b"another image")
    assert states(other, review.entries) == {}
    assert outdated(other, review.entries) == [entry]
    assert outdated(review.record, review.entries) == []


def test_the_revision_changes_with_content_reading_and_entries(review: Review) -> None:
    other = record_of("91234561", content=b"another image")
    found = {view(review.record, (), 1).revision, view(other, (), 1).revision}
    found.add(view(record_of("91234562"), (), 1).revision)
    review.decide(ONE)
    found.add(view(review.record, review.entries, 1).revision)
    review.decide(UNDONE)
    found.add(view(review.record, review.entries, 1).revision)
    assert len(found) == 5
    assert {len(each) for each in found} == {32}
    again = view(record_of("91234561"), review.entries, 1).revision
    assert again == view(review.record, review.entries, 1).revision


def test_decisions_follow_their_invoice_to_another_place_of_a_later_reading() -> None:
    review = Review(record_of("91234561", "91234562", "91234563"))
    review.decide(ONE, 1)
    review.decide(TWO, 2)
    review.record = record_of("91234562", "91234561")
    review.decide(THREE, 1)
    found = states(review.record, review.entries)
    assert {place: each.decision for place, each in found.items()} == {1: THREE, 2: ONE}
    assert not any(each.is_conflict for each in found.values())


def test_decisions_on_an_invoice_that_a_later_reading_lacks_are_outdated() -> None:
    review = Review(record_of("91234561", "91234562"))
    review.decide(ONE, 1)
    entry = review.decide(CONFIRMED, 2)
    for numbers in (["91234561"], ["91234561", "91234569"], ["91234561", "", ""]):
        record = record_of(*numbers)
        assert list(states(record, review.entries)) == [1]
        assert outdated(record, review.entries) == [entry]


def test_of_equal_invoices_each_keeps_its_own_decision() -> None:
    review = Review(record_of("91234561", "91234561"))
    review.decide(CONFIRMED, 1)
    entry = review.decide(NO_INVOICE, 2)
    assert state(review, 2).latest == (entry,)
    review.record = record_of("91234561", "91234561", "91234561")
    assert state(review, 2).latest == (entry,)


def test_decisions_on_two_equal_invoices_are_a_conflict_on_the_one_that_is_left() -> None:
    review = Review(record_of("91234561", "91234561"))
    review.decide(CONFIRMED, 1)
    review.decide(NO_INVOICE, 2)
    review.record = record_of("91234561")
    assert state(review).is_conflict


def test_an_invoice_by_hand_keeps_its_place_beyond_those_of_any_reading(review: Review) -> None:
    first, second = review.decide(by_hand(), None), review.decide(by_hand("91234568"), None)
    assert [first.place, second.place] == [FIRST_BY_HAND, FIRST_BY_HAND + 1]
    review.decide(UNDONE, first.place)
    assert new_place(review.record, review.entries) == FIRST_BY_HAND + 2
    review.record = record_of(*(f"{number:08}" for number in range(5)))
    assert state(review, second.place).decision == by_hand("91234568")


def test_two_who_add_an_invoice_by_hand_at_the_same_moment_are_told(review: Review) -> None:
    one = review.decide(by_hand(), None, seen=())
    review.decide(by_hand("91234568"), None, seen=())
    assert state(review, one.place).is_conflict


@pytest.mark.parametrize("place", [0, 2, -1])
def test_a_place_without_an_invoice_cannot_be_decided(review: Review, place: int) -> None:
    with pytest.raises(LookupError):
        view(review.record, (), place)
