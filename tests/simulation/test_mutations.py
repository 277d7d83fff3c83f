"""The simulation finds each rule of the function missing that is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from quota_invoice.obs.objects import Source
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.recognition.breaker import CircuitBreaker
from quota_invoice.recognition.pages import Pages
from quota_invoice.records.appearances import AppearanceIndex, _Other
from quota_invoice.sweep.round import Round
from quota_invoice.sweep.sweeper import Sweeper
from tests.simulation.history import History
from tests.simulation.plans import make_plan
from tests.simulation.rules.checks import violations
from tests.simulation.shrinking import report, shrunk

MOST_HISTORIES = 2000
# The search for histories that break rare rules begins shortly before the first one.
UNCONFIRMED, UNNOTED = 20, 23
BY_THE_ETAG, FAILED_LATE, OTHER_CONTENT, FORGETFUL = 188, 129, 206, 226


def first_found(first: int = 0) -> int | None:
    """Return the seed of the first history, from a seed on, that breaks a rule."""
    for seed in range(first, first + MOST_HISTORIES):
        history = History(make_plan(seed))
        history.run()
        if violations(history):
            return seed
    return None


def test_a_record_that_is_written_without_confirming_the_content_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pipeline, "_confirm", lambda _, source: source)
    assert first_found(UNCONFIRMED) is not None


def test_a_confirmation_by_the_etag_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    confirm = Pipeline._confirm  # noqa: SLF001 - the rule that is taken away

    def by_etag(pipeline: Pipeline, source: Source) -> Source | None:
        current = confirm(pipeline, source)
        return source if current and current.etag == source.etag else current

    monkeypatch.setattr(Pipeline, "_confirm", by_etag)
    assert first_found(BY_THE_ETAG) is not None


def test_a_sweep_that_trusts_new_records_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Round, "since", "")
    assert first_found(2821) is not None  # no earlier history has such a write


def test_a_failure_that_does_not_yield_to_a_record_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(pipeline: Any, source: Source, record: Mapping[str, Any]) -> Outcome:
        failure_key = pipeline._layout.failure_key(source.key)  # noqa: SLF001 - as above
        pipeline._store.write(source.bucket, failure_key, record)  # noqa: SLF001 - as above
        return Outcome.FAILED

    monkeypatch.setattr(Pipeline, "_write_failure", write)
    assert first_found(FAILED_LATE) is not None


def test_pages_of_a_pdf_that_are_not_kept_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pages, "keep", lambda _: False)
    assert first_found() is not None


def test_kept_pages_that_are_not_compared_with_the_content_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Pages.load

    def load_any(pages: Any) -> None:
        store, source = pages._store, pages._source  # noqa: SLF001 - as above

        def read_any(bucket: str, key: str) -> dict[str, Any] | None:
            kept = store.read(bucket, key)
            return kept and {**kept, "etag": source.etag}

        # This object alone: other threads load pages meanwhile.
        pages._store = SimpleNamespace(read=read_any)  # noqa: SLF001 - as above
        load(pages)
        pages._store = store  # noqa: SLF001 - as above

    monkeypatch.setattr(Pages, "load", load_any)
    assert first_found(OTHER_CONTENT) is not None


def test_a_circuit_breaker_that_never_opens_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CircuitBreaker, "__enter__", lambda _: None)
    assert first_found() is not None


def test_a_sweep_that_forgets_its_attempts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sweeper, "_postpone", lambda *_: None)
    assert first_found(FORGETFUL) is not None


def test_an_appearance_that_is_not_noted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(index: AppearanceIndex, source: Source, record: dict[str, Any]) -> dict[str, Any]:
        del source
        return index.derive(record)

    monkeypatch.setattr(AppearanceIndex, "add", add)
    assert first_found(UNNOTED) is not None


def test_an_index_that_is_listed_before_the_entry_is_written_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add = AppearanceIndex.add

    def list_first(
        index: AppearanceIndex, source: Source, record: dict[str, Any]
    ) -> dict[str, Any]:
        named = index.derive(record)
        add(index, source, record)
        return named

    monkeypatch.setattr(AppearanceIndex, "add", list_first)
    assert first_found(UNNOTED) is not None


def test_a_first_appearance_that_counts_without_its_object_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def counting(index: Any, bucket: str, itself: tuple[str, str], marker_key: str) -> Any:
        del itself
        marker = index._store.read(bucket, marker_key) or {}  # noqa: SLF001 - as above
        return _Other(marker["key"], has_record=True, is_duplicate=False)

    monkeypatch.setattr(AppearanceIndex, "_counting", counting)
    assert first_found() is not None


def test_a_failing_history_is_reported_with_few_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipeline, "_confirm", lambda _, source: source)
    seed = first_found(UNCONFIRMED)
    assert seed is not None
    plan = make_plan(seed)
    smaller = shrunk(plan)
    assert violations(smaller)
    assert len(smaller.plan.actions) < len(plan.actions)
    assert report(plan).startswith(f"SIMULATION_SEED={seed}\n")
