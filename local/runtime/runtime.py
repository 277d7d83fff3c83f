"""The platform around a function: instances, their limit, asynchronous invocations, bad weather."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import IO, Any

from local.runtime.asynchronous import AsyncQueue
from local.runtime.delivery_faults import Weather
from local.runtime.errors import Discarded
from local.runtime.function import Function
from local.runtime.instance import Instance
from local.runtime.tally import Tally
from ocr_service.auth.keyring import Credentials

Watch = Callable[[Future[Any]], None]


class Runtime:
    """Runs a function's instances.

    Args:
        function: what to run.
        credentials: gives the temporary credentials of an invocation, other ones each time.
        output: where the function's output goes.
        weather: what happens to events and instances; None for a fine day.
        watch: called with the future of each asynchronous invocation.

    Attributes:
        counts: how many asynchronous invocations ``succeeded``, were ``retried``, ``failed``
            for good or ``expired``, how many invocations were ``discarded``, and how many busy
            instances were ``killed``.
    """

    def __init__(
        self,
        function: Function,
        credentials: Callable[[], Credentials],
        output: IO[bytes],
        weather: Weather | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.function = function
        self.counts = Tally()
        self._credentials = credentials
        self._weather = weather or Weather(0)
        self._watch = watch
        self._instances = [Instance(function, output) for _ in range(function.instances)]
        self._idle: queue.SimpleQueue[Instance] = queue.SimpleQueue()
        for instance in self._instances:
            self._idle.put(instance)
        self._busy: set[Instance] = set()
        self._lock = threading.Lock()  # held while an instance becomes busy, idle, or is killed
        # Where invocations beyond the limit are discarded, somebody must be free to find that out.
        workers = function.instances + (1 if function.discards else 0)
        self._queue = AsyncQueue(
            self.invoke,
            workers=workers,
            urn=function.urn,
            config=function.asynchronous,
            counts=self.counts,
        )

    def invoke(self, event: object, request_id: str | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """Invoke the function and wait for its answer.

        Args:
            event: any JSON value.
            request_id: what the function's context gives; made up unless told.

        Raises:
            FunctionError: the function raised, was ended at its time limit, or was killed.
            Discarded: all instances were busy, and this function's invocations do not wait.
        """
        with self._instance() as instance:
            context = instance.ready(request_id or secrets.token_hex(16), self._credentials())
            with self._struck(instance):
                return instance.handle(event, context)

    def submit(
        self, event: object, request_id: str | None = None, *, delay: float = 0.0
    ) -> Future[Any]:
        """Invoke the function asynchronously, again where that fails and is so configured.

        Args:
            event: any JSON value.
            request_id: as of `invoke`, the same for each try.
            delay: seconds after which the event gets here.

        Returns:
            The answer, or the error that remained. Cancelled if the event was discarded, or dropped
            by `stop`: nobody else will hear of it.
        """
        invocation = self._queue.submit(event, request_id or secrets.token_hex(16), delay)
        if self._watch:
            self._watch(invocation)
        return invocation

    def deliver(self, event: object) -> list[Future[Any]]:
        """Submit an event as a trigger does: through the weather, so never, once, or twice."""
        return [self.submit(event, delay=delay) for delay in self._weather.copies()]

    def settled(self, seconds: float) -> bool:
        """Wait until no asynchronous invocation is left; tell whether that came in time."""
        return self._queue.settled(seconds)

    def kill(self) -> int:
        """Kill (SIGKILL) every instance that is busy, at once; tell how many were."""
        with self._lock:
            return sum(self._kill(instance) for instance in self._busy)

    def stop(self) -> None:
        """End all instances; invocations that have not begun are dropped."""
        self._queue.close()
        for instance in self._instances:
            instance.stop()
        held = [self._idle.get() for _ in self._instances]
        for instance in held:
            instance.end()
            self._idle.put(instance)  # for those who still wait for one, to learn that it is over
        self._queue.join()

    @contextlib.contextmanager
    def _instance(self) -> Iterator[Instance]:
        """Have an instance for oneself."""
        try:
            instance = self._idle.get(block=not self.function.discards)
        except queue.Empty:
            self.counts.add("discarded")
            raise Discarded from None
        with self._lock:
            self._busy.add(instance)
        try:
            yield instance
        finally:
            with self._lock:
                self._busy.discard(instance)
            self._idle.put(instance)

    @contextlib.contextmanager
    def _struck(self, instance: Instance) -> Iterator[None]:
        """Have the instance killed in the midst of it, if the weather wants that."""
        after = self._weather.kill_after()
        if after is None:
            yield
            return
        timer = threading.Timer(after, self._strike, [instance])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # or it might strike the next invocation

    def _strike(self, instance: Instance) -> None:
        with self._lock:
            if instance in self._busy and self._kill(instance):
                self._weather.fired.add("kill")

    def _kill(self, instance: Instance) -> bool:
        killed = instance.kill()
        if killed:
            self.counts.add("killed")
        return killed
