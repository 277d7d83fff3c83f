"""The queue of asynchronous invocations, and the random draws of the delivery faults."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from datetime import datetime
from typing import Any

import pytest

from local.runtime import AsyncConfig, DeliveryFaults, Discarded, FunctionError
from local.runtime.asynchronous import AsyncQueue
from local.runtime.tally import Tally

URN = "urn:fss:cn-north-4:project:function:default:name:latest"
LONG = 20.0  # seconds, more than any test takes

Invoke = Callable[[object, str], Any]


class Made:
    """A queue, its counts, and the messages to its failure destination."""

    def __init__(self, invoke: Invoke, workers: int, **config: Any) -> None:
        self.counts = Tally()
        self.failures: list[dict[str, Any]] = []
        self.skipped = 0.0  # seconds added to its clock
        config = {"backoff": 0.0, "on_failure": self.failures.append, **config}
        self.queue = AsyncQueue(
            invoke,
            workers=workers,
            urn=URN,
            config=AsyncConfig(**config),
            counts=self.counts,
            clock=lambda: time.monotonic() + self.skipped,
        )

    def submit(self, event: object, delay: float = 0.0) -> Future[Any]:
        return self.queue.submit(event, f"request-{event}", delay)

    def stop(self) -> None:
        self.queue.close()
        self.queue.join()


Make = Callable[..., Made]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Made] = []

    def queue_of(invoke: Invoke, workers: int = 1, **config: Any) -> Made:
        made.append(Made(invoke, workers, **config))
        return made[-1]

    before = set(threading.enumerate())
    yield queue_of
    for one in made:
        one.stop()
    assert not [
        thread for thread in set(threading.enumerate()) - before if "invocation" in thread.name
    ]


class Failing:
    """Fails a number of times, then returns the number of attempts."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.times = times
        self.error = error or FunctionError("OSError", "no route", ["line 1"])
        self.tried: list[tuple[object, str]] = []

    def __call__(self, event: object, request_id: str) -> int:
        self.tried.append((event, request_id))
        if len(self.tried) <= self.times:
            raise self.error
        return len(self.tried)


def test_an_event_that_succeeds_is_processed_once(make: Make) -> None:
    works = Failing(0)
    made = make(works, retries=3)
    assert made.submit("a").result(LONG) == 1
    assert made.queue.wait_until_idle(LONG)
    assert works.tried == [("a", "request-a")]
    assert made.counts == {"succeeded": 1}


@pytest.mark.parametrize("retries", [0, 1, 2, 3])
def test_after_the_configured_retries_the_failure_destination_gets_a_message(
    make: Make, retries: int
) -> None:
    broken = Failing(9)
    made = make(broken, retries=retries)
    with pytest.raises(FunctionError, match="no route"):
        made.submit("a").result(LONG)
    assert broken.tried == [("a", "request-a")] * (retries + 1)
    expected = {"retried": retries, "failed": 1} if retries else {"failed": 1}
    assert made.counts == expected
    (report,) = made.failures
    assert datetime.fromisoformat(report.pop("timestamp")).tzinfo
    assert report == {
        "request_context": {
            "request_id": "request-a",
            "function_urn": URN,
            "condition": "RetriesExhausted",
            "approximate_invoke_count": retries + 1,
        },
        "request_payload": "a",
        "response_context": {"status_code": 200, "function_error": "OSError"},
        "response_payload": {
            "errorMessage": "no route",
            "errorType": "OSError",
            "stackTrace": ["line 1"],
        },
    }


def test_an_event_that_succeeds_in_the_end_is_no_failure(make: Make) -> None:
    made = make(Failing(3), retries=3)
    assert made.submit("a").result(LONG) == 4
    assert made.failures == []
    assert made.counts == {"retried": 3, "succeeded": 1}


def test_errors_outside_the_function_are_retried_too(make: Make) -> None:
    made = make(Failing(9, OSError("no credentials")), retries=1)
    with pytest.raises(OSError, match="no credentials"):
        made.submit("a").result(LONG)
    assert made.failures[0]["response_payload"] == {
        "errorMessage": "no credentials",
        "errorType": "OSError",
        "stackTrace": [],
    }


def test_an_event_that_is_too_old_is_not_retried(make: Make) -> None:
    tried: list[object] = []

    def invoke(event: object, _request_id: str) -> None:
        tried.append(event)
        made.skipped = 61
        raise FunctionError("OSError", "no route")

    made = make(invoke, retries=3, event_age=60)
    with pytest.raises(FunctionError, match="no route"):
        made.submit("a").result(LONG)
    assert tried == ["a"]
    assert made.counts == {"retried": 1, "expired": 1, "failed": 1}
    context = made.failures[0]["request_context"]
    assert (context["condition"], context["approximate_invoke_count"]) == ("EventAgeExceeded", 1)


def test_an_event_that_waited_too_long_is_never_attempted(make: Make) -> None:
    tried: list[object] = []

    def invoke(event: object, _request_id: str) -> Future[Any]:
        tried.append(event)
        second = made.submit("b")
        made.skipped = 61
        return second

    made = make(invoke, event_age=60)
    second = made.submit("a").result(LONG)
    with pytest.raises(FunctionError, match="too old for a first attempt"):
        second.result(LONG)
    assert tried == ["a"]
    assert made.failures[0]["request_context"]["approximate_invoke_count"] == 0


def test_an_event_in_back_off_does_not_block_others(make: Make) -> None:
    def invoke(event: object, _request_id: str) -> object:
        if event == "a":
            raise FunctionError("OSError", "no route")
        return event

    made = make(invoke, retries=1, backoff=600)
    failing = made.submit("a")
    assert made.submit("b").result(LONG) == "b"
    assert made.counts == {"retried": 1, "succeeded": 1}
    assert not failing.done()


def test_the_back_off_grows(make: Make) -> None:
    began: list[float] = []

    def invoke(_event: object, _request_id: str) -> None:
        began.append(time.monotonic())
        raise FunctionError("OSError", "no route")

    wait([make(invoke, retries=3, backoff=0.05).submit("a")], LONG)
    pauses = [later - earlier for earlier, later in itertools.pairwise(began)]
    assert all(pause >= least for pause, least in zip(pauses, [0.05, 0.1, 0.2], strict=True))


def test_a_delayed_event_comes_after_later_ones(make: Make) -> None:
    made = make(lambda event, _: event)
    never, late = made.submit("a", 600), made.submit("b", 0.05)
    assert made.submit("c").result(LONG) == "c"
    assert late.result(LONG) == "b"
    assert not never.done()


def test_a_discarded_event_leaves_no_trace(make: Make) -> None:
    def invoke(_event: object, _request_id: str) -> None:
        raise Discarded

    made = make(invoke, retries=3)
    discarded = made.submit("a")
    with pytest.raises(CancelledError):
        discarded.result(LONG)
    assert wait([discarded], LONG).not_done == set()
    assert made.failures == []
    assert made.counts == {}


def test_an_error_of_the_destination_reaches_the_caller_and_the_next_event_succeeds(
    make: Make,
) -> None:
    def destination(_report: dict[str, Any]) -> None:
        raise OSError("the destination is full")

    made = make(Failing(1), on_failure=destination)
    with pytest.raises(OSError, match="is full"):
        made.submit("a").result(LONG)
    assert made.submit("b").result(LONG) == 2


def test_closing_drops_queued_events_and_ends_every_thread(make: Make) -> None:
    began, release = threading.Event(), threading.Event()

    def invoke(_event: object, _request_id: str) -> None:
        began.set()
        assert release.wait(LONG)
        raise FunctionError("FunctionExited", "its instance was stopped")

    made = make(invoke, retries=3)
    running, waiting, late = made.submit("a"), made.submit("b"), made.submit("c", 60)
    assert began.wait(LONG)
    assert not made.queue.wait_until_idle(0)
    made.queue.close()
    release.set()
    made.queue.join()
    after = made.submit("d")
    assert all(one.cancelled() for one in (running, waiting, late, after))
    assert made.failures == []
    assert made.queue.wait_until_idle(0)


@pytest.mark.parametrize(
    "wrong", [{"retries": 4}, {"retries": -1}, {"event_age": 0}, {"event_age": 86_401}]
)
def test_values_outside_the_platforms_limits_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AsyncConfig(**wrong)


def test_without_probabilities_no_fault_happens() -> None:
    delivery_faults = DeliveryFaults(1)
    assert [delivery_faults.copies() for _ in range(99)] == [[0.0]] * 99
    assert [delivery_faults.kill_after() for _ in range(99)] == [None] * 99
    assert delivery_faults.fired == {}


def test_faults_depend_only_on_the_seed_and_each_kind_is_independent() -> None:
    def drawn(seed: int, **kinds: float) -> list[list[float]]:
        delivery_faults = DeliveryFaults(seed, **kinds)
        return [delivery_faults.copies() for _ in range(200)]

    probabilities = {"duplicate": 0.3, "drop": 0.1, "reorder": 0.4}
    assert drawn(7, **probabilities) == drawn(7, **probabilities)
    assert drawn(7, **probabilities) != drawn(8, **probabilities)
    # The same events are duplicated with and without the other kinds.
    doubled = [len(delays) == 2 for delays in drawn(7, duplicate=0.3)]
    assert [
        alone
        for alone, delays in zip(doubled, drawn(7, duplicate=0.3, drop=0.1), strict=True)
        if delays
    ] == [len(delays) == 2 for delays in drawn(7, duplicate=0.3, drop=0.1) if delays]


def test_delivery_faults_are_counted() -> None:
    delivery_faults = DeliveryFaults(
        7, duplicate=0.3, drop=0.1, reorder=0.4, delay=2.0, kill=0.5, kill_within=3.0
    )
    drawn = [delivery_faults.copies() for _ in range(500)]
    assert delivery_faults.fired["drop"] == drawn.count([])
    assert delivery_faults.fired["duplicate"] == sum(len(delays) == 2 for delays in drawn)
    late = [delay for delays in drawn for delay in delays if delay]
    assert delivery_faults.fired["reorder"] == len(late)
    assert 0 < min(late) < max(late) <= 2.0
    assert min(delivery_faults.fired[kind] for kind in ("drop", "duplicate", "reorder")) > 20
    kills = [delivery_faults.kill_after() for _ in range(500)]
    assert 150 < kills.count(None) < 350
    assert max(after for after in kills if after is not None) <= 3.0
    assert delivery_faults.fired["kill"] == 0  # the runtime counts kills
