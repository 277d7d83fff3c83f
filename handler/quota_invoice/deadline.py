"""Time limits: the deadline of an invocation, and calls that must end in time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import NamedTuple, TypeVar

from quota_invoice.errors import OutOfTime

# All in seconds.
FOR_WRITING = 3.0  # kept at the end of an invocation, to write results before the platform ends it
FOR_GATEWAY = 1.0  # kept of a caller's time, for the way to the gateway and back
FOR_PAGE = 2.0  # kept of a listing's time, to return the page with the entries found so far
FOR_ONE_INPUT = 5.0  # a sweep starts another input only with this much time left
RETRIES_PER_INPUT = 30.0  # a sweep retries one input for this long at most
RETRIES_PER_CALLER = 10.0  # an API caller waits this long at most for retries
SHORTEST_REQUEST = 0.5  # a request with less time than this is not sent
_T = TypeVar("_T")


class Deadline(NamedTuple):
    """The time at which work must end, and an earlier one after which nothing is retried.

    The first attempt of a request may use all of the remaining time. Further attempts must begin
    before ``retries_end_at``, so that one input that fails repeatedly does not cost the others of
    its event their first attempt.

    Attributes:
        ends_at: end of the work, in seconds of ``clock``.
        retries_end_at: end of retries, in seconds of ``clock``; not later than ``ends_at``.
        clock: returns the present time; replaced in tests only.

    >>> deadline = Deadline.after(60, clock=lambda: 0.0)
    >>> deadline.reserve(3).remaining(), deadline.at_most(5).remaining()
    (57.0, 5.0)
    >>> shared = deadline.share(3)
    >>> shared.remaining(), shared.remaining_for_retries()
    (60.0, 20.0)
    """

    ends_at: float
    retries_end_at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """Return the deadline that lies so many seconds from now."""
        ends_at = clock() + seconds
        return cls(ends_at, ends_at, clock)

    @classmethod
    def never(cls) -> Deadline:
        """Return a deadline that is never reached."""
        return cls(math.inf, math.inf)

    def remaining(self) -> float:
        """Return the seconds left; zero or less once the deadline has passed."""
        return self.ends_at - self.clock()

    def remaining_for_retries(self) -> float:
        """Return the seconds left in which a further attempt may begin."""
        return self.retries_end_at - self.clock()

    def reserve(self, seconds: float) -> Deadline:
        """Return the deadline that keeps the last seconds for something else."""
        return Deadline(self.ends_at - seconds, self.retries_end_at - seconds, self.clock)

    def at_most(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and the one that lies so many seconds from now."""
        limit = self.clock() + seconds
        return Deadline(min(self.ends_at, limit), min(self.retries_end_at, limit), self.clock)

    def retries_at_most(self, seconds: float) -> Deadline:
        """Return the same deadline with retries for so many seconds from now at most."""
        limit = self.clock() + seconds
        return Deadline(self.ends_at, min(self.retries_end_at, limit), self.clock)

    def share(self, inputs: int) -> Deadline:
        """Return the deadline of one of several inputs: an equal share of the time for retries."""
        return self.retries_at_most(self.remaining() / inputs)


def run_with_timeout(seconds: float, call: Callable[[], _T]) -> _T:
    """Run a call in a thread and wait for its result.

    A call that is late goes on in its thread, and its result is dropped. So this is for work inside
    the function only, such as decoding an image or looking up a host name. Requests have bounds of
    their own (see ``sockets``): one that went on could write with another invocation's credentials.

    Raises:
        TimeoutError: the call took longer.
    """
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(seconds)
    except FutureTimeoutError:
        raise TimeoutError from None


def run_before(deadline: Deadline, call: Callable[[], _T]) -> _T:
    """Run a call that may use all the time until a deadline.

    Raises:
        OutOfTime: the call took longer.
    """
    try:
        return run_with_timeout(deadline.remaining(), call)
    except TimeoutError:
        raise OutOfTime(0.0) from None
