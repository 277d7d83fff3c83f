"""Retries: how often a failed request is sent again, and after which pauses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from quota_invoice.deadline import SHORTEST_REQUEST, Deadline
from quota_invoice.errors import OutOfTime, QuotaInvoiceError

_LONGEST_PAUSE = 20.0  # seconds; rate limits are counted per minute
_T = TypeVar("_T")


def retry(
    call: Callable[[], _T], deadline: Deadline, sleep: Callable[[float], None] = time.sleep
) -> tuple[_T, int]:
    """Run a call until it succeeds, its error allows no further attempt, or time runs out.

    Pauses grow from the error's ``pause``, with jitter, so that instances that met one rate limit
    do not meet it again together. A pause is never shorter than the service's ``Retry-After``.

    Args:
        call: sends one request.
        deadline: no further attempt begins when its time for retries has run out.
        sleep: waits for so many seconds.

    Returns:
        The call's result, and the number of attempts.

    Raises:
        QuotaInvoiceError: the error of the last request; it has the number of ``attempts``.
    """
    try:
        return call(), 1
    except QuotaInvoiceError as error:
        error.attempts = 1
        if error.tries == 1:
            raise
        first = [error]
    failures: list[QuotaInvoiceError] = []
    # Imported when first needed: the import takes as long as a few requests.
    from tenacity import RetryCallState, Retrying, retry_if_exception_type  # noqa: PLC0415
    from tenacity.wait import wait_random_exponential  # noqa: PLC0415

    def attempt() -> _T:
        if first:
            raise first.pop()
        return call()

    def failure(state: RetryCallState) -> QuotaInvoiceError:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, QuotaInvoiceError)  # noqa: S101 - no other error is retried
        return error

    def wait(state: RetryCallState) -> float:
        error = failure(state)
        grown = wait_random_exponential(2 * error.pause, _LONGEST_PAUSE, min=error.pause)
        return max(grown(state), error.retry_after)

    def stop(state: RetryCallState) -> bool:
        error = failure(state)
        error.attempts = state.attempt_number
        failures.append(error)
        alike = sum(type(earlier) is type(error) for earlier in failures)
        left = deadline.remaining_for_retries()
        return state.upcoming_sleep + SHORTEST_REQUEST > left or alike >= error.tries

    retrying = Retrying(
        retry=retry_if_exception_type(QuotaInvoiceError),
        wait=wait,
        stop=stop,
        sleep=sleep,
        reraise=True,
    )
    try:
        result = retrying(attempt)
    except OutOfTime:
        # The pause took longer than planned, and no request was sent: the one before tells why.
        raise failures[-2] from None
    return result, int(retrying.statistics["attempt_number"])
