"""The rules that hold after each history, once all is quiet and two sweeps have run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.simulation.bucket import Stored
from tests.simulation.contents import BY_ETAG
from tests.simulation.history import History, answer_of
from tests.simulation.invocation import Invocation
from tests.simulation.rules.causes import unexplained
from tests.simulation.rules.duplicates import duplicate_problems
from tests.simulation.world import LAYOUT, World

_LISTED = "2"  # inputs per page of the API's listing
# Seconds from each attempt of a sweep to the next one.
_WAITS = tuple(60 * minutes - 5 for minutes in (15, 60, 360, 1440, 4320))
_UNUSABLE = "Key.Unusable"


def violations(history: History) -> list[str]:
    """Return the rules that a history broke, in words."""
    world = history.world
    return [
        *world.violations,
        *(_sweep_problems(history)),
        *(text for stored in _inputs(world) for text in _record_problems(world, stored)),
        *_reading_problems(world),
        *_breaker_problems(world),
        *_early_retries(world),
        *_forgotten_attempts(world),
        *_api_problems(history),
        *duplicate_problems(history),
    ]


def _inputs(world: World) -> list[Stored]:
    found = world.bucket.objects.items()
    return [stored for key, stored in sorted(found) if key.startswith(LAYOUT.input_prefix)]


def _sweep_problems(history: History) -> Iterator[str]:
    for name in ("last-sweep", "very-last-sweep"):
        error = history.invocations[name].error
        if error:
            yield f"{name} in a calm world: {error}"


def _record_problems(world: World, stored: Stored) -> Iterator[str]:
    """One record or one justified failure, for the present content, and nothing left over."""
    key, content = stored.key, BY_ETAG[stored.etag]
    record = world.bucket.record(LAYOUT.record_key(key))
    failure = world.bucket.record(LAYOUT.failure_key(key))
    if record is None and failure is None:
        yield f"{key}: neither record nor failure"
    # An older record may lie beside a failure: it is of a former content.
    record_is_right = record is not None and record["source"]["etag"] == stored.etag
    failure_is_right = failure is not None and failure["source"]["etag"] == stored.etag
    if record_is_right and failure:
        yield f"{key}: a failure beside the record"
    if not record_is_right and not failure_is_right:
        yield f"{key}: nothing stands for {content.name}"
    if failure and failure_is_right:
        code = failure["error"]["code"]
        justified = content.may_be_refused and code.startswith("AIS.")
        if LAYOUT.is_resolvable(key):
            justified = code == _UNUSABLE
        if not justified and not _is_exhausted(failure):
            yield f"{key}: failed with {code}, without a reason"
    for name in world.bucket.keys:
        if name.startswith(LAYOUT.retries_prefix) and LAYOUT.attempts_of(name, key) is not None:
            yield f"{key}: {name} is left over"
    if LAYOUT.progress_key(key) in world.bucket.objects and _could_forget_pages(world, key):
        yield f"{key}: {LAYOUT.progress_key(key)} is left over"


def _could_forget_pages(world: World, key: str) -> bool:
    """Whether an invocation that began after the last pages were kept brought the input to an end.

    Otherwise another one kept pages later than the input came to its end, and they expire.
    """
    progress_key = LAYOUT.progress_key(key)
    ends = {LAYOUT.record_key(key), LAYOUT.failure_key(key)}
    unlucky = {step.invocation for step in world.steps if step.failed}
    kept_at = max(
        [step.at for step in world.steps if (step.action, step.key) == ("put", progress_key)]
        + [effect.at for effect in world.late_effects if effect.key == progress_key]
    )
    return any(
        step.action == "put"
        and step.key in ends
        and step.invocation.began_at > kept_at
        and not step.invocation.is_dead
        and step.invocation not in unlucky
        for step in world.steps
    )


def _is_exhausted(failure: dict[str, Any]) -> bool:
    return bool(failure.get("attempts", 0) >= 6)


def _reading_problems(world: World) -> Iterator[str]:
    for first, second in unexplained(world):
        page = f", page {first.page}" if first.page else ""
        yield (
            f"{first.step.key}: {first.content.name}{page} was read by "
            f"{first.step.invocation.name} at {first.step.at:.2f}, and again by "
            f"{second.step.invocation.name} at {second.step.at:.2f}"
        )


def _breaker_problems(world: World) -> Iterator[str]:
    """Nothing is sent to OCR after a refusal of the account or of the bucket."""
    refused: dict[Invocation, float] = {}
    for step in world.steps:
        sender = step.invocation
        if step.action == "ocr fetches" and step.began_at > refused.get(sender, step.began_at):
            yield f"{sender.name} sends {step.key} to OCR at {step.began_at:.2f}, though refused"
        if step.failed in {"account refused", "refused"}:
            refused.setdefault(sender, step.at)


def _early_retries(world: World) -> Iterator[str]:
    """After a failed attempt of a sweep, no sweep tries the input before it is due."""
    for step in world.steps:
        is_noted = step.action == "put" and step.key.startswith(LAYOUT.retries_prefix)
        if not is_noted or step.failed:
            continue
        for reading in world.readings:
            attempts = LAYOUT.attempts_of(step.key, reading.step.key)
            other = reading.step.invocation
            if attempts is None or other.sweep is None or other.began_at <= step.at:
                continue
            if other.sweep.retry_failed:  # it reads all of them, as its options say
                continue
            due_at = step.at + _WAITS[attempts - 1]
            undone = [effect.at for effect in (*world.changes, *world.late_effects)]
            undone += [
                later.at
                for later in world.steps
                if later.action == "delete" and later.key == step.key and later.at > step.at
            ]
            if reading.step.at < due_at and not any(
                step.invocation.began_at < at < reading.step.at for at in undone
            ):
                yield f"{other.name} tried {reading.step.key} before {due_at:.2f}"


def _forgotten_attempts(world: World) -> Iterator[str]:
    """A sweep notes each failed attempt, so that no sweep repeats it for ever.

    A PDF of which pages were kept comes to its end by them. An input that was replaced or deleted
    meanwhile has no attempt.
    """
    for step in world.steps:
        sender = step.invocation
        if step.failed != "unusable answer" or sender.sweep is None or sender.is_dead:
            continue
        later = [one for one in world.steps if one.invocation is sender and one.at > step.at]
        is_noted = any(
            LAYOUT.attempts_of(one.key, step.key)
            or one.key in {LAYOUT.failure_key(step.key), LAYOUT.progress_key(step.key)}
            for one in later
        )
        is_changed = any(
            change.key == step.key and sender.began_at < change.at for change in world.changes
        )
        is_stopped = any(
            "refused" in (one.failed or "") for one in world.steps if one.invocation is sender
        )
        is_stopped = is_stopped or any(one.failed for one in later)
        if not (is_noted or is_changed or is_stopped):
            yield f"{sender.name} forgets its attempt at {step.key}"


def _api_problems(history: History) -> Iterator[str]:
    """The API's listing and GET agree with the bucket."""
    bucket = history.world.bucket
    expected = {}
    for stored in _inputs(history.world):
        record = bucket.record(LAYOUT.record_key(stored.key))
        is_right = record is not None and record["source"]["etag"] == stored.etag
        expected[stored.key] = "recognized" if is_right else "failed"
    listed: dict[str, str] = {}
    after = ""
    for number in range(len(expected) + 2):
        name = f"last-list{number}"
        query = {"limit": _LISTED, **({"after": after} if after else {})}
        status, body = answer_of(history.call(name, "GET", "/invoices", **query))
        if status != 200:
            yield f"GET /invoices: {status} {body}"
            return
        listed |= {entry["key"]: entry["status"] for entry in body["invoices"]}
        after = body["next"] or ""
        if not after:
            break
    if listed != expected:
        yield f"GET /invoices lists {listed}, not {expected}"
    for key, status_text in expected.items():
        if LAYOUT.is_resolvable(key):
            continue  # the API refuses such a key
        path = f"/invoices/{quote(key.removeprefix(LAYOUT.input_prefix))}"
        status, body = answer_of(history.call(f"last-get {key}", "GET", path))
        if (status, body.get("status")) != (200, status_text):
            yield f"GET {path}: {status} {body}, not {status_text}"
