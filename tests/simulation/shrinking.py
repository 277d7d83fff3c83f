"""Makes a failing history small: removes actions, faults and delays while it still fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.simulation.history import History
from tests.simulation.plans import LONG_NAME, Action, Plan
from tests.simulation.rules.checks import violations

_T = TypeVar("_T")


def shrunk(plan: Plan) -> History:
    """Return the smallest history found that still breaks a rule, traced."""

    def fails(actions: Sequence[Action], plain: frozenset[tuple[str, int]]) -> bool:
        return bool(violations(_ran(replace(plan, actions=tuple(actions)), plain)))

    actions = _fewest(plan.actions, lambda kept: fails(kept, frozenset()))
    plan = replace(plan, actions=tuple(actions))
    # Faults and delays are kept where they are needed; all other steps become plain ones.
    decisions = list(dict.fromkeys(_ran(plan, frozenset()).world.decisions))
    kept = _fewest(decisions, lambda some: fails(actions, frozenset(decisions) - frozenset(some)))
    return _ran(plan, frozenset(decisions) - frozenset(kept), is_traced=True)


def _ran(plan: Plan, plain: frozenset[tuple[str, int]], *, is_traced: bool = False) -> History:
    history = History(plan, plain, is_traced=is_traced)
    history.run()
    return history


def _fewest(items: Sequence[_T], fails: Callable[[Sequence[_T]], bool]) -> Sequence[_T]:
    """Return few of the items with which it still fails: leave out halves, quarters, … ones."""
    kept, size = list(items), max(1, len(items) // 2)
    while True:
        start, is_smaller = 0, False
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if fails(fewer):
                kept, is_smaller = fewer, True
            else:
                start += size
        if size == 1 and not is_smaller:
            return kept
        size = max(1, size // 2)


def report(plan: Plan) -> str:
    """Return a failing history in words: its seed, its actions, its violations, all steps."""
    history = shrunk(plan)
    broken = violations(history)
    actions = map(str, history.plan.actions)
    text = "\n".join((f"SIMULATION_SEED={plan.seed}", *broken, *actions, *history.world.lines))
    return text.replace(LONG_NAME, "x…")
