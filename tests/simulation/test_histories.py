"""Each input has one right record after any history of events, faults and crashes."""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest

from tests.simulation.contents import IMAGES
from tests.simulation.history import Ended, History, kept
from tests.simulation.plans import Action, Plan, make_plan
from tests.simulation.rules.checks import violations
from tests.simulation.shrinking import report
from tests.simulation.world import LAYOUT, Rates, World

# SIMULATION_HISTORIES sets the number of histories; SIMULATION_SEED runs one of them again, and
# prints all of its steps.
HISTORIES = int(os.environ.get("SIMULATION_HISTORIES", "1000"))
SEED = os.environ.get("SIMULATION_SEED")
PER_TEST = 250
MEETING_ALL = 400  # histories meet every fault, and come to every end
_PAIR = tuple(f"{LAYOUT.input_prefix}{name}.jpg" for name in "ab")
CHUNKS = (
    [range(int(SEED), int(SEED) + 1)]
    if SEED
    else [range(first, min(first + PER_TEST, HISTORIES)) for first in range(0, HISTORIES, PER_TEST)]
)


def _run(seed: int) -> Ended:
    history = History(make_plan(seed), is_traced=SEED is not None)
    world = history.run()
    met = _met(history, world)  # before the rules call the API
    return Ended(violations(history), met, world.lines)


ended = kept(_run, MEETING_ALL)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_each_input_has_one_right_record_after_any_history(seeds: range) -> None:
    for seed in seeds:
        end = ended(seed)
        sys.stdout.writelines(f"{line}\n" for line in end.lines)
        if end.broken:
            pytest.fail(report(make_plan(seed)), pytrace=False)


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("first", [0, 100, 200])
def test_of_two_uploads_at_the_same_moment_exactly_one_record_names_the_other(first: int) -> None:
    named: Counter[int] = Counter()
    for seed in range(first, first + 100):
        history = History(_pair(seed))
        history.run()
        assert violations(history) == [], seed
        records = map(history.world.bucket.record, map(LAYOUT.record_key, _PAIR))
        firsts = [record["invoices"][0]["duplicate_of"] for record in records if record]
        named[sum(first is not None for first in firsts)] += 1
    assert named == {1: 100}


def _pair(seed: int) -> Plan:
    """Return two uploads of the same invoice, without faults; only the latencies differ."""
    actions = []
    for number, key in enumerate(_PAIR):
        upload = Action(f"upload{number}", 10.0, "upload", key, IMAGES[0])
        event = Action(f"event{number}", 10.1, "event", key, seconds=60.0, text=upload.name)
        actions += [upload, event]
    calm = Rates(crash=0.0, store=0.0, write=0.0, ocr=0.0)
    return Plan(seed, calm, 0.0, versioned=False, auto=False, actions=tuple(actions))


def test_a_seed_always_gives_the_same_history() -> None:
    for seed in range(20):
        first, second = (History(make_plan(seed), is_traced=True) for _ in range(2))
        assert first.run().lines == second.run().lines


@pytest.mark.exhaustive  # a statement on the simulation, not on the function
def test_the_histories_meet_every_fault_and_come_to_every_end() -> None:
    met: Counter[str] = Counter()
    for seed in range(MEETING_ALL):
        met.update(ended(seed).met)
    assert met > Counter(EXPECTED), {name: met[name] for name in EXPECTED if not met[name]}


def _met(history: History, world: World) -> Counter[str]:
    """Count the faults that a history met, and the ends that it came to."""
    met = Counter(step.failed for step in world.steps)
    met["late effect landed"] = len(world.late_effects)
    for invocation in history.invocations.values():
        kind = invocation.name.rstrip("0123456789.")
        met[f"{kind} crashed"] += invocation.is_dead
        if invocation.error:
            met[f"{kind} raised {type(invocation.error).__name__}"] += 1
    for key in world.bucket.keys:
        met[key.partition("/")[0]] += 1
        failure = world.bucket.record(key) if key.startswith("failures/") else None
        record = world.bucket.record(key) if key.startswith("results/") else None
        for invoice in record["invoices"] if record else ():
            met["duplicates"] += invoice["duplicate_of"] is not None
        met["given up"] += bool(failure and failure.get("attempts", 0) > 1)
    return met


EXPECTED = (
    *("busy", "lost request", "lost response", "late effect", "late effect landed", "refused"),
    *("account refused", "down", "unavailable", "rate limited", "download failed"),
    *("timeout", "not recognized", "unusable answer"),
    *("event crashed", "sweep crashed", "post crashed"),
    *("event raised OutOfTime", "event raised ServiceUnavailable", "event raised AccessRefused"),
    *("event raised StoreUnreachable", "event raised StoreRefused", "event raised UnusableAnswer"),
    *("results", "failures", "history", "index", "duplicates", "given up"),
)
