"""Which fault happens to which request: named, queued, and counted once it has happened."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from local.faults.services import OPERATIONS

ANSWERED = ("429", "500", "503", "html", "json", "expired", "skew")
"""Faults that are an answer of another than the service, which never hears of the request."""
UNANSWERED = ("reset", "stall")
"""The request gets no further either: the connection is reset, or nothing ever comes."""
SPOILED = ("cut", "drip", "lost", "withheld", "farewell")
"""The service does what it is asked, but its answer comes in part, byte by byte, not at all, or
last."""
FAULTS = (*ANSWERED, *UNANSWERED, *SPOILED)
"""Every fault.

========== ======================================================================================
429        too many requests
500        an error of the service
503        it is unavailable; from a gateway that speaks HTML, or the bucket's ``SlowDown``
html       status 200 and a page, as from a portal that wants a login
json       status 200 and JSON of another shape
expired    the token is refused as expired
skew       the request is refused, as by a clock that goes otherwise
reset      the connection is reset before the service was asked
stall      no answer comes, and the service was not asked
cut        the answer ends half way
drip       it comes byte by byte, slower than anybody waits
lost       the connection is reset when the service has done what it was asked
withheld   no answer comes, although the service has done what it was asked
farewell   all is well, but the connection is closed unannounced, as idle ones are: the next request
           over it fails
========== ======================================================================================
"""


@dataclass
class _Queued:
    """A fault that waits for its request."""

    name: str
    about: str
    after: int
    times: int


class Faults:
    """The faults that wait for their requests; threads may share it.

    Attributes:
        fired: how often each has happened, by operation and name.
    """

    def __init__(self) -> None:
        self.fired: Counter[tuple[str, str]] = Counter()
        self._queued: dict[str, list[_Queued]] = {}
        self._changed = threading.Condition()

    def queue(
        self, name: str, operation: str, times: int = 1, *, after: int = 0, about: str = ""
    ) -> None:
        """Have a fault happen to the next requests of an operation.

        Those queued for one operation happen in their order, one to a request.

        Args:
            name: one of `FAULTS`.
            operation: one of `OPERATIONS`.
            times: to how many requests.
            after: how many requests to let pass before.
            about: a part of the object's key; requests about other keys do not count.

        Raises:
            ValueError: there is no such fault or operation.
        """
        if name not in FAULTS or operation not in OPERATIONS:
            raise ValueError(f"no such fault or operation: {name}, {operation}")
        with self._changed:
            self._queued.setdefault(operation, []).append(_Queued(name, about, after, times))

    def draw(self, operation: str, key: str) -> str | None:
        """Give the fault that is to happen to a request; None for none."""
        with self._changed:
            waiting = self._queued.get(operation, [])
            found = next((one for one in waiting if one.about in key), None)
            if found is None:
                return None
            if found.after:
                found.after -= 1
                return None
            found.times -= 1
            if not found.times:
                waiting.remove(found)
            return found.name

    def note(self, operation: str, name: str) -> None:
        """Count a fault that has happened."""
        with self._changed:
            self.fired[operation, name] += 1
            self._changed.notify_all()

    def wait(self, operation: str, name: str, seconds: float) -> bool:
        """Wait until a fault has happened; tell whether it did in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.fired[operation, name] > 0, seconds)

    @property
    def waiting(self) -> dict[tuple[str, str], int]:
        """How many times each fault is still to happen, by operation and name."""
        with self._changed:
            counts: Counter[tuple[str, str]] = Counter()
            for operation, queued in self._queued.items():
                for one in queued:
                    counts[operation, one.name] += one.times
            return dict(counts)

    def forget(self) -> None:
        """Drop what waits, and start counting anew."""
        with self._changed:
            self._queued.clear()
            self.fired.clear()
