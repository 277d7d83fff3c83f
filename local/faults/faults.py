"""The faults: their names, a queue per operation, and counts of those that happened."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from local.faults.services import OPERATIONS

CANNED = ("429", "500", "503", "html", "json", "expired", "skew")
"""The proxy sends a canned response; the service does not receive the request."""
_UNANSWERED = ("reset", "stall")
"""The caller gets no response, and the service does not receive the request."""
FORWARDED = (
    "cut",
    "drip",
    "reset_after_commit",
    "no_response_after_commit",
    "close_after_response",
)
"""The service processes the request; the fault affects its response or the connection."""
FAULTS = (*CANNED, *_UNANSWERED, *FORWARDED)
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
cut                      the response ends half way
drip                     the response comes byte by byte, too slowly for every client
reset_after_commit       the connection is reset after the service has processed the request
no_response_after_commit no response, although the service has processed the request
close_after_response     the response is complete, but the connection closes unannounced, as idle
                         connections do: the next request over it fails
======================== =========================================================================
"""


@dataclass(eq=False)
class _Queued:
    """A fault for future requests."""

    name: str
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

    def queue(
        self, name: str, operation: str, times: int = 1, *, after: int = 0, key_part: str = ""
    ) -> None:
        """Queue a fault for the next requests of an operation, one fault per request.

        Args:
            name: one of ``FAULTS``.
            operation: one of ``OPERATIONS``.
            times: number of requests with this fault.
            after: number of requests before without it.
            key_part: a part of the object's key; requests with other keys do not count.

        Raises:
            ValueError: the fault or operation is unknown.
        """
        if name not in FAULTS or operation not in OPERATIONS:
            raise ValueError(f"unknown fault or operation: {name}, {operation}")
        with self._changed:
            self._queued.append(_Queued(name, operation, key_part, after, times))

    def take(self, operation: str, key: str) -> str | None:
        """Take the fault of a request from the queue; None for none."""
        with self._changed:
            for fault in self._queued:
                if fault.operation == operation and fault.key_part in key:
                    break
            else:
                return None
            if fault.after:
                fault.after -= 1
                return None
            fault.times -= 1
            if not fault.times:
                self._queued.remove(fault)
            return fault.name

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
            for fault in self._queued:
                counts[fault.operation, fault.name] += fault.times
            return dict(counts)

    def clear(self) -> None:
        """Clear the queue and the counts."""
        with self._changed:
            self._queued.clear()
            self.fired.clear()
