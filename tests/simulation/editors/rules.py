"""The rules of reviews, at any moment of a history and after its end.

They do not use the code that tells the state of an invoice: they follow each entry by the names of
the entries that its editor saw.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from quota_invoice.invoice.duplicates import (
    Appearance,
    identities,
    identity,
    verdict_of,
)
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.entry import FIRST_BY_HAND, ReviewEntry, parse_entry
from quota_invoice.reviews.states import texts_of
from tests.simulation.editors.editor import Told, is_of, paper_of
from tests.simulation.history import History, answer_of
from tests.simulation.rules.duplicates import first_appearance
from tests.simulation.world import LAYOUT, World

if TYPE_CHECKING:
    from tests.simulation.editors.history import ReviewedHistory

Record = dict[str, Any]


def violations(history: ReviewedHistory) -> list[str]:
    """Return the rules that a history broke, in words."""
    world, told = history.world, history.told
    inputs = [key for key in world.bucket.keys if key.startswith(LAYOUT.input_prefix)]
    shown = {key: _shown_by_api(history, key) for key in inputs}
    return [
        *world.violations,
        *_entry_problems(world, told),
        *_request_problems(history),
        *(text for key in inputs for text in _input_problems(world, key, shown[key])),
        *_index_problems(world, shown),
    ]


def problems_now(world: World, told: Told, key: str) -> list[str]:
    """Return the rules that an input breaks at this moment."""
    record = stored_record(world, key)
    if record is None:
        return list(_entry_problems(world, told))
    shown = effective_record(record, entries_on(world, key))
    return [*_entry_problems(world, told), *_input_problems(world, key, shown)]


def stored_record(world: World, key: str) -> Record | None:
    """Return the record or failure record of an input's present content."""
    source = world.bucket.objects.get(key)
    for record_key in (LAYOUT.record_key(key), LAYOUT.failure_key(key)):
        record = world.bucket.record(record_key)
        if source and record and record["source"]["etag"] == source.etag:
            return record
    return None


def entries_on(world: World, key: str) -> list[ReviewEntry]:
    """Return the entries that lie in the bucket for an input."""
    folder = LAYOUT.reviews_folder(key)
    return [
        parse_entry(each.removeprefix(folder).removesuffix(".json"), world.bucket.record(each))
        for each in world.bucket.keys
        if each.startswith(folder)
    ]


def _shown_by_api(history: History, key: str) -> Record:
    path = f"/invoices/{quote(key.removeprefix(LAYOUT.input_prefix))}"
    _, body = answer_of(history.call(f"record of {key}", "GET", path))
    return body


def _entry_problems(world: World, told: Told) -> Iterator[str]:
    """Each entry that an editor was told of is there, as it was written, and saw what it says."""
    for entry in told.saved:
        key = f"{LAYOUT.reviews_folder(entry.key)}{entry.name}.json"
        if world.bucket.record(key) != json.loads(json.dumps(entry.to_json())):
            yield f"{key} is not the decision that {entry.by} was told is saved"
    for entry, shown in told.attempted:
        if not set(entry.seen) <= shown:
            yield f"{entry.name} says that {entry.by} saw entries that the page did not show"


def _request_problems(history: ReviewedHistory) -> Iterator[str]:
    """The function only reads reviews, and events do not even that."""
    for step in history.world.steps:
        name = step.invocation.name
        is_review = step.key.startswith(LAYOUT.reviews_prefix)
        if is_review and name.startswith("event"):
            yield f"{name}: {step.action} {step.key}"
        if is_review and step.action in {"put", "delete"} and not name.startswith("edit"):
            yield f"{name}: {step.action} {step.key}"


def _input_problems(world: World, key: str, shown: Record) -> Iterator[str]:
    """Every decision holds, or was seen by a later one, or is in a conflict, or is outdated."""
    record = stored_record(world, key)
    if record is None:
        return
    entries, etag = entries_on(world, key), record["source"]["etag"]
    invoices = shown.get("invoices", [])
    read = [texts_of(each) for each in record.get("invoices", [])]
    if any("review" in each for each in (record, *record.get("invoices", []))):
        yield f"{key}: the stored record has a review"
    outdated = 0
    for entry in entries:
        is_present = entry.etag == etag
        if not is_present or not _is_shown(entry, read):
            outdated += 1
            open_ones = [each["needs_review"] for each in invoices if not verdict_of(each)]
            if is_present and not all(open_ones):
                yield f"{entry.name} is on another reading, and nobody is asked"
        elif not _was_seen(entry, entries):
            yield from _head_problems(entry, _holders(entry, shown, read), entries)
    count = shown.get("review", {}).get("outdated", 0)
    if count != outdated:
        yield f"{key}: {count} outdated entries, not {outdated}"
    for place, invoice in enumerate(invoices, 1):
        yield from _invoice_problems(key, etag, invoice, read[place - 1 : place])


def _is_shown(entry: ReviewEntry, read: list[dict[str, str]]) -> bool:
    """Whether the present reading shows the invoice of an entry; numbers of papers differ."""
    return entry.place >= FIRST_BY_HAND or read.count(dict(entry.read)) == 1


def _was_seen(entry: ReviewEntry, entries: list[ReviewEntry]) -> bool:
    return any(entry.name in other.seen for other in entries)


def _holders(entry: ReviewEntry, shown: Record, read: list[dict[str, str]]) -> list[Record]:
    """Return the shown invoice of an entry; none if it was by hand and is undone."""
    invoices: list[Record] = shown.get("invoices", [])
    if entry.place >= FIRST_BY_HAND:
        return [each for each in invoices if each.get("place") == entry.place]
    return [invoices[read.index(dict(entry.read))]]


def _head_problems(
    entry: ReviewEntry, holders: list[Record], entries: list[ReviewEntry]
) -> Iterator[str]:
    """An entry that no other one has seen holds, or its conflict is shown with the values before.

    Args:
        entry: the entry.
        holders: the invoice that shows it.
        entries: all entries on the input.
    """
    decision = entry.decision
    if not holders:
        if decision.verdict is not None:
            yield f"{entry.name} is not shown"
        return
    [invoice] = holders
    review = invoice.get("review") or {}
    conflict = review.get("conflict")
    if conflict is None:
        if _said(invoice, entry) != (review.get("verdict"), texts_of(invoice)):
            yield f"{entry.name} does not hold, and no conflict is shown"
        return
    if entry.name not in conflict or not invoice["needs_review"]:
        yield f"{entry.name} is missing in the conflict, or nobody is asked"
    own = [each for each in entries if each.place == entry.place or each.read == entry.read]
    before = _held_before(own, conflict)
    text = before.decision.fields.get("number") if before else None
    if texts_of(invoice)["number"] != (text or entry.read.get("number", "")):
        yield f"{entry.name}: the conflict has a value that nobody decided on before"


def _said(invoice: Record, entry: ReviewEntry) -> tuple[str | None, dict[str, str]]:
    """Return verdict and texts of an invoice if an entry holds."""
    verdict = entry.decision.verdict
    texts = {**texts_of(invoice), **entry.read, **entry.decision.fields}
    return verdict.value if verdict else None, texts


def _held_before(entries: list[ReviewEntry], names: list[str]) -> ReviewEntry | None:
    """Return the entry that held before a conflict, which may have been one of an earlier one.

    Args:
        entries: the entries on the invoice.
        names: those that contradict each other.
    """
    before = [each for each in entries if all(_is_below(each, name, entries) for name in names)]
    latest = [each for each in before if not _was_seen(each, before)]
    said = {_decided(each) for each in latest}
    if len(said) <= 1:
        return latest[0] if latest else None
    return _held_before(before, [each.name for each in latest])


def _decided(entry: ReviewEntry) -> tuple[object, ...]:
    texts = {**entry.read, **entry.decision.fields}
    return entry.decision.verdict, entry.decision.duplicate_of, *sorted(texts.items())


def _is_below(entry: ReviewEntry, name: str, entries: list[ReviewEntry]) -> bool:
    """Whether the author of an entry knew another one, or one that knew it."""
    by_name = {each.name: each for each in entries}
    known, open_names = set[str](), [name]
    while open_names:
        for seen in by_name[open_names.pop()].seen:
            if seen in by_name and seen not in known:
                known.add(seen)
                open_names.append(seen)
    return entry.name in known


def _invoice_problems(
    key: str, etag: str, invoice: Record, read: list[dict[str, str]]
) -> Iterator[str]:
    """A number is of this paper of this content; without a decision, it is the one that was read.

    Args:
        key: the input.
        etag: its present content.
        invoice: an invoice as it is shown.
        read: its texts in the stored record; none by hand.
    """
    number = str(invoice["number"])
    if not is_of(number, etag, paper_of(read[0] if read else {})):
        yield f"{key}: {number} is of another paper or content"
    if verdict_of(invoice) is None and read and number != read[0]["number"]:
        yield f"{key}: {number} was neither read nor decided on"


def _index_problems(world: World, shown: Mapping[str, Record]) -> Iterator[str]:
    """After a sweep, the index and the API know all invoices by their present numbers."""
    found: dict[tuple[str, str], list[Appearance]] = {}
    for key, record in shown.items():
        for itself in identities(record.get("invoices")):
            appearance = Appearance(key, record["source"]["uploaded_at"])
            found.setdefault(itself, []).append(appearance)
            if LAYOUT.appearance_key(*itself, appearance) not in world.bucket.objects:
                yield f"{key}: {itself} is not in the index"
    for key, record in shown.items():
        for invoice in record.get("invoices", []):
            own = identity(invoice)
            if own is None or verdict_of(invoice) == "duplicate":
                continue
            first = first_appearance(found[own])
            expected = first.key if first and first.key != key else None
            if invoice["duplicate_of"] not in {expected, key}:
                yield f"{key} repeats {invoice['duplicate_of']}, not {expected}"
