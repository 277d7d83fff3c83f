"""Decisions: what they write, and when they write nothing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from accounting.review.invoice.decisions import Action
from accounting.review.invoice.reviewed import load, with_duplicates
from accounting.review.invoice.saving import Result
from accounting.review.queue.rows import Position
from quota_invoice.errors import StoreUnreachable
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.entry import FIRST_BY_HAND
from tests.support.ledger.record_store import invoice
from tests.support.review.deciding import KEY, MemoryDesk

NUMBER = {"number": "91234567"}


def entries(desk: MemoryDesk) -> list[dict[str, Any]]:
    names = sorted(key for key in desk.store.records if key.startswith("reviews/"))
    return [desk.store.records[name] for name in names]


def test_a_correction_keeps_who_when_which_field_before_after_and_why(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    revision = desk.load().seen(1).revision
    saving = desk.decide(Action.SAVE, texts=NUMBER, reason="smudged")
    assert saving.result is Result.SAVED
    [entry] = entries(desk)
    assert entry["by"] == "王芳"
    assert entry["at"] == "2026-11-26T00:00:00.000Z"
    assert entry["verdict"] == "corrected"
    assert entry["fields"] == NUMBER
    assert entry["changes"] == [{"field": "number", "before": "91234561", "after": "91234567"}]
    assert entry["reason"] == "smudged"
    assert entry["etag"] == desk.load().etag
    assert entry["revision"] == revision
    assert desk.texts()["number"] == "91234567"


def test_unchanged_texts_are_a_confirmation(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice(location=" 深圳\n市\ud83d"))
    typed = {"location": "深圳市\N{REPLACEMENT CHARACTER}"}
    assert desk.decide(Action.SAVE, texts=typed).result is Result.SAVED
    [entry] = entries(desk)
    assert (entry["verdict"], entry["fields"]) == ("confirmed", {})


def test_a_decision_without_a_revision_is_refused(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    assert desk.decide(Action.SAVE, seen=None).result is Result.NO_REVISION
    assert Result.NO_REVISION.status == 428
    assert entries(desk) == []


def test_the_second_of_two_people_is_told_and_nothing_is_written(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    seen = desk.load().seen(1).revision
    desk.decide(Action.SAVE, texts=NUMBER)
    saving = desk.decide(Action.SAVE, by="李雷", seen=seen, texts={"number": "91234568"})
    assert (saving.result, saving.result.status) == (Result.CHANGED, 412)
    assert len(entries(desk)) == 1
    again = desk.decide(Action.SAVE, by="李雷", texts={"number": "91234568"})
    assert again.result is Result.SAVED
    assert entries(desk)[1]["seen"] == [saving.reviewed.seen(1).state.latest[0].name]
    assert desk.texts()["number"] == "91234568"


def test_a_new_content_makes_the_revision_an_older_one(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    seen = desk.load().seen(1).revision
    desk.store.objects[KEY] = b"another"
    desk.store.records["results/a.jpg.json"]["source"] = desk.store.source(KEY)
    assert desk.decide(Action.SAVE, seen=seen).result is Result.CHANGED
    assert entries(desk) == []


def test_entries_on_a_former_content_are_outdated(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, texts=NUMBER)
    desk.store.objects[KEY] = b"another"
    desk.store.records["results/a.jpg.json"]["source"] = desk.store.source(KEY)
    reviewed = desk.load()
    assert [entry.by for entry in reviewed.outdated] == ["王芳"]
    assert desk.texts()["number"] == "91234561"


def test_two_servers_at_the_same_moment_leave_both_and_a_conflict(
    desk: MemoryDesk,
) -> None:
    desk.store.add("a.jpg", invoice())

    write = desk.store.write
    waiting = [True]

    def write_after_another(bucket: str, key: str, record: Mapping[str, Any]) -> None:
        if waiting:
            waiting.clear()
            other = desk.decide(Action.SAVE, by="李雷", texts={"number": "91234568"})
            assert other.result is Result.SAVED
        write(bucket, key, record)

    desk.store.write = write_after_another  # type: ignore[method-assign]
    saving = desk.decide(Action.SAVE, texts=NUMBER)
    assert saving.result is Result.CONFLICT
    assert len(entries(desk)) == 2
    assert desk.texts()["number"] == "91234561"  # the state before both


def test_one_of_two_contradicting_decisions_is_chosen(desk: MemoryDesk) -> None:
    names = conflict(desk)
    saving = desk.decide(Action.CHOOSE, by="韩梅", chosen=names["李雷"])
    assert saving.result is Result.SAVED
    assert desk.texts()["number"] == "91234568"
    assert sorted(entries(desk)[-1]["seen"]) == sorted(names.values())


def test_a_third_value_ends_a_conflict(desk: MemoryDesk) -> None:
    conflict(desk)
    assert desk.decide(Action.SAVE, texts={"number": "91234569"}).result is Result.SAVED
    assert desk.texts()["number"] == "91234569"
    assert not desk.load().seen(1).state.is_conflict


def test_a_decision_that_is_not_one_of_the_conflict_cannot_be_chosen(desk: MemoryDesk) -> None:
    conflict(desk)
    saving = desk.decide(Action.CHOOSE, chosen="20261126T000000.000000Z-00000000")
    assert (saving.result, saving.reason) == (Result.REFUSED, "no_version")


def conflict(desk: MemoryDesk, number_before: str = "") -> dict[str, str]:
    """Let two people decide differently on the same state; return their entries' names.

    With a number, a person has corrected it before.
    """
    desk.store.add("a.jpg", invoice())
    if number_before:
        desk.decide(Action.SAVE, texts={"number": number_before})
    before = copy.deepcopy(desk.store.records)
    for by, number in (("王芳", "91234567"), ("李雷", "91234568")):
        here, desk.store.records = desk.store.records, copy.deepcopy(before)
        desk.decide(Action.SAVE, by=by, texts={"number": number})
        desk.store.records = here | desk.store.records
    state = desk.load().seen(1).state
    assert state.is_conflict
    return {entry.by: entry.name for entry in state.latest}


def test_undo_goes_back_step_by_step(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, texts=NUMBER)
    desk.decide(Action.NOT_AN_INVOICE)
    verdicts = []
    for _ in range(2):
        assert desk.decide(Action.UNDO).result is Result.SAVED
        verdicts.append(entries(desk)[-1]["verdict"])
    assert verdicts == ["corrected", None]
    assert desk.texts()["number"] == "91234561"
    saving = desk.decide(Action.UNDO)
    assert (saving.result, saving.reason) == (Result.REFUSED, "nothing_to_undo")
    assert len(entries(desk)) == 4


def test_a_decision_after_an_undo_is_undone_to_the_state_before_it(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, texts=NUMBER)
    desk.decide(Action.UNDO)
    desk.decide(Action.NOT_AN_INVOICE)
    desk.decide(Action.UNDO)
    assert entries(desk)[-1]["verdict"] is None


def test_undo_goes_back_one_step_when_an_earlier_decision_was_made_again(
    desk: MemoryDesk,
) -> None:
    desk.store.add("a.jpg", invoice())
    for number in ("91234567", "91234568", "91234567"):
        desk.decide(Action.SAVE, texts={"number": number})
    numbers = []
    for _ in range(3):
        assert desk.decide(Action.UNDO).result is Result.SAVED
        numbers.append(desk.texts()["number"])
    assert numbers == ["91234568", "91234567", "91234561"]
    assert desk.decide(Action.UNDO).reason == "nothing_to_undo"


def test_an_undone_choice_leads_to_the_state_that_both_people_saw(desk: MemoryDesk) -> None:
    names = conflict(desk, "91234560")
    desk.decide(Action.CHOOSE, by="韩梅", chosen=names["李雷"])
    assert desk.decide(Action.UNDO).result is Result.SAVED
    assert desk.texts()["number"] == "91234560"
    assert desk.decide(Action.UNDO).result is Result.SAVED
    assert desk.texts()["number"] == "91234561"


def test_an_undo_of_another_program_that_names_itself_ends(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, texts=NUMBER)
    [name] = [key for key in desk.store.records if key.startswith("reviews/")]
    desk.store.records[name]["undoes"] = name.rpartition("/")[2].removesuffix(".json")
    assert desk.decide(Action.UNDO).result is Result.SAVED
    assert desk.texts()["number"] == "91234561"


def test_a_decision_that_holds_already_is_not_written_again(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    for action in (Action.SAVE, Action.NOT_AN_INVOICE):
        for _ in range(2):
            assert desk.decide(action).result is Result.SAVED
    assert [entry["verdict"] for entry in entries(desk)] == ["confirmed", "not_an_invoice"]
    desk.decide(Action.NOT_AN_INVOICE, reason="a ticket")
    assert entries(desk)[-1]["reason"] == "a ticket"


def test_a_confirmation_is_written_again_if_it_accepts_a_new_finding(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, accepted=())
    desk.appearances = lambda *_: [Position("incoming/first.jpg", 1)]
    desk.decide(Action.SAVE)
    assert [entry["accepted"] for entry in entries(desk)] == [[], ["malformed_number", "duplicate"]]


def test_new_findings_are_shown_before_they_are_accepted(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    typed = {"number": "9123456"}
    saving = desk.decide(Action.SAVE, texts=typed, accepted=())
    assert (saving.result, saving.result.status) == (Result.UNSEEN, 422)
    assert entries(desk) == []
    saving = desk.decide(Action.SAVE, texts=typed, accepted=("malformed_number",))
    assert saving.result is Result.SAVED
    [shown] = desk.load().effective()["invoices"]
    assert not shown["needs_review"]


def test_a_correction_that_makes_a_duplicate_is_shown_before_it_is_accepted(
    desk: MemoryDesk,
) -> None:
    desk.store.add("a.jpg", invoice())
    desk.appearances = lambda _, number: (
        [Position("incoming/first.jpg", 1)] if number == "91234567" else []
    )
    assert desk.decide(Action.SAVE, texts=NUMBER, accepted=()).result is Result.UNSEEN
    assert desk.decide(Action.SAVE, texts=NUMBER).result is Result.SAVED
    assert entries(desk)[0]["accepted"] == ["malformed_number", "duplicate"]


def test_the_answer_to_a_lost_response_is_that_it_is_saved(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    seen = desk.load().seen(1).revision
    desk.decide(Action.SAVE, texts=NUMBER)
    assert desk.decide(Action.SAVE, seen=seen, texts=NUMBER).result is Result.SAVED
    assert len(entries(desk)) == 1
    other = desk.decide(Action.SAVE, seen=seen, texts={"number": "91234568"})
    assert other.result is Result.CHANGED


def test_a_bucket_that_takes_no_entry_is_an_error(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())

    def refuse(*_: object) -> None:
        raise StoreUnreachable("Store.Unreachable", "no response")

    desk.store.write = refuse  # type: ignore[assignment, method-assign]
    with pytest.raises(StoreUnreachable):
        desk.decide(Action.SAVE, texts=NUMBER)
    assert entries(desk) == []


def test_a_duplicate_names_another_input_that_is_there(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.store.add("b.jpg", invoice(number="91234562"))
    reasons = [
        desk.decide(Action.DUPLICATE, duplicate_of=key).reason
        for key in ("", "incoming/missing.jpg", "results/b.jpg.json/../x", KEY)
    ]
    assert reasons == [
        "duplicate_missing",
        "duplicate_unknown",
        "duplicate_unknown",
        "duplicate_itself",
    ]
    desk.store.add("b.jpg", invoice())
    assert desk.decide(Action.DUPLICATE, duplicate_of="b.jpg").result is Result.SAVED
    [shown] = desk.load().effective()["invoices"]
    assert (shown["duplicate_of"], shown["needs_review"]) == ("incoming/b.jpg", False)


@pytest.mark.parametrize("first", ["b.jpg", "a.jpg"], ids=["another file", "the same file"])
def test_a_duplicate_of_a_file_that_does_not_count_the_invoice_is_held_once(
    desk: MemoryDesk, first: str
) -> None:
    desk.store.add("a.jpg", invoice(), invoice(number="91234563"))
    desk.store.add("b.jpg", invoice(number="91234562"))
    saving = desk.decide(Action.DUPLICATE, duplicate_of=first, accepted=("duplicate",))
    assert saving.result is Result.UNSEEN
    assert [each["code"] for each in saving.unseen] == ["first_missing"]
    assert entries(desk) == []
    accepted = ("duplicate", "first_missing")
    saving = desk.decide(Action.DUPLICATE, duplicate_of=first, accepted=accepted)
    assert saving.result is Result.SAVED
    record = with_duplicates(saving.reviewed.effective(), KEY, desk.appearances, desk.store.bucket)
    assert record["invoices"][0]["needs_review"]
    assert record["invoices"][0]["findings"][-1]["code"] == "first_missing"


def test_the_decision_on_the_first_of_two_places_is_held_if_the_other_repeats_it(
    desk: MemoryDesk,
) -> None:
    desk.store.add("a.jpg", invoice(), invoice())
    assert desk.decide(Action.DUPLICATE, duplicate_of=KEY, place=2).result is Result.SAVED
    assert desk.decide(Action.DUPLICATE, duplicate_of=KEY).result is Result.UNSEEN


def test_an_invoice_of_a_failed_input_is_entered_by_hand(desk: MemoryDesk) -> None:
    desk.store.add_failure("a.jpg")
    place = FIRST_BY_HAND
    assert desk.decide(Action.SAVE, place=place).reason == "nothing_entered"
    typed = {"code": "144031909110", "number": "91234567", "location": "深圳市", "amount": "50"}
    assert desk.decide(Action.SAVE, place=place, texts=typed).result is Result.SAVED
    [entry] = entries(desk)
    assert entry["invoice"] == FIRST_BY_HAND
    assert desk.texts(place=place) == typed
    desk.decide(Action.UNDO, place=place)
    assert desk.load().effective().get("invoices") is None


def test_an_entry_comes_after_those_that_it_saw_by_any_clock(
    desk: MemoryDesk,
) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, texts=NUMBER)
    desk.decide(
        Action.NOT_AN_INVOICE, by="李雷", now=lambda: datetime(2020, 1, 1, tzinfo=timezone.utc)
    )
    assert [entry["verdict"] for entry in entries(desk)] == ["corrected", "not_an_invoice"]


def test_an_input_that_is_not_read_yet_takes_no_decision(desk: MemoryDesk) -> None:
    desk.store.upload("a.jpg")
    saving = desk.decide(Action.SAVE, texts=NUMBER)
    assert (saving.result, saving.reason) == (Result.REFUSED, "pending")


def test_there_is_nothing_to_review_of_an_unknown_key(desk: MemoryDesk) -> None:
    assert load(desk.store.bucket, "incoming/missing.jpg") is None


def test_a_record_without_decisions_is_shown_as_it_is(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    reviewed = desk.load()
    assert reviewed.effective() == effective_record(reviewed.record, [])
