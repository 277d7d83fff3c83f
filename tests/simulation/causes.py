"""The causes that explain a further reading of one content: the only place that lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from tests.simulation.ocr import Reading
from tests.simulation.world import LAYOUT, World


def _no_answer(first: Reading, second: Reading, world: World) -> bool:
    """The function got neither a result nor a final refusal: outage, time-out, AIS.0105."""
    del second, world
    return not first.is_answered


def _crash(first: Reading, second: Reading, world: World) -> bool:
    """The invocation of the first reading ended before it could finish."""
    del second, world
    return first.step.invocation.is_dead


def _failed_request(first: Reading, second: Reading, world: World) -> bool:
    """A later request of its invocation failed, so that the result may not have been written."""
    return any(
        step.failed and step.invocation is first.step.invocation
        for step in world.steps
        if first.step.at <= step.at <= second.step.at
    )


def _changed(first: Reading, second: Reading, world: World) -> bool:
    """The input changed after the first invocation identified it."""
    key = first.step.key
    since = _last(first, world, "identify", key)
    return any(change.key == key and since <= change.at <= second.step.at for change in world.changes)


def _concurrent(first: Reading, second: Reading, world: World) -> bool:
    """The second invocation looked for a record before the first one had finished its work."""
    key = first.step.key
    outputs = {LAYOUT.record_key(key), LAYOUT.failure_key(key), LAYOUT.progress_key(key), key}
    mine = first.step.invocation
    end = max(
        step.at for step in world.steps if step.invocation is mine and step.key in outputs
    )
    return (
        second.step.invocation is not mine
        and _last(second, world, "get", LAYOUT.record_key(key)) <= end
    )


def _late_effect(first: Reading, second: Reading, world: World) -> bool:
    """A late effect replaced or removed an object that stood for the first reading."""
    key = first.step.key
    outputs = {LAYOUT.record_key(key), LAYOUT.failure_key(key), LAYOUT.progress_key(key)}
    return any(
        effect.key in outputs and first.step.at <= effect.at <= second.step.at
        for effect in world.late_effects
    )


def _asked_for(first: Reading, second: Reading, world: World) -> bool:
    """A sweep reads inputs again that have a failure record, as its options say."""
    del first, world
    return second.step.invocation.retry_failed


CAUSES: tuple[Callable[[Reading, Reading, World], bool], ...] = (
    _no_answer,
    _crash,
    _failed_request,
    _changed,
    _concurrent,
    _late_effect,
    _asked_for,
)


def unexplained(world: World) -> Iterator[tuple[Reading, Reading]]:
    """Yield the pairs of readings of one content, or page, that no cause explains."""
    for first, second in combinations(world.readings, 2):
        same = first.step.key == second.step.key and first.content is second.content
        if same and first.page == second.page:
            if not any(cause(first, second, world) for cause in CAUSES):
                yield first, second


def _last(reading: Reading, world: World, action: str, key: str) -> float:
    """Return the time of an invocation's last step of this kind before a reading."""
    mine = reading.step.invocation
    return max(
        (
            step.at
            for step in world.steps
            if step.invocation is mine
            and (step.action, step.key) == (action, key)
            and step.at <= reading.step.at
        ),
        default=-1.0,
    )
