"""The soak's count of OCR calls: each repeated call has one of the listed causes, or none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from bench.soak.ocr_calls import UNEXPLAINED, Times, count_ocr_calls
from local.faults import LATE, Exchange
from tests.unit.bench.soak.exchanges import FORMER, call, check, identify, log_of, put

TIMEOUT = 5.0


def causes_of(*exchanges: Exchange, kills: Times = (), again: Times = ()) -> Counter[str]:
    total, causes, _ = count_ocr_calls(log_of(*exchanges), kills, again, TIMEOUT)
    assert total == sum(one.operation == "recognize" for one in exchanges)
    return causes


def begin(at: float, caller: str = "A", etag: str = "e") -> tuple[Exchange, Exchange]:
    """The first requests of an invocation."""
    return identify(at, caller, etag), check(at + 0.2, caller)


def test_the_first_call_needs_no_cause() -> None:
    assert causes_of(*begin(1), call(2), put(3)) == {}


def test_the_first_call_for_a_new_content_needs_no_cause() -> None:
    former = *begin(1, "A", FORMER), call(2), put(3, FORMER)
    assert causes_of(*former, *begin(4, "B"), call(5, "B"), put(6, caller="B")) == {}


def test_a_fault_explains_a_repeated_call() -> None:
    assert causes_of(*begin(1), call(2, fault="cut"), call(3)) == {"fault: recognize": 1}


def test_a_fault_does_not_explain_a_call_for_a_content_that_had_its_record() -> None:
    first = *begin(1), call(2, fault="cut"), put(3)
    assert causes_of(*first, *begin(4, "B"), call(5, "B")) == {UNEXPLAINED: 1}


def test_a_kill_explains_a_repeated_call() -> None:
    exchanges = *begin(1), call(2), *begin(4, "B"), call(5, "B")
    assert causes_of(*exchanges, kills=[(1.9, 2.1)]) == {"kill": 1}
    assert causes_of(*exchanges, kills=[(0.8, 0.9)]) == {UNEXPLAINED: 1}


def test_a_response_after_the_timeout_explains_a_repeated_call() -> None:
    assert causes_of(*begin(1), call(2, served=8.0), call(7.1)) == {"timeout": 1}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_call_that_a_busy_or_failing_service_refused_explains_a_repeated_call(
    status: int,
) -> None:
    assert causes_of(*begin(1), call(2, status=status), call(3)) == {"refused": 1}


@pytest.mark.parametrize("status", [200, 400, 403])
def test_an_answer_about_the_image_or_the_account_explains_no_repeated_call(status: int) -> None:
    assert causes_of(*begin(1), call(2, status=status), call(3)) == {UNEXPLAINED: 1}


def test_a_call_is_concurrent_if_its_invocation_began_before_the_previous_one_ended() -> None:
    exchanges = *begin(1), *begin(1.5, "B"), call(2), put(3), call(4, "B")
    assert causes_of(*exchanges) == {"concurrent": 1}


def test_a_call_without_any_cause_is_unexplained() -> None:
    assert causes_of(*begin(1), call(2), *begin(4, "B"), call(5, "B")) == {UNEXPLAINED: 1}
    assert causes_of(*begin(1), call(2), call(3)) == {UNEXPLAINED: 1}


def test_a_call_is_unexplained_if_a_record_existed_even_after_a_kill() -> None:
    exchanges = *begin(1), call(2), put(3), *begin(4, "B"), call(5, "B")
    assert causes_of(*exchanges, kills=[(3.4, 3.5)]) == {UNEXPLAINED: 1}


def test_a_late_write_that_replaced_the_record_explains_a_repeated_call() -> None:
    late: dict[str, Any] = {"fault": LATE, "served": 8.0}
    former = *begin(0, "A", FORMER), call(0.5), put(1, FORMER, **late)
    present = *begin(2, "B"), call(3, "B"), put(4, caller="B")
    sweep = *begin(9, "C"), call(10, "C")
    assert causes_of(*former, *present, *sweep) == {"late write": 1}


def test_a_failure_that_is_read_again_is_explained_by_the_sweep_that_does_so() -> None:
    exchanges = *begin(1), call(2), put(3, status="failed"), *begin(9, "B"), call(10, "B")
    assert causes_of(*exchanges, again=((8.0, 12.0),)) == {"retry_failed": 1}
    assert causes_of(*exchanges) == {UNEXPLAINED: 1}


def test_calls_with_bytes_need_faults_of_fetches() -> None:
    with_bytes = call(3)
    with_bytes.key = ""
    first, fetch = call(2), call(2.1, fault="cut")
    fetch.operation = "fetch"
    assert count_ocr_calls(log_of(first, fetch, with_bytes), (), (), TIMEOUT)[1] == {
        "fault: fetch": 1
    }
    assert count_ocr_calls(log_of(first, with_bytes), (), (), TIMEOUT)[1] == {UNEXPLAINED: 1}
