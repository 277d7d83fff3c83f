"""Two people decide at the same time, while the function reads and the sweep goes on."""

from __future__ import annotations

import os
import sys

import pytest

from tests.simulation.editors.history import ReviewedHistory
from tests.simulation.editors.plans import make_plan
from tests.simulation.editors.rules import violations

HISTORIES = int(os.environ.get("SIMULATION_HISTORIES", "1000"))
SEED = os.environ.get("SIMULATION_SEED")
PER_TEST = 500
CHUNKS = (
    [range(int(SEED), int(SEED) + 1)]
    if SEED
    else [range(first, min(first + PER_TEST, HISTORIES)) for first in range(0, HISTORIES, PER_TEST)]
)


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_no_decision_is_lost_and_none_applies_to_another_content(seeds: range) -> None:
    for seed in seeds:
        history = ReviewedHistory(make_plan(seed), is_traced=SEED is not None)
        history.run()
        broken = violations(history)
        sys.stdout.writelines(f"{line}\n" for line in history.world.lines)
        assert broken == [], f"SIMULATION_SEED={seed}"
