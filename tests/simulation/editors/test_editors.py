"""Two people decide at the same time, while the function reads and the sweep goes on."""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest

from quota_invoice.reviews.effective import effective_record
from tests.simulation.editors.history import ReviewedHistory
from tests.simulation.editors.plans import make_plan
from tests.simulation.editors.rules import entries_on, stored_record, violations
from tests.simulation.history import Ended, kept
from tests.simulation.world import LAYOUT, World

HISTORIES = int(os.environ.get("SIMULATION_HISTORIES", "400"))
SEED = os.environ.get("SIMULATION_SEED")
PER_TEST = 100
MEETING_ALL = 150  # histories meet every state of a review
CHUNKS = (
    [range(int(SEED), int(SEED) + 1)]
    if SEED
    else [range(first, min(first + PER_TEST, HISTORIES)) for first in range(0, HISTORIES, PER_TEST)]
)


def _run(seed: int) -> Ended:
    history = ReviewedHistory(make_plan(seed), is_traced=SEED is not None)
    world = history.run()
    # Before the rules call the API.
    met = _met(history, world) if seed < MEETING_ALL else Counter[str]()
    return Ended(violations(history), met, world.lines)


ended = kept(_run, MEETING_ALL)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_no_decision_is_lost_and_none_applies_to_another_content(seeds: range) -> None:
    for seed in seeds:
        end = ended(seed)
        sys.stdout.writelines(f"{line}\n" for line in end.lines)
        assert end.broken == [], f"SIMULATION_SEED={seed}"


def test_the_histories_meet_every_state_of_a_review() -> None:
    met: Counter[str] = Counter()
    for seed in range(MEETING_ALL):
        met.update(ended(seed).met)
    assert met > Counter(EXPECTED), {name: met[name] for name in EXPECTED if not met[name]}


def _met(history: ReviewedHistory, world: World) -> Counter[str]:
    """Count the states of reviews that a history met."""
    met: Counter[str] = Counter()
    told = history.told
    met["refused"] += told.refused
    met["failed save"] += told.failed
    for entry, _ in told.attempted:
        verdict = entry.decision.verdict
        met[verdict.value if verdict else "undone"] += 1
        met["by hand"] += entry.is_by_hand
    for key in world.bucket.keys:
        record = stored_record(world, key) if key.startswith(LAYOUT.input_prefix) else None
        shown = effective_record(record, entries_on(world, key)) if record else {}
        met.update({name: number for name, number in shown.get("review", {}).items() if number})
        for invoice in shown.get("invoices", []):
            met.update(finding["code"] for finding in invoice["findings"])
    late = [each.key for each in world.late_effects]
    met["late"] += sum(key.startswith(LAYOUT.reviews_prefix) for key in late)
    met["editor crashed"] += sum(
        each.is_dead for name, each in history.invocations.items() if name.startswith("edit")
    )
    return met


EXPECTED = (
    *("refused", "failed save", "late", "editor crashed", "by hand"),
    *("corrected", "confirmed", "not_an_invoice", "duplicate", "undone"),
    *("entries", "conflicts", "outdated", "review_conflict", "read_again"),
)
