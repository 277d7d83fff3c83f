"""Asynchronous invocations: queued, tried again where configured, and told of when they fail.

submit ──▶ queue ──▶ a try ──▶ answered: the future has the result
             ▲          │
             │          ├─ no instance, discards ──▶ nothing at all: the future is cancelled
             │          ▼
             └─ back-off, while tries are left
                        ▼
none left, or too old ──▶ failure destination; the future has the error
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from local.runtime.destination import failure
from local.runtime.errors import Discarded, FunctionError
from local.runtime.function import AsyncConfig
from local.runtime.tally import Tally


@dataclass
class _Job:
    """An event on its way through the queue; ``born`` is when it came, on the queue's clock."""

    event: object
    request_id: str
    born: float
    begun: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat())
    future: Future[Any] = field(default_factory=Future)
    tries: int = 0
    error: Exception | None = None


class AsyncQueue:
    """Tries events on threads of its own until they are answered or given up.

    Args:
        invoke: tries an event under a request id; raises what the function raised, or `Discarded`.
        workers: how many tries may be under way at once.
        urn: the function's, for the failure destination.
        config: how often and for how long to try.
        counts: is told of each event that ``succeeded``, was ``retried``, ``failed`` for good, or
            ``expired``, which is a way to fail.
        clock: seconds that pass.
    """

    def __init__(  # noqa: PLR0913 - what a queue takes
        self,
        invoke: Callable[[object, str], Any],
        *,
        workers: int,
        urn: str,
        config: AsyncConfig,
        counts: Tally,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._invoke = invoke
        self._urn = urn
        self._config = config
        self._counts = counts
        self._clock = clock
        self._due: list[tuple[float, int, _Job]] = []
        self._sequence = itertools.count()  # what is due at the same time goes in its order
        self._active = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"invocation-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, event: object, request_id: str, delay: float = 0.0) -> Future[Any]:
        """Take an event, which gets here after `delay` seconds.

        Returns:
            What becomes of it. Cancelled if nobody will ever hear of it: it was discarded, or the
            queue was closed.
        """
        job = _Job(event, request_id, self._clock() + delay)
        self._push(job, job.born)
        return job.future

    def settled(self, seconds: float) -> bool:
        """Wait until nothing is queued or under way; tell whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._active, seconds)

    def close(self) -> None:
        """Take no more events and drop those that wait."""
        with self._changed:
            self._closed = True
            dropped, self._due = self._due, []
            self._changed.notify_all()
        for _, _, job in dropped:
            _drop(job.future)

    def join(self) -> None:
        """Wait for tries under way, after `close`."""
        for thread in self._threads:
            thread.join()

    def _push(self, job: _Job, due: float) -> None:
        with self._changed:
            if not self._closed:
                heapq.heappush(self._due, (due, next(self._sequence), job))
                self._changed.notify_all()
                return
        _drop(job.future)

    def _work(self) -> None:
        while job := self._next():
            self._try(job)
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _next(self) -> _Job | None:
        """Wait for an event that is due; None at the end."""
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - self._clock() if self._due else None
                if wait is not None and wait <= 0:
                    self._active += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
            return None

    def _try(self, job: _Job) -> None:
        if self._clock() - job.born > self._config.event_age:
            self._counts.add("expired")
            self._fail(job, "EventAgeExceeded")
            return
        job.tries += 1
        try:
            answer = self._invoke(job.event, job.request_id)
        except Discarded:
            _drop(job.future)
        except Exception as error:  # noqa: BLE001 - whatever ends a try, the next one may do better
            job.error = error
            self._again(job)
        else:
            self._counts.add("succeeded")
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(answer)

    def _again(self, job: _Job) -> None:
        if self._closed:  # it did not fail: its instance was stopped
            _drop(job.future)
        elif job.tries > self._config.retries:
            self._fail(job, "RetriesExhausted")
        else:
            self._counts.add("retried")
            pause = self._config.backoff * 2 ** (job.tries - 1)
            self._push(job, self._clock() + pause)

    def _fail(self, job: _Job, condition: str) -> None:
        self._counts.add("failed")
        error = job.error or FunctionError(condition, "the event was too old for a first try")
        try:
            if self._config.on_failure:
                context = {
                    "request_id": job.request_id,
                    "function_urn": self._urn,
                    "condition": condition,
                    "approximate_invoke_count": job.tries,
                }
                self._config.on_failure(failure(job.begun, context, job.event, error))
        except Exception as broken:  # noqa: BLE001 - whoever watches hears that nobody else did
            error = broken
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(error)


def _drop(future: Future[Any]) -> None:
    future.cancel()
    future.set_running_or_notify_cancel()  # wakes those who wait for it
