"""The faults: their names, a queue per operation, and counts of those that happened."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from local.faults.services import OPERATIONS

CANNED = ("429", "500", "503", "html", "json", "expired", "skew")
"""The proxy sends a canned response; the service does not receive the request."""
_UNANSWERED = ("reset", "stall")
"""The caller gets no response, and the service does not receive the request."""
LATE = "late"
"""The caller gets no response, and the service receives the request when the caller has left."""
FORWARDED = (
    "cut",
    "drip",
    "reset_after_commit",
    "no_response_after_commit",
    "close_after_response",
)
"""The service processes the request; the fault affects its response or the connection."""
FAULTS = (*CANNED, *_UNANSWERED, LATE, *FORWARDED)
"""Every fault.

======================== =========================================================================
429                      too many requests
500                      internal error of the service
503                      unavailable: an HTML page from a gateway, or ``SlowDown`` from the bucket
html                     status 200 with an HTML page, as from a login portal
json                     status 200 with JSON of another shape
expired                  the token is rejected as expired
skew                     the request is rejected because the clocks differ too much
reset                    the connection is reset before the service receives the request
stall                    no response, and the service does not receive the request
late                     no response, and the service receives the request some seconds after the
                         caller has closed the connection, as from a gateway that was stuck
cut                      the response ends half way
drip                     the response comes byte by byte, too slowly for every client
reset_after_commit       the connection is reset after the service has processed the request
no_response_after_commit no response, although the service has processed the request
close_after_response     the response is complete, but the connection closes unannounced, as idle
                         connections do: the next request over it fails
======================== =========================================================================
"""


class Fault(NamedTuple):
    """The fault of one request; ``seconds`` is the delay of one that is late."""

    name: str
    seconds: float = 0.0


@dataclass(eq=False)
class _Queued:
    """A fault for future requests."""

    fault: Fault
    operation: str
    key_part: str
    after: int
    times: int


class Faults:
    """Queues faults for future requests; it is thread-safe.

    Attributes:
        fired: the number of faults that happened, by operation and name.
    """

    def __init__(self) -> None:
        self.fired: Counter[tuple[str, str]] = Counter()
        self._queued: list[_Queued] = []
        self._changed = threading.Condition()

    def queue(  # noqa: PLR0913 - one argument per property of a fault
        self,
        name: str,
        operation: str,
        times: int = 1,
        *,
        after: int = 0,
        key_part: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Queue a fault for the next requests of an operation, one fault per request.

        Args:
            name: one of ``FAULTS``.
            operation: one of ``OPERATIONS``.
            times: number of requests with this fault.
            after: number of requests before without it.
            key_part: a part of the object's key; requests with other keys do not count.
            seconds: delay of a ``late`` request after its caller has closed the connection.

        Raises:
            ValueError: the fault or operation is unknown.
        """
        if name not in FAULTS or operation not in OPERATIONS:
            raise ValueError(f"unknown fault or operation: {name}, {operation}")
        with self._changed:
            queued = _Queued(Fault(name, seconds), operation, key_part, after, times)
            self._queued.append(queued)

    def take(self, operation: str, key: str) -> Fault | None:
        """Take the fault of a request from the queue; None for none."""
        with self._changed:
            for queued in self._queued:
                if queued.operation == operation and queued.key_part in key:
                    break
            else:
                return None
            if queued.after:
                queued.after -= 1
                return None
            queued.times -= 1
            if not queued.times:
                self._queued.remove(queued)
            return queued.fault

    def count(self, operation: str, name: str) -> None:
        """Count a fault that happened."""
        with self._changed:
            self.fired[operation, name] += 1
            self._changed.notify_all()

    def wait(self, operation: str, name: str, seconds: float) -> bool:
        """Wait until a fault has happened; return False on timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: self.fired[operation, name] > 0, seconds)

    @property
    def waiting(self) -> dict[tuple[str, str], int]:
        """The number of queued faults, by operation and name."""
        with self._changed:
            counts: Counter[tuple[str, str]] = Counter()
            for queued in self._queued:
                counts[queued.operation, queued.fault.name] += queued.times
            return dict(counts)

    def clear(self) -> None:
        """Clear the queue and the counts."""
        with self._changed:
            self._queued.clear()
            self.fired.clear()
