"""The state of each invoice by the entries of its reviews: the latest decision, or a conflict."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.entry import Decision, ReviewEntry

_REVISION_DIGITS = 32


class InvoiceState(NamedTuple):
    """The state of one invoice.

    Attributes:
        decision: the decision that holds; of a conflict, the last one before the entries that
            contradict each other.
        latest: the entries that no other one has seen: one, or several at the same moment.
        is_conflict: whether the latest entries decide differently.
        entries: all entries on this invoice and content, in the order of their times.
    """

    decision: Decision = Decision()
    latest: tuple[ReviewEntry, ...] = ()
    is_conflict: bool = False
    entries: tuple[ReviewEntry, ...] = ()


def states(entries: Iterable[ReviewEntry], etag: str | None) -> dict[int, InvoiceState]:
    """Return the states of a file's invoices by their places.

    Args:
        entries: the entries on the file; those on another content do not count.
        etag: the ETag of the content.
    """
    by_place: dict[int, list[ReviewEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda each: each.name):
        if entry.etag == etag:
            by_place[entry.place].append(entry)
    return {place: _state(each) for place, each in sorted(by_place.items())}


def outdated(entries: Iterable[ReviewEntry], etag: str | None) -> list[ReviewEntry]:
    """Return the entries on other contents of the file, which apply no longer."""
    return sorted((each for each in entries if each.etag != etag), key=lambda each: each.name)


def revision(etag: str, invoice: Mapping[str, object] | None, state: InvoiceState) -> str:
    """Return the revision of an invoice: another one whenever an editor would see another state.

    Args:
        etag: the ETag of the file's content.
        invoice: the invoice as the record has it; None if a person enters it by hand.
        state: its state.
    """
    read = [str((invoice or {}).get(name) or "") for name in NAMES if name != "amount"]
    amount = (invoice or {}).get("amount")
    read.append(str(amount.get("text") or "") if isinstance(amount, Mapping) else "")
    seen = [etag, read, sorted(entry.name for entry in state.latest)]
    return sha256(json.dumps(seen).encode()).hexdigest()[:_REVISION_DIGITS]


def _state(entries: list[ReviewEntry]) -> InvoiceState:
    names = {entry.name for entry in entries}
    seen = {name for entry in entries for name in entry.seen}
    latest = tuple(entry for entry in entries if entry.name not in seen)
    # No entry can see a later one, but another program may have written anything.
    latest = latest or (entries[-1],)
    if len({_comparable(entry.decision) for entry in latest}) == 1:
        return InvoiceState(latest[-1].decision, latest, entries=tuple(entries))
    by_name = {entry.name: entry for entry in entries}
    common = set.intersection(*(_ancestors(entry, by_name) for entry in latest)) & names
    decision = by_name[max(common)].decision if common else Decision()
    decision = replace(decision, is_by_hand=latest[0].decision.is_by_hand)
    return InvoiceState(decision, latest, is_conflict=True, entries=tuple(entries))


def _comparable(decision: Decision) -> tuple[object, ...]:
    """Return what two decisions must have in common to say the same."""
    fields = tuple(sorted(decision.fields.items()))
    return decision.verdict, fields, decision.duplicate_of, decision.is_by_hand


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
