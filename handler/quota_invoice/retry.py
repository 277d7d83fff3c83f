"""Time: trying again as long as there is some, and waiting no longer than there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from quota_invoice.errors import OutOfTime, QuotaInvoiceError

LEAST_SECONDS = 0.5  # with less than that there is no use in asking
_LONGEST_PAUSE = 20.0  # seconds; the limits that make us wait are counted by the minute
_T = TypeVar("_T")


def persist(
    call: Callable[[], _T],
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[_T, int]:
    """Make a call until it succeeds, its error is not worth another try, or time runs out.

    Pauses grow from the error's own, with jitter, so that many instances that met one limit do not
    meet it again together; what the service asked for is waited in any case.

    Args:
        call: what to do.
        seconds_left: for this call, its pauses and further tries, as of now.
        sleep: waits so many seconds.

    Returns:
        What the call gave, and how many tries it took.

    Raises:
        QuotaInvoiceError: of the last try.
    """
    try:
        return call(), 1
    except QuotaInvoiceError as error:
        if error.tries == 1:
            raise
        first = [error]
    # Imported when first needed: it takes as long as a few requests.
    from tenacity import RetryCallState, Retrying, retry_if_exception_type  # noqa: PLC0415
    from tenacity.wait import wait_random_exponential  # noqa: PLC0415

    def replayed() -> _T:
        if first:
            raise first.pop()
        return call()

    def failure(state: RetryCallState) -> QuotaInvoiceError:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, QuotaInvoiceError)  # noqa: S101 - nothing else is tried again
        return error

    def wait(state: RetryCallState) -> float:
        error = failure(state)
        grown = wait_random_exponential(2 * error.pause, _LONGEST_PAUSE, min=error.pause)
        return max(grown(state), error.retry_after)

    def stop(state: RetryCallState) -> bool:
        error = failure(state)
        no_time = state.upcoming_sleep + LEAST_SECONDS > seconds_left()
        return no_time or state.attempt_number >= error.tries

    retrying = Retrying(
        retry=retry_if_exception_type(QuotaInvoiceError),
        wait=wait,
        stop=stop,
        sleep=sleep,
        reraise=True,
    )
    value = retrying(replayed)
    return value, int(retrying.statistics["attempt_number"])


def within(seconds: float, call: Callable[[], _T]) -> _T:
    """Make a call that must end in time, whatever it waits for.

    A time-out of a request starts anew with every byte that comes; here the clock runs once. A call
    that is too late goes on in its thread, and what it gives is dropped.

    Raises:
        TimeoutError: it was too late.
    """
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was made
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(seconds)
    except FutureTimeoutError:
        raise TimeoutError from None


def in_time(seconds: float, call: Callable[[], _T]) -> _T:
    """Make a call as ``within`` does, for which there is no other time than that.

    Raises:
        OutOfTime: it was too late.
    """
    try:
        return within(seconds, call)
    except TimeoutError:
        raise OutOfTime(0.0) from None
