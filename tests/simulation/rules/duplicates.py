"""The rules on duplicates after each history: none missed, none false."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any
from urllib.parse import quote

from quota_invoice.invoice.duplicates import Appearance, identities
from tests.simulation.contents import BY_ETAG
from tests.simulation.history import History, answer_of
from tests.simulation.world import LAYOUT, World

Appearances = dict[tuple[str, str], list[Appearance]]


def first_appearance(appearances: Iterable[Appearance]) -> Appearance | None:
    """Return the first one of the appearances that count; None if there is none."""
    return min(appearances, key=lambda appearance: appearance.name, default=None)


def duplicate_problems(history: History) -> Iterator[str]:
    """The API names the first upload of each invoice, and no others."""
    found = _appearances(history.world)
    firsts = {itself: first_appearance(each) for itself, each in found.items()}
    keys = sorted({each.key for group in found.values() for each in group})
    for key in keys:
        if LAYOUT.is_resolvable(key):
            continue  # the API refuses such a key
        path = f"/invoices/{quote(key.removeprefix(LAYOUT.input_prefix))}"
        _, body = answer_of(history.call(f"duplicates of {key}", "GET", path))
        for invoice in body["invoices"]:
            first = firsts[invoice["code"], invoice["number"]]
            expected = first.key if first and first.key != key else None
            if invoice["duplicate_of"] != expected:
                yield f"{key} repeats {invoice['duplicate_of']}, not {expected}"
    expected_keys = {
        each.key
        for itself, group in found.items()
        for each in group
        if each is not firsts[itself] and not LAYOUT.is_resolvable(each.key)
    }
    call = history.call("list of duplicates", "GET", "/invoices", status="duplicate")
    _, body = answer_of(call)
    listed = {entry["key"] for entry in body["invoices"]}
    if listed - {key for key in listed if LAYOUT.is_resolvable(key)} != expected_keys:
        yield f"GET /invoices lists the duplicates {listed}, not {expected_keys}"
    yield from _records_that_miss_each_other(history.world, found)
    yield from _records_that_name_each_other(history.world, found)
    yield from _false_names(history.world)


def _appearances(world: World) -> Appearances:
    """Return the appearances of each invoice, by the inputs and their right records alone."""
    found: Appearances = defaultdict(list)
    for key, record in _right_records(world):
        for itself in identities(record["invoices"]):
            found[itself].append(Appearance(key, record["source"]["uploaded_at"]))
    return found


def _right_records(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    inputs = [key for key in world.bucket.keys if key.startswith(LAYOUT.input_prefix)]
    for key, stored in ((key, world.bucket.objects[key]) for key in inputs):
        record = world.bucket.record(LAYOUT.record_key(key))
        if record and record["source"]["etag"] == stored.etag:
            yield key, record


def _records_that_miss_each_other(world: World, found: Appearances) -> Iterator[str]:
    """Of two records of an invoice, one was written with the knowledge of the other.

    It holds if both inputs were there unchanged while the later one was read.
    """
    records = dict(_right_records(world))
    for itself, group in found.items():
        for one, other in combinations(group, 2):
            marked_at = [_marked_at(world, itself, each) for each in (one, other)]
            changes = [*world.changes, *world.late_effects]
            keys = {one.key, other.key}
            keys |= {LAYOUT.record_key(key) for key in keys}
            is_calm = all(each.at < max(marked_at) for each in changes if each.key in keys)
            named = [_names_another(records[each.key], itself) for each in (one, other)]
            if is_calm and not any(named):
                yield f"{one.key} and {other.key} miss each other"


def _records_that_name_each_other(world: World, found: Appearances) -> Iterator[str]:
    """Of two records of an invoice, at most one says that it repeats the other.

    It holds unless an invocation that wrote one of them was hit by a fault.
    """
    records = dict(_right_records(world))
    for group in found.values():
        for one, other in combinations(group, 2):
            keys = {LAYOUT.record_key(each.key) for each in (one, other)}
            writers = {
                step.invocation.name
                for step in world.steps
                if step.action == "put" and step.key in keys
            }
            had_faults = any(
                (step.failed or step.invocation.is_dead) and step.invocation.name in writers
                for step in world.steps
            )
            names = [_named(records[each.key]) for each in (one, other)]
            if other.key in names[0] and one.key in names[1] and not had_faults:
                yield f"{one.key} and {other.key} name each other"


def _named(record: dict[str, Any]) -> set[str | None]:
    return {invoice["duplicate_of"] for invoice in record["invoices"]}


def _marked_at(world: World, itself: tuple[str, str], appearance: Appearance) -> float:
    key = LAYOUT.appearance_key(*itself, appearance)
    times = (step.at for step in world.steps if (step.action, step.key) == ("put", key))
    return max(times, default=0.0)


def _names_another(record: dict[str, Any], itself: tuple[str, str]) -> bool:
    return any(
        invoice["duplicate_of"] is not None
        for invoice in record["invoices"]
        if (invoice["code"], invoice["number"]) == itself
    )


def _false_names(world: World) -> Iterator[str]:
    """A record names only objects that had the invoice."""
    had: dict[str, set[str]] = defaultdict(set)
    for reading in world.readings:
        had[reading.step.key] |= set(reading.content.numbers)
    for key, record in _right_records(world):
        for invoice in record["invoices"]:
            first = invoice["duplicate_of"]
            if first is not None and invoice["number"] not in had[first]:
                content = BY_ETAG[record["source"]["etag"]].name
                yield f"{key}: {content} repeats {first}, which never had it"
