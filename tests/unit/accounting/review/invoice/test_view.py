"""The data of one invoice's page."""

from __future__ import annotations

from typing import Any

import pytest

from accounting.review.invoice.decisions import Action
from accounting.review.invoice.fields import FieldView, finding_views, target_of
from accounting.review.invoice.reviewed import with_duplicates
from accounting.review.invoice.twin import twin_of
from accounting.review.invoice.view import InvoiceView, view_of
from accounting.review.queue.rows import Position
from quota_invoice.reviews.entry import FIRST_BY_HAND
from tests.support.fakes import RESULT
from tests.support.ledger.record_store import HOSTILE, invoice
from tests.support.review.deciding import KEY, MemoryDesk

LOW = {"confidence": {**RESULT["confidence"], "number": 0.5, "code": 0.8}}


def shown(desk: MemoryDesk, place: int = 1, language: str = "en") -> InvoiceView:
    return view_of(desk.load(), place, language)


def field(view: InvoiceView, name: str) -> FieldView:
    return next(each for each in view.fields if each.name == name)


def test_a_confidence_has_a_level_and_a_percentage(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice(**LOW))
    view = shown(desk)
    levels = {each.name: (each.percent, each.level, each.is_doubtful) for each in view.fields}
    assert levels == {
        "code": (80, "doubtful", True),
        "number": (50, "doubtful", True),
        "location": (97, "good", False),
        "amount": (99, "good", False),
    }


def test_digits_go_into_the_most_doubtful_field(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice(**LOW))
    assert shown(desk).target == "number"
    desk.store.add("b.jpg", invoice(**LOW, code="14403190911"))
    malformed = view_of(desk.load("incoming/b.jpg"), 1, "en")
    assert malformed.target == "code"
    assert target_of([]) == "number"


def test_a_place_takes_no_digits(desk: MemoryDesk) -> None:
    low = {**RESULT["confidence"], "location": 0.1}
    desk.store.add("a.jpg", invoice(confidence=low))
    assert shown(desk).target == "number"


@pytest.mark.parametrize("confidence", [{}, {"number": float("nan")}, {"number": "0.9"}, None])
def test_a_confidence_that_is_none_is_doubtful(desk: MemoryDesk, confidence: object) -> None:
    entry = invoice() | {"confidence": confidence}
    desk.store.add("a.jpg", entry)
    number = field(shown(desk), "number")
    assert (number.percent, number.level) == (None, "bad")


def test_a_corrected_field_shows_the_text_that_was_read(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice(**LOW))
    desk.decide(Action.SAVE, texts={"number": "91234567"})
    number = field(shown(desk), "number")
    assert (number.text, number.read, number.level) == ("91234567", "91234561", "good")
    assert shown(desk).verdict == "corrected"


def test_the_history_has_the_last_decision_first(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice())
    desk.decide(Action.SAVE, texts={"number": "91234567"}, reason="smudged")
    desk.decide(Action.UNDO, by="李雷")
    last, first = shown(desk).history
    assert (last.by, last.verdict, last.at) == ("李雷", "undone", "2026-11-26 08:00")
    assert last.changes == [("invoice number", "91234567", "91234561")]
    assert (first.verdict, first.reason) == ("corrected", "smudged")
    assert not shown(desk).can_undo


def test_findings_are_sentences_in_the_language_and_serious_ones_come_first() -> None:
    found = invoice(number="9123456", confidence={**RESULT["confidence"], "code": 0.2})
    for language, word in (("zh", "发票号码"), ("en", "number")):
        views = finding_views(found["findings"], language)
        assert [each.level for each in views] == ["bad", "doubtful", "info"]
        assert word in views[0].sentence


def test_a_finding_of_schema_1_has_one_text() -> None:
    finding = {"code": "old", "severity": "doubt", "message": "check it"}
    [shown_finding] = finding_views([finding], "zh")
    assert shown_finding.sentence == "check it"


def test_the_invoices_of_one_image_have_their_polygons(desk: MemoryDesk) -> None:
    corners = [[0, 0], [9, 0], [9, 9], [0, 9]]
    places: list[dict[str, Any]] = [
        {"page": 1, "polygon": corners},
        {"page": 1, "polygon": None},
        {"page": 2},
    ]
    desk.store.add("a.jpg", *(invoice() | place for place in places))
    view = shown(desk, 2)
    assert [(each.place, each.is_present) for each in view.siblings] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert [each.polygon for each in view.polygons] == [corners]
    assert view.next_place == FIRST_BY_HAND


@pytest.mark.parametrize("polygon", ["<script>", [["1", "2"]], [[1, 2, 3]], [[1.5, 2]], [], {}])
def test_a_polygon_of_another_form_is_not_shown(desk: MemoryDesk, polygon: object) -> None:
    desk.store.add("a.jpg", invoice() | {"polygon": polygon})
    assert shown(desk).polygons == []


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_shown_and_stays_unchanged_when_it_is_saved(
    desk: MemoryDesk, text: str
) -> None:
    desk.store.add("a.jpg", invoice(location=text, number=text))
    view = shown(desk)
    typed = {each.name: each.text for each in view.fields}
    codes = tuple(each.code for each in view.findings)
    desk.decide(Action.SAVE, texts=typed, accepted=codes)
    assert shown(desk).verdict == "confirmed"


def test_signs_that_nobody_sees_are_visible_in_names(desk: MemoryDesk) -> None:
    key = desk.store.add("gpj\u202eexe.jpg", invoice())
    assert view_of(desk.load(key), 1, "en").name == "gpj[U+202E]exe.jpg"


def test_the_first_appearance_is_compared_side_by_side(desk: MemoryDesk) -> None:
    desk.store.add("first.jpg", invoice(number="91234562"), invoice(amount="￥20.00"))
    desk.store.add("a.jpg", invoice(), second=5)

    def appearances(*_: str) -> list[Position]:
        return [Position("incoming/first.jpg", 2), Position(KEY, 1)]

    record = with_duplicates(desk.load().effective(), KEY, appearances)
    [own] = record["invoices"]
    assert own["duplicate_of"] == "incoming/first.jpg"
    twin = twin_of(own, desk.load("incoming/first.jpg"), "en")
    assert twin.place == 2
    assert [(text, is_same) for _, text, is_same in twin.texts] == [
        ("144031909110", True),
        ("91234561", True),
        ("广东省深圳市", True),
        ("￥20.00", False),
    ]


def test_a_duplicate_that_the_index_does_not_know_stays_as_recorded(desk: MemoryDesk) -> None:
    desk.store.add("a.jpg", invoice() | {"duplicate_of": "incoming/first.jpg"})
    record = with_duplicates(desk.load().effective(), KEY, lambda *_: [])
    assert record["invoices"][0]["duplicate_of"] == "incoming/first.jpg"
    itself = with_duplicates(desk.load().effective(), KEY, lambda *_: [Position(KEY, 1)])
    assert itself["invoices"][0]["duplicate_of"] is None
