"""The histories with editors find each rule of reviews missing that is taken away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from quota_invoice.api import status
from quota_invoice.errors import StoreError
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.reviews import decide, effective, states
from quota_invoice.reviews.entry import ReviewEntry
from quota_invoice.reviews.states import InvoiceState
from quota_invoice.sweep.corrections import Corrections
from tests.simulation.editors.editor import Editor
from tests.simulation.editors.history import ReviewedHistory
from tests.simulation.editors.plans import make_plan
from tests.simulation.editors.rules import violations

MOST_HISTORIES = 2000


def first_found(text: str, first: int = 0) -> int | None:
    """Return the seed of the first history, from a seed on, that breaks a rule with these words.

    The search for a rare one begins shortly before the first seed that breaks the rule.
    """
    for seed in range(first, first + MOST_HISTORIES):
        history = ReviewedHistory(make_plan(seed))
        history.run()
        if any(text in each for each in violations(history)):
            return seed
    return None


def test_a_last_writer_who_wins_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def last(entries: list[ReviewEntry]) -> InvoiceState:
        return InvoiceState(entries[-1].decision, (entries[-1],), entries=tuple(entries))

    monkeypatch.setattr(states, "_state", last)
    assert first_found("does not hold, and no conflict is shown") is not None


def test_a_decision_that_applies_to_every_content_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    place = states._places  # noqa: SLF001 - the rule that is taken away

    def of_any_content(record: Any, entries: Iterable[ReviewEntry]) -> Any:
        etag = states.etag_of_record(record) or ""
        return place(record, [replace(entry, etag=etag) for entry in entries])

    monkeypatch.setattr(states, "_places", of_any_content)
    assert first_found("is of another paper or content", 67) is not None


def test_a_decision_that_applies_to_the_place_alone_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(states, "_place", lambda entry, _: entry.place)
    assert first_found("is of another paper or content", 615) is not None


def test_a_conflict_that_one_side_wins_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    state = states._state  # noqa: SLF001 - as above

    def one_side(entries: list[ReviewEntry]) -> InvoiceState:
        found = state(entries)
        return found._replace(decision=found.latest[-1].decision)

    monkeypatch.setattr(states, "_state", one_side)
    assert first_found("a value that nobody decided on before", 22) is not None


def test_an_order_by_the_clocks_of_the_editors_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    state = states._state  # noqa: SLF001 - as above

    def by_names(entries: list[ReviewEntry]) -> InvoiceState:
        found = state(entries)
        if not found.is_conflict:
            return found
        by_name = {entry.name: entry for entry in entries}
        before = [states._ancestors(entry, by_name) for entry in found.latest]  # noqa: SLF001
        common = set.intersection(*before)
        decision = by_name[max(common)].decision if common else found.decision
        return found._replace(decision=decision)

    monkeypatch.setattr(states, "_state", by_names)
    assert first_found("a value that nobody decided on before", 79) is not None


def test_a_conflict_that_asks_nobody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effective, "_NEVER_ACCEPTED", frozenset())
    assert first_found("or nobody is asked") is not None


def test_a_later_reading_that_asks_nobody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effective, "_doubted", lambda invoice: invoice)
    assert first_found("is on another reading, and nobody is asked", 127) is not None


def test_a_decision_with_an_older_revision_that_is_taken_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Editor, "is_current", staticmethod(lambda *_: True))
    assert first_found("entries that the page did not show") is not None


def test_entries_of_the_same_name_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "new_name", lambda now: f"{now:%Y%m%dT%H%M}00.000000Z-00000000")
    assert first_found("is not the decision that") is not None


def test_a_sweep_that_notes_no_corrections_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Corrections, "are_new", lambda *_: False)
    assert first_found("is not in the index") is not None


def test_a_sweep_that_forgets_the_corrections_that_it_could_not_note_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = Corrections.note

    def forgiving(corrections: Corrections, entry: Any) -> None:
        try:
            note(corrections, entry)
        except StoreError:
            corrections.has_failed = False

    monkeypatch.setattr(Corrections, "note", forgiving)
    assert first_found("is not in the index", 821) is not None


def test_an_api_that_compares_the_texts_that_were_read_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_read_texts(store: Any, layout: Any, reviewed: Any) -> AppearanceIndex:
        del reviewed
        return AppearanceIndex(store, layout)

    monkeypatch.setattr(status, "AppearanceIndex", of_read_texts)
    assert first_found(" repeats ", 20) is not None


def test_a_review_that_is_written_into_the_stored_record_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = Corrections.note

    def writing(corrections: Any, entry: Any) -> None:
        note(corrections, entry)
        key = corrections._layout.record_key(entry.key)  # noqa: SLF001 - as above
        record = corrections._store.read("invoices", key)  # noqa: SLF001 - as above
        if record:
            corrections._store.write("invoices", key, {**record, "review": {}})  # noqa: SLF001

    monkeypatch.setattr(Corrections, "note", writing)
    assert first_found("the stored record has a review") is not None
