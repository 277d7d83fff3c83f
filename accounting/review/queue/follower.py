"""Follows the bucket: a thread that compares the index with it, now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from accounting.progress import Notice

PERIOD = 60.0
"""Seconds from the end of a comparison to the next one, at least."""
_REST = 9  # comparisons take a tenth of the time at most

_FIRST_STEP: tuple[str, int, int | None] = ("listing", 0, None)


class _StoppedError(Exception):
    """The thread has to end."""


class Follower:
    """The thread, and its progress.

    Args:
        compare: compares the index with the bucket once; called with a function for its progress.
        period: seconds from one end to the next start, at least.
    """

    def __init__(self, compare: Callable[[Notice], None], period: float = PERIOD) -> None:
        self._compare = compare
        self._period = period
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="review-index", daemon=True)
        self.is_running = True
        self.progress = _FIRST_STEP
        self.error = ""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Compare soon."""
        self.is_running = True  # for those who ask before the thread wakes up
        self._wake.set()

    def stop(self) -> None:
        """End the thread; a comparison ends at its next step."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            started = time.monotonic()
            self.progress, self.is_running = _FIRST_STEP, True
            try:
                self._compare(self._notice)
                self.error = ""
            except _StoppedError:
                return
            except Exception as error:  # noqa: BLE001 - the next comparison may succeed
                self.error = str(error) or type(error).__name__
            self.is_running = False
            self._wake.wait(max(self._period, _REST * (time.monotonic() - started)))
            self._wake.clear()

    def _notice(self, step: str, done: int, total: int | None) -> None:
        if self._stopped.is_set():
            raise _StoppedError
        self.progress = step, done, total
