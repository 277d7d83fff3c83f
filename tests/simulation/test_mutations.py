"""The simulation finds each rule of the function missing that is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from quota_invoice.obs.objects import Source
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.recognition.pages import Pages
from quota_invoice.sweep.round import Round
from tests.simulation.checks import violations
from tests.simulation.history import History
from tests.simulation.plans import make_plan

MOST_HISTORIES = 2000


def found_within(histories: int) -> bool:
    """Whether one of the first histories breaks a rule."""
    for seed in range(histories):
        history = History(make_plan(seed))
        history.run()
        if violations(history):
            return True
    return False


def test_a_record_that_is_written_without_confirming_the_content_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pipeline, "_confirm", lambda _, source: source)
    assert found_within(MOST_HISTORIES)


def test_a_confirmation_by_the_etag_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    confirm = Pipeline._confirm  # noqa: SLF001 - the rule that is taken away

    def by_etag(pipeline: Pipeline, source: Source) -> Source | None:
        current = confirm(pipeline, source)
        return source if current and current.etag == source.etag else current

    monkeypatch.setattr(Pipeline, "_confirm", by_etag)
    assert found_within(MOST_HISTORIES)


def test_a_sweep_that_trusts_new_records_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Round, "since", "")
    assert found_within(MOST_HISTORIES)


def test_a_failure_that_does_not_yield_to_a_record_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(pipeline: Any, source: Source, record: Mapping[str, Any]) -> Outcome:
        failure_key = pipeline._layout.failure_key(source.key)  # noqa: SLF001 - as above
        pipeline._store.write(source.bucket, failure_key, record)  # noqa: SLF001 - as above
        return Outcome.FAILED

    monkeypatch.setattr(Pipeline, "_write_failure", write)
    assert found_within(MOST_HISTORIES)


def test_pages_of_a_pdf_that_are_not_kept_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pages, "keep", lambda _: False)
    assert found_within(MOST_HISTORIES)
