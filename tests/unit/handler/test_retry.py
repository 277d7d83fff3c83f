"""Trying again: how often, after which pauses, and within which time."""

from __future__ import annotations

import pytest

from quota_invoice.errors import (
    ImageRefused,
    NotRecognized,
    QuotaInvoiceError,
    RateLimited,
    ServiceRefused,
    ServiceUnavailable,
)
from quota_invoice.retry import persist


class Service:
    """Fails with each error in turn, then succeeds; time passes by its pauses alone."""

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

    def persist(self) -> tuple[str, int]:
        return persist(self.call, lambda: self.seconds - sum(self.pauses), self.pauses.append)


def unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("ModelArts.4502", "response")


def limited(retry_after: float = 0) -> RateLimited:
    error = RateLimited("APIG.0308", "limit")
    error.retry_after = retry_after
    return error


def test_a_call_that_succeeds_is_made_once() -> None:
    service = Service()
    assert service.persist() == ("done", 1)
    assert service.pauses == []


def test_what_may_pass_is_tried_again_after_growing_pauses() -> None:
    service = Service(*(unavailable() for _ in range(4)))
    assert service.persist() == ("done", 5)
    assert service.calls == 5
    for number, pause in enumerate(service.pauses):
        assert 0.5 <= pause <= 2**number


def test_a_limit_by_the_minute_is_left_alone_for_longer() -> None:
    service = Service(limited(), limited())
    assert service.persist() == ("done", 3)
    assert 2.5 <= service.pauses[0] <= 5
    assert 2.5 <= service.pauses[1] <= 10


def test_the_service_is_left_alone_as_long_as_it_asked() -> None:
    service = Service(limited(retry_after=42))
    assert service.persist() == ("done", 2)
    assert service.pauses == [42]


@pytest.mark.parametrize(
    "error", [ServiceRefused("APIG.0301", "keys"), ImageRefused("AIS.0102", "format")]
)
def test_what_will_not_pass_is_tried_once(error: QuotaInvoiceError) -> None:
    service = Service(error)
    with pytest.raises(type(error)):
        service.persist()
    assert (service.calls, service.pauses) == (1, [])


def test_a_failed_recognition_is_tried_once_more_and_then_believed() -> None:
    service = Service(*(NotRecognized("AIS.0105", "failed") for _ in range(3)))
    with pytest.raises(NotRecognized):
        service.persist()
    assert service.calls == 2


def test_no_pause_goes_beyond_the_time_that_is_left() -> None:
    service = Service(*(limited() for _ in range(50)), seconds=12)
    with pytest.raises(RateLimited):
        service.persist()
    assert sum(service.pauses) < 12
    assert service.calls >= 2


def test_another_error_on_the_way_has_its_own_consequence() -> None:
    service = Service(unavailable(), ServiceRefused("APIG.0301", "keys"))
    with pytest.raises(ServiceRefused):
        service.persist()
    assert service.calls == 2
