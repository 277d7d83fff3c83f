"""Bad weather on the way of an event: everything that the platform does not promise not to do."""

from __future__ import annotations

import random
import threading

from local.runtime.tally import Tally


class Weather:
    """Lets things happen to events and instances, the same ones for the same seed.

    Each kind has chances of its own, so that one more kind does not change the others. Chances go
    from 0 (never) to 1 (always).

    Args:
        seed: where the chances begin.
        duplicate: chance that an event comes twice.
        drop: chance that it never comes.
        reorder: chance that a copy of it comes late, behind younger ones.
        delay: seconds by which it then comes late, at the most.
        kill: chance that the instance is killed (SIGKILL) in the midst of an invocation.
        moment: seconds after the handler's beginning within which that happens; nothing happens to
            an invocation that is over by then.

    Attributes:
        fired: how often each has happened, by those names.
    """

    def __init__(  # noqa: PLR0913 - one name for each kind of weather
        self,
        seed: int,
        *,
        duplicate: float = 0.0,
        drop: float = 0.0,
        reorder: float = 0.0,
        delay: float = 0.5,
        kill: float = 0.0,
        moment: float = 0.5,
    ) -> None:
        self.fired = Tally()
        self._chances = {"duplicate": duplicate, "drop": drop, "reorder": reorder, "kill": kill}
        self._lock = threading.Lock()  # two draws that belong together stay so
        self._delay = delay
        self._moment = moment
        self._random = {kind: random.Random(f"{seed}-{kind}") for kind in self._chances}  # noqa: S311 - no secret

    def copies(self) -> list[float]:
        """Draw what becomes of an event: the delay in seconds of each of its copies."""
        drop, duplicate = self._happens("drop"), self._happens("duplicate")
        late = [self._drawn("reorder", self._delay) for _ in range(2)]
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
        """Draw after how many seconds an invocation's instance is killed; None if it is not.

        Whoever kills it counts that in `fired`, since the invocation may be over before.
        """
        return self._drawn("kill", self._moment)

    def _happens(self, kind: str) -> bool:
        return self._random[kind].random() < self._chances[kind]

    def _drawn(self, kind: str, most: float) -> float | None:
        """Draw a time; the draws do not depend on what came of those before."""
        with self._lock:
            happens, share = self._happens(kind), self._random[kind].random()
        return share * most if happens else None
