"""The simulated clock is that of the simulation's thread only."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from tests.simulation.scheduler import Scheduler

DAY = 86_400.0  # seconds


def test_servers_in_other_threads_keep_their_clock_while_a_history_runs() -> None:
    scheduler = Scheduler()
    before = time.monotonic()
    with ThreadPoolExecutor(1) as other, scheduler.time():
        time.sleep(before + DAY)  # the simulated clock begins at 0
        assert time.monotonic() == before + DAY
        there = other.submit(time.monotonic).result()
    assert before <= there <= time.monotonic() < before + DAY
