"""Delivery faults: duplicated, dropped and late events, and killed instances."""

from __future__ import annotations

import random
import threading

from local.runtime.tally import Tally


class DeliveryFaults:
    """Random faults of events and instances, the same for the same seed.

    Each kind has its own random numbers, so that one kind does not change the others. Probabilities
    are from 0 (never) to 1 (always).

    Args:
        seed: the seed of the random numbers.
        duplicate: probability that an event is delivered twice.
        drop: probability that an event is never delivered.
        reorder: probability that a copy of an event is delayed, behind later events.
        delay: maximum delay in seconds.
        kill: probability that the instance is killed (SIGKILL) during an invocation.
        kill_within: the kill happens at most this many seconds after the handler started; an
            invocation that has ended by then is not affected.

    Attributes:
        fired: the number of faults by kind.
    """

    def __init__(  # noqa: PLR0913 - one argument per kind of fault
        self,
        seed: int,
        *,
        duplicate: float = 0.0,
        drop: float = 0.0,
        reorder: float = 0.0,
        delay: float = 0.5,
        kill: float = 0.0,
        kill_within: float = 0.5,
    ) -> None:
        self.fired = Tally()
        self._probabilities = {
            "duplicate": duplicate,
            "drop": drop,
            "reorder": reorder,
            "kill": kill,
        }
        self._lock = threading.Lock()  # keeps two draws of one fault together
        self._delay = delay
        self._kill_within = kill_within
        self._random = {kind: random.Random(f"{seed}-{kind}") for kind in self._probabilities}  # noqa: S311 - not a secret

    def copies(self) -> list[float]:
        """Draw the deliveries of an event: the delay of each copy in seconds."""
        drop, duplicate = self._happens("drop"), self._happens("duplicate")
        late = [self._draw_time("reorder", self._delay) for _ in range(2)]
        if drop:
            self.fired.add("drop")
            return []
        if duplicate:
            self.fired.add("duplicate")
        delays = late[: 2 if duplicate else 1]
        for delay in delays:
            if delay is not None:
                self.fired.add("reorder")
        return [delay or 0.0 for delay in delays]

    def kill_after(self) -> float | None:
        """Draw the seconds until an invocation's instance is killed; None if it is not.

        The caller counts the kill in ``fired``, since the invocation may end before.
        """
        return self._draw_time("kill", self._kill_within)

    def _happens(self, kind: str) -> bool:
        return self._random[kind].random() < self._probabilities[kind]

    def _draw_time(self, kind: str, maximum: float) -> float | None:
        """Draw a time; each call uses two random numbers, whether the fault happens or not."""
        with self._lock:
            happens, share = self._happens(kind), self._random[kind].random()
        return share * maximum if happens else None
