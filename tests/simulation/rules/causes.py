"""The causes that explain a further reading of one content: the only place that lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from tests.simulation.invocation import Invocation, Step
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
    """The input changed after one of both invocations had identified it."""
    key = first.step.key
    since = min(_last(reading.step, world, "identify", key) for reading in (first, second))
    return _changed_between(world, key, since, second.step.at)


def _concurrent(first: Reading, second: Reading, world: World) -> bool:
    """The second invocation looked for a record before the first one had finished its work."""
    key = first.step.key
    mine, keys = first.step.invocation, {key, *_outputs(key)}
    others = (LAYOUT.history_key(key, "").removesuffix(".json"), LAYOUT.index_prefix)
    end = max(
        step.at
        for step in world.steps
        if step.invocation is mine and (step.key in keys or step.key.startswith(others))
    )
    looked_at = _looked_at(second.step, world)
    return second.step.invocation is not mine and looked_at <= end


def _finished_meanwhile(first: Reading, second: Reading, world: World) -> bool:
    """A third invocation brought the input to its end after the second one had looked for it.

    The kept pages of a PDF are removed then, so that they cannot serve the second one.
    """
    key = first.step.key
    looked_at = _looked_at(second.step, world)
    return any(
        step.action in {"put", "delete"}
        and step.key in _outputs(key)
        and step.invocation is not second.step.invocation
        and looked_at <= step.at <= second.step.at
        for step in world.steps
    )


def _failure_removed(first: Reading, second: Reading, world: World) -> bool:
    """The second one looked after a third one had removed the failure, but before its record came.

    A sweep with ``retry_failed`` is such a third one.
    """
    key = first.step.key
    looked_at = _looked_at(second.step, world)
    removals = [
        step
        for step in world.steps
        if (step.action, step.key) == ("delete", LAYOUT.failure_key(key))
        and first.step.at <= step.at <= looked_at
    ]
    return any(
        not _has_written(removal.invocation, world, key, removal.at, looked_at)
        for removal in removals
    )


def _pages_replaced(first: Reading, second: Reading, world: World) -> bool:
    """A concurrent invocation kept its pages, which replaced those of the first one."""
    progress_key = LAYOUT.progress_key(first.step.key)
    puts = [step for step in world.steps if (step.action, step.key) == ("put", progress_key)]
    return any(
        mine.invocation is first.step.invocation is not other.invocation
        and _last(other, world, "get", progress_key) <= mine.at <= other.at <= second.step.at
        for mine in puts
        for other in puts
    )


def _late_effect(first: Reading, second: Reading, world: World) -> bool:
    """A late effect replaced or removed an object that stood for the first reading."""
    return any(
        effect.key in _outputs(first.step.key) and first.step.at <= effect.at <= second.step.at
        for effect in world.late_effects
    )


def _overtaken(first: Reading, second: Reading, world: World) -> bool:
    """An invocation that confirmed an older content just before it changed wrote just after.

    Its write or deletion replaced the object that stood for the first reading. The bucket has no
    conditional write that could prevent it.
    """
    key = first.step.key
    return any(
        step.action in {"put", "delete"}
        and step.key in _outputs(key)
        and first.step.at <= step.at <= second.step.at
        and _changed_between(world, key, _last(step, world, "head", key), step.at)
        for step in world.steps
    )


def _asked_for(first: Reading, second: Reading, world: World) -> bool:
    """A sweep reads inputs again that have a failure record, as its options say."""
    del first, world
    sweep = second.step.invocation.sweep
    return sweep is not None and sweep.retry_failed


CAUSES: tuple[Callable[[Reading, Reading, World], bool], ...] = (
    _no_answer,
    _crash,
    _failed_request,
    _changed,
    _concurrent,
    _finished_meanwhile,
    _failure_removed,
    _pages_replaced,
    _late_effect,
    _overtaken,
    _asked_for,
)


def unexplained(world: World) -> Iterator[tuple[Reading, Reading]]:
    """Yield the pairs of readings of one content, or page, that no cause explains."""
    for first, second in combinations(world.readings, 2):
        same = first.step.key == second.step.key and first.content is second.content
        if not (same and first.page == second.page):
            continue
        if not any(cause(first, second, world) for cause in CAUSES):
            yield first, second


def _outputs(key: str) -> set[str]:
    """Return the keys of the objects that stand for readings of an input."""
    return {LAYOUT.record_key(key), LAYOUT.failure_key(key), LAYOUT.progress_key(key)}


def _has_written(writer: Invocation, world: World, key: str, start: float, end: float) -> bool:
    return any(
        step.invocation is writer
        and (step.action, step.key) == ("put", LAYOUT.record_key(key))
        and start <= step.at <= end
        and not step.failed
        for step in world.steps
    )


def _changed_between(world: World, key: str, start: float, end: float) -> bool:
    return any(change.key == key and start <= change.at <= end for change in world.changes)


def _looked_at(reading: Step, world: World) -> float:
    """Return the time at which an invocation looked for the record, to know whether to read.

    It does so after it has identified the input. It may read the same record again for another
    input that shows the same invoice.
    """
    identified_at = _last(reading, world, "identify", reading.key)
    return min(
        (
            step.at
            for step in world.steps
            if step.invocation is reading.invocation
            and (step.action, step.key) == ("get", LAYOUT.record_key(reading.key))
            and identified_at <= step.at <= reading.at
        ),
        default=-1.0,
    )


def _last(before: Step, world: World, action: str, key: str) -> float:
    """Return the time of an invocation's last step of this kind before another of its steps."""
    return max(
        (
            step.at
            for step in world.steps
            if step.invocation is before.invocation
            and (step.action, step.key) == (action, key)
            and step.at <= before.at
        ),
        default=-1.0,
    )
