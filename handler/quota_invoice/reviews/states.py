"""The state of each invoice by the entries of its reviews: the latest decision, or a conflict."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.entry import Decision, ReviewEntry

_REVISION_DIGITS = 32


class InvoiceState(NamedTuple):
    """The state of one invoice.

    Attributes:
        decision: the decision that holds; of a conflict, the one before the entries that
            contradict each other.
        latest: the entries that no other one has seen: one, or several at the same moment.
        is_conflict: whether the latest entries decide differently.
        entries: all entries on this invoice, in the order of their names.
    """

    decision: Decision = Decision()
    latest: tuple[ReviewEntry, ...] = ()
    is_conflict: bool = False
    entries: tuple[ReviewEntry, ...] = ()


def states(record: Mapping[str, Any], entries: Iterable[ReviewEntry]) -> dict[int, InvoiceState]:
    """Return the states of a file's invoices by their places.

    Args:
        record: the record or failure record of the present content.
        entries: the entries on the file; those on another content or reading do not count.
    """
    by_place: dict[int, list[ReviewEntry]] = defaultdict(list)
    for entry, place in _places(record, entries):
        if place is not None:
            by_place[place].append(entry)
    return {place: _state(each) for place, each in sorted(by_place.items())}


def outdated(record: Mapping[str, Any], entries: Iterable[ReviewEntry]) -> list[ReviewEntry]:
    """Return the entries that apply no longer.

    They are on another content of the file, or on an invoice that the present reading of the same
    content does not show.
    """
    return [entry for entry, place in _places(record, entries) if place is None]


def etag_of_record(record: Mapping[str, Any]) -> str | None:
    """Return the ETag of the content that a record stands for; None if it has no source."""
    source = record.get("source")
    etag = source.get("etag") if isinstance(source, Mapping) else None
    return etag if isinstance(etag, str) else None


def invoices_of(record: Mapping[str, Any]) -> list[Any]:
    """Return the invoices of a record; none of a failure record."""
    invoices = record.get("invoices")
    return list(invoices) if isinstance(invoices, list) else []


def texts_of(invoice: object) -> dict[str, str]:
    """Return the texts of an invoice entry's fields, by their names; empty ones for none."""
    entry = invoice if isinstance(invoice, Mapping) else {}
    texts = {name: entry.get(name) for name in NAMES}
    amount = texts["amount"]
    texts["amount"] = amount.get("text") if isinstance(amount, Mapping) else amount
    return {name: text if isinstance(text, str) else "" for name, text in texts.items()}


def revision(etag: str, invoice: Mapping[str, object] | None, state: InvoiceState) -> str:
    """Return the revision of an invoice: another one whenever an editor would see another state.

    Args:
        etag: the ETag of the file's content.
        invoice: the invoice as the record has it; None if a person enters it by hand.
        state: its state.
    """
    read = sorted(texts_of(invoice).items())
    seen = [etag, read, sorted(entry.name for entry in state.latest)]
    return sha256(json.dumps(seen).encode()).hexdigest()[:_REVISION_DIGITS]


def _places(
    record: Mapping[str, Any], entries: Iterable[ReviewEntry]
) -> list[tuple[ReviewEntry, int | None]]:
    """Return the entries in the order of their names, each with the place that it applies to."""
    etag, read = etag_of_record(record), [texts_of(each) for each in invoices_of(record)]
    return [
        (entry, _place(entry, read) if entry.etag == etag else None)
        for entry in sorted(entries, key=lambda each: each.name)
    ]


def _place(entry: ReviewEntry, read: list[dict[str, str]]) -> int | None:
    """Return the place of the invoice that the person saw; None if this reading lacks it."""
    if entry.is_by_hand:
        return entry.place
    places = [place for place, texts in enumerate(read, 1) if texts == entry.read]
    if entry.place in places:
        return entry.place
    return places[0] if len(places) == 1 else None


def _state(entries: list[ReviewEntry]) -> InvoiceState:
    by_name = {entry.name: entry for entry in entries}
    seen = {name for entry in entries for name in entry.seen}
    latest = [entry for entry in entries if entry.name not in seen]
    covered = set().union(*(_ancestors(entry, by_name) for entry in latest))
    # No entry can see itself or one that sees it, but another program may have written anything.
    latest += [entry for entry in entries if entry.name in seen - covered]
    if len({_comparable(entry) for entry in latest}) == 1:
        accepted = {code: None for entry in latest for code in entry.decision.accepted}
        decision = replace(latest[-1].decision, accepted=tuple(accepted))
        return InvoiceState(decision, tuple(latest), entries=tuple(entries))
    state = InvoiceState(Decision(), tuple(latest), is_conflict=True, entries=tuple(entries))
    return state._replace(decision=state_before(state, latest).decision)


def state_before(state: InvoiceState, made: Iterable[ReviewEntry]) -> InvoiceState:
    """Return the state that some entries of a state were all made on.

    >>> state_before(InvoiceState(), ()) == InvoiceState()
    True
    """
    by_name = {entry.name: entry for entry in state.entries}
    made = list(made)
    seen = [_ancestors(entry, by_name) for entry in made]
    common = set.intersection(*seen) if seen else set()
    common -= {entry.name for entry in made}
    # The times of two servers differ: what was seen tells the order, not the names.
    before = [entry for entry in state.entries if entry.name in common]
    return _state(before) if before else InvoiceState()


def _comparable(entry: ReviewEntry) -> tuple[object, ...]:
    """Return what two entries must have in common to say the same."""
    texts = {**entry.read, **entry.decision.fields}
    return entry.decision.verdict, tuple(sorted(texts.items())), entry.decision.duplicate_of


def _ancestors(entry: ReviewEntry, by_name: Mapping[str, ReviewEntry]) -> set[str]:
    """Return the names of the entries that an entry builds on."""
    found: set[str] = set()
    open_names = list(entry.seen)
    while open_names:
        name = open_names.pop()
        if name in by_name and name not in found:
            found.add(name)
            open_names += by_name[name].seen
    return found
