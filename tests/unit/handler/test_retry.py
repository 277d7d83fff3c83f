"""Retries and deadlines: number of attempts, pauses, time."""

from __future__ import annotations

import random
import threading

import pytest

from quota_invoice.deadline import (
    SHORTEST_REQUEST,
    Deadline,
    run_before,
    run_with_timeout,
)
from quota_invoice.errors import (
    ImageRefused,
    NotRecognized,
    OutOfTime,
    QuotaInvoiceError,
    RateLimited,
    ServiceRefused,
    ServiceUnavailable,
)
from quota_invoice.retry import retry


class Service:
    """Fails with each error in turn, then succeeds; only pauses take time."""

    def __init__(self, *errors: QuotaInvoiceError, seconds: float = 100) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.pauses: list[float] = []
        self.seconds = seconds

    def call(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def retry(self) -> tuple[str, int]:
        deadline = Deadline(self.seconds, self.seconds, clock=lambda: sum(self.pauses))
        return retry(self.call, deadline, self.pauses.append)


def unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("ModelArts.4502", "response")


def limited(retry_after: float = 0) -> RateLimited:
    error = RateLimited("APIG.0308", "limit")
    error.retry_after = retry_after
    return error


def test_a_call_that_succeeds_is_made_once() -> None:
    service = Service()
    assert service.retry() == ("done", 1)
    assert service.pauses == []


def test_temporary_errors_are_retried_after_growing_pauses() -> None:
    service = Service(*(unavailable() for _ in range(4)))
    assert service.retry() == ("done", 5)
    assert service.calls == 5
    for number, pause in enumerate(service.pauses):
        assert 0.5 <= pause <= 2**number


def test_the_first_pause_is_between_half_a_second_and_one() -> None:
    services = [Service(unavailable()) for _ in range(20)]
    pauses = [service.pauses[0] for service in services if service.retry()]
    assert 0.5 <= min(pauses) < max(pauses) <= 1


def test_a_rate_limit_has_longer_pauses() -> None:
    service = Service(limited(), limited())
    assert service.retry() == ("done", 3)
    assert 2.5 <= service.pauses[0] <= 5
    assert 2.5 <= service.pauses[1] <= 10


def test_retry_after_is_waited_for() -> None:
    service = Service(limited(retry_after=42))
    assert service.retry() == ("done", 2)
    assert service.pauses == [42]


@pytest.mark.parametrize(
    "error", [ServiceRefused("APIG.0301", "keys"), ImageRefused("AIS.0102", "format")]
)
def test_permanent_errors_are_not_retried(error: QuotaInvoiceError) -> None:
    service = Service(error)
    with pytest.raises(type(error)):
        service.retry()
    assert (service.calls, service.pauses) == (1, [])


def test_a_failed_recognition_is_retried_once() -> None:
    service = Service(*(NotRecognized("AIS.0105", "failed") for _ in range(3)))
    with pytest.raises(NotRecognized):
        service.retry()
    assert service.calls == 2


def test_no_pause_exceeds_the_remaining_time() -> None:
    service = Service(*(limited() for _ in range(50)), seconds=12)
    with pytest.raises(RateLimited):
        service.retry()
    assert sum(service.pauses) < 12
    assert service.calls >= 2


def test_a_different_error_in_a_retry_has_its_own_consequence() -> None:
    service = Service(unavailable(), ServiceRefused("APIG.0301", "keys"))
    with pytest.raises(ServiceRefused):
        service.retry()
    assert service.calls == 2


def test_attempts_are_counted_for_each_error() -> None:
    service = Service(unavailable(), unavailable(), NotRecognized("AIS.0105", "failed"))
    service.retry()
    assert service.calls == 4


def test_a_pause_is_made_only_if_a_request_fits_behind_it() -> None:
    fits = Service(limited(retry_after=42), seconds=42 + SHORTEST_REQUEST)
    assert fits.retry() == ("done", 2)
    too_long = Service(limited(retry_after=42), seconds=41.9 + SHORTEST_REQUEST)
    with pytest.raises(RateLimited):
        too_long.retry()
    assert (too_long.calls, too_long.pauses) == (1, [])


def test_a_pause_that_took_too_long_hides_no_error() -> None:
    service = Service(unavailable(), limited(), OutOfTime(0.3))
    with pytest.raises(RateLimited) as caught:
        service.retry()
    assert (service.calls, caught.value.attempts) == (3, 2)


def test_a_first_attempt_without_time_says_so() -> None:
    with pytest.raises(OutOfTime):
        Service(OutOfTime(0.3)).retry()


def test_pauses_grow_to_twenty_seconds() -> None:
    random.seed(1)
    service = Service(*(limited() for _ in range(200)), seconds=10_000)
    assert service.retry() == ("done", 201)
    assert 19.5 < max(service.pauses) <= 20
    assert 2.5 <= min(service.pauses) < 3.5


def test_an_earlier_end_of_work_also_ends_retries() -> None:
    deadline = Deadline(60.0, 40.0, clock=lambda: 10.0)
    assert deadline.at_most(20)[:2] == (30.0, 30.0)
    assert deadline.at_most(35)[:2] == (45.0, 40.0)
    assert deadline.reserve(3)[:2] == (57.0, 37.0)
    assert deadline.retries_at_most(5)[:2] == (60.0, 15.0)
    assert deadline.share(5)[:2] == (60.0, 20.0)
    assert Deadline.never().remaining() == float("inf")


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_the_error_of_a_call_in_a_thread_is_the_callers(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(error):
        run_with_timeout(10, fail)


def test_a_late_call_ends_in_time_and_does_not_keep_the_process() -> None:
    release = threading.Event()
    assert run_with_timeout(10, lambda: threading.current_thread().daemon)
    try:
        with pytest.raises(OutOfTime):
            run_before(Deadline.after(0.01), release.wait)
        with pytest.raises(TimeoutError):
            run_with_timeout(0.01, release.wait)
    finally:
        release.set()
