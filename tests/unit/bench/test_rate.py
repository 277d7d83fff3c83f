"""The rate of a backfill, from the arrivals of its events."""

from __future__ import annotations

import pytest

from bench.sweep.rate import highest_share, kept_share

EVEN = [(number * 0.5, 10) for number in range(61)]


def test_events_that_come_evenly_keep_the_whole_rate() -> None:
    assert kept_share(EVEN, 20) == pytest.approx(1)
    assert highest_share(EVEN, 20) == pytest.approx(1)


def test_a_pause_costs_a_share_of_the_rate() -> None:
    late = [(at + 10 * (at > 15), count) for at, count in EVEN]
    assert kept_share(late, 20) == pytest.approx(0.75)


def test_events_that_catch_up_after_a_pause_are_over_the_rate_there() -> None:
    hasty = [(at if at < 10 else 20 + (at - 10) / 2, count) for at, count in EVEN]
    assert kept_share(hasty, 20) == pytest.approx(1)
    assert highest_share(hasty, 20) == pytest.approx(2, rel=0.1)
