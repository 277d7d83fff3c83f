"""The function runtime: instances, their limit, asynchronous invocations, delivery faults."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import IO, Any

from local.runtime.asynchronous import AsyncQueue
from local.runtime.delivery_faults import DeliveryFaults
from local.runtime.errors import Discarded
from local.runtime.function import Function
from local.runtime.instance import Instance
from local.runtime.tally import Tally
from ocr_service.auth.keyring import Credentials

Watch = Callable[[object, Future[Any]], None]


class Runtime:
    """Runs the instances of a function.

    Args:
        function: the function.
        credentials: returns the temporary credentials of an invocation.
        output: receives the function's output.
        delivery_faults: faults of event delivery and instances; None for none.
        watch: called with the future of each asynchronous invocation.

    Attributes:
        counts: how many asynchronous invocations ``succeeded``, were ``retried``, ``failed``
            finally or ``expired``, how many invocations were ``discarded``, and how many busy
            instances were ``killed``.
    """

    def __init__(
        self,
        function: Function,
        credentials: Callable[[], Credentials],
        output: IO[bytes],
        delivery_faults: DeliveryFaults | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.function = function
        self.counts = Tally()
        self._credentials = credentials
        self._faults = delivery_faults or DeliveryFaults(0)
        self._watch = watch
        self._instances = [Instance(function, output) for _ in range(function.instances)]
        self._idle: queue.SimpleQueue[Instance] = queue.SimpleQueue()
        for instance in self._instances:
            self._idle.put(instance)
        self._busy: set[Instance] = set()
        self._lock = threading.Lock()  # protects `_busy` and kills
        self._queue = AsyncQueue(
            self.invoke,
            # To discard excess invocations, one more worker than instances is necessary.
            workers=function.instances + function.discards,
            urn=function.urn,
            config=function.asynchronous,
            counts=self.counts,
        )

    def invoke(self, event: object, request_id: str | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """Invoke the function and return its result.

        Args:
            event: any JSON value.
            request_id: the request id in the function's context; random by default.

        Raises:
            FunctionError: the function raised an error, exceeded its time limit, or was killed.
            Discarded: all instances were busy, and the function discards excess invocations.
        """
        with self._instance() as instance:
            context = instance.prepare(request_id or secrets.token_hex(16), self._credentials())
            with self._random_kill(instance):
                return instance.handle(event, context)

    def submit(
        self, event: object, request_id: str | None = None, *, delay: float = 0.0
    ) -> Future[Any]:
        """Invoke the function asynchronously, with retries as configured.

        Args:
            event: any JSON value.
            request_id: as for ``invoke``; the same for each attempt.
            delay: the event arrives after this number of seconds.

        Returns:
            The future result or last error; cancelled if the event was discarded, or dropped by
            ``stop``.
        """
        invocation = self._queue.submit(event, request_id or secrets.token_hex(16), delay)
        if self._watch:
            self._watch(event, invocation)
        return invocation

    def deliver(self, event: object) -> list[Future[Any]]:
        """Submit an event as a trigger does: delivery faults may drop, duplicate or delay it."""
        return [self.submit(event, delay=delay) for delay in self._faults.copies()]

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no asynchronous invocation is left; return False on timeout."""
        return self._queue.wait_until_idle(seconds)

    def kill(self) -> int:
        """Kill (SIGKILL) all busy instances; return their number."""
        with self._lock:
            return sum(self._kill(instance) for instance in self._busy)

    def stop(self) -> None:
        """End all instances and drop the queued invocations."""
        self._queue.close()
        for instance in self._instances:
            instance.stop()
        for instance in [self._idle.get() for _ in self._instances]:
            instance.end()
            self._idle.put(instance)  # lets waiting callers fail
        self._queue.join()

    @contextlib.contextmanager
    def _instance(self) -> Iterator[Instance]:
        """Reserve an instance."""
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
    def _random_kill(self, instance: Instance) -> Iterator[None]:
        """Kill the instance within the block, if the delivery faults draw a kill."""
        after = self._faults.kill_after()
        if after is None:
            yield
            return
        timer = threading.Timer(after, self._fire_kill, [instance])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # otherwise it might kill the next invocation

    def _fire_kill(self, instance: Instance) -> None:
        with self._lock:
            if instance in self._busy and self._kill(instance):
                self._faults.fired.add("kill")

    def _kill(self, instance: Instance) -> bool:
        killed = instance.kill()
        if killed:
            self.counts.add("killed")
        return killed
