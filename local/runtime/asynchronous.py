"""Asynchronous invocations: queued, retried as configured, reported when they fail.

submit ──▶ queue ──▶ attempt ──▶ success: the future has the result
             ▲          │
             │          ├─ no instance is free, and excess is discarded ──▶ the future is cancelled
             │          ▼
             └─ back-off, while retries are left
                        ▼
no retries left, or too old ──▶ failure destination; the future has the error
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from local.runtime.errors import Discarded, FunctionError
from local.runtime.function import AsyncConfig
from local.runtime.job import Job
from local.runtime.tally import Tally


class AsyncQueue:
    """Processes events in worker threads until they succeed or fail finally.

    Args:
        invoke: invokes the function with an event and a request id; raises its error or
            ``Discarded``.
        workers: maximum number of concurrent attempts.
        urn: the function's URN, for the failure destination.
        config: retries and maximum age of events.
        counts: counts the events that ``succeeded``, were ``retried``, ``failed`` finally, or
            ``expired`` (and so failed).
        clock: monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 - the settings of a queue
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
        self._due: list[tuple[float, int, Job]] = []
        self._sequence = itertools.count()  # keeps the order of jobs that are due together
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
        """Add an event, which arrives after ``delay`` seconds.

        Returns:
            The future result; cancelled if the event is discarded or the queue is closed.
        """
        job = Job(event, request_id, self._clock() + delay)
        self._push(job, job.created)
        return job.future

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until the queue is empty and no attempt is running; return False on timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._active, seconds)

    def close(self) -> None:
        """Accept no more events and drop the queued ones."""
        with self._changed:
            self._closed = True
            dropped, self._due = self._due, []
            self._changed.notify_all()
        for _, _, job in dropped:
            job.cancel()

    def join(self) -> None:
        """Wait for the running attempts, after ``close``."""
        for thread in self._threads:
            thread.join()

    def _push(self, job: Job, due: float) -> None:
        with self._changed:
            if not self._closed:
                heapq.heappush(self._due, (due, next(self._sequence), job))
                self._changed.notify_all()
                return
        job.cancel()

    def _work(self) -> None:
        while job := self._next():
            self._attempt(job)
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _next(self) -> Job | None:
        """Wait for a job that is due; None when the queue is closed."""
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - self._clock() if self._due else None
                if wait is not None and wait <= 0:
                    self._active += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
            return None

    def _attempt(self, job: Job) -> None:
        if self._clock() - job.created > self._config.event_age:
            self._counts.add("expired")
            self._fail(job, "EventAgeExceeded")
            return
        job.attempts += 1
        try:
            answer = self._invoke(job.event, job.request_id)
        except Discarded:
            job.cancel()
        except Exception as error:  # noqa: BLE001 - every error is retried
            job.error = error
            self._retry(job)
        else:
            self._counts.add("succeeded")
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(answer)

    def _retry(self, job: Job) -> None:
        if self._closed:  # the runtime stopped the instance; the event did not fail
            job.cancel()
        elif job.attempts > self._config.retries:
            self._fail(job, "RetriesExhausted")
        else:
            self._counts.add("retried")
            self._push(job, self._clock() + self._config.backoff * 2 ** (job.attempts - 1))

    def _fail(self, job: Job, condition: str) -> None:
        self._counts.add("failed")
        error = job.error or FunctionError(condition, "the event was too old for a first attempt")
        try:
            if self._config.on_failure:
                self._config.on_failure(job.failure_message(self._urn, condition, error))
        except Exception as destination_error:  # noqa: BLE001 - the future reports it
            error = destination_error
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(error)
