"""Tasks on simulated time: one runs at a time, and the clock moves only when all of them wait."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from tests.support.waiting import replaced_here

_T = TypeVar("_T")


class Scheduler:
    """Runs tasks, each until it waits, in the order of the times for which they wait."""

    def __init__(self) -> None:
        self.now = 0.0  # seconds since the beginning of the history
        self._hub = getcurrent()
        self._queue: list[tuple[float, int, greenlet]] = []
        self._numbers = count()

    def start(self, task: Callable[[], object], at: float) -> None:
        """Begin a task at a time; it must not raise."""
        self._wait_for(at, greenlet(task, self._hub))

    def run(self) -> None:
        """Run until all tasks have ended."""
        while self._queue:
            at, _, task = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            task.switch()

    def sleep(self, seconds: float) -> None:
        """Let the present task wait."""
        at = self.now + max(0.0, seconds)
        if self._queue and self._queue[0][0] <= at:
            self._wait_for(at, getcurrent())
            self._hub.switch()
        else:
            self.now = at

    def suspend(self) -> None:
        """Let the present task wait until another one wakes it."""
        self._hub.switch()

    def wake(self, task: greenlet) -> None:
        """Let a suspended task go on now."""
        self._wait_for(self.now, task)

    def clock(self) -> float:
        """Return the present time, as ``time.monotonic`` does."""
        return self.now

    @contextmanager
    def time(self) -> Iterator[None]:
        """Replace the clocks and pauses of Python's ``time`` in this block."""
        with (
            replaced_here(time, "sleep", self.sleep),
            replaced_here(time, "monotonic", self.clock),
            replaced_here(time, "perf_counter", self.clock),
        ):
            yield

    def _wait_for(self, at: float, task: greenlet) -> None:
        heapq.heappush(self._queue, (at, next(self._numbers), task))


class _Awaited(Future[_T]):
    """A future whose result a task can wait for."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def result(self, timeout: float | None = None) -> _T:
        del timeout
        self.wait()
        return super().result(0)

    def wait(self) -> None:
        if not self.done():
            task = getcurrent()
            self.add_done_callback(lambda _: self._scheduler.wake(task))
            self._scheduler.suspend()


class Pool(Executor):
    """An executor whose threads are tasks."""

    def __init__(self, scheduler: Scheduler, workers: int) -> None:
        self._scheduler = scheduler
        self._free = workers
        self._queue: list[tuple[_Awaited[Any], Callable[[], Any]]] = []
        self._all: list[_Awaited[Any]] = []

    def submit(self, call: Callable[..., _T], /, *args: Any, **named: Any) -> Future[_T]:
        future: _Awaited[_T] = _Awaited(self._scheduler)
        self._all.append(future)
        self._queue.append((future, lambda: call(*args, **named)))
        if self._free:
            self._free -= 1
            self._scheduler.start(self._work, self._scheduler.now)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT002 - the executor's signature
        if cancel_futures:
            for future, _ in self._queue:
                future.cancel()
        for future in self._all if wait else ():
            future.wait()

    def _work(self) -> None:
        while self._queue:
            future, call = self._queue.pop(0)
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - raised again in the task that waits
                future.set_exception(error)
            else:
                future.set_result(result)
        self._free += 1
