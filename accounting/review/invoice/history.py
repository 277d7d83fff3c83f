"""The entries on an invoice, as the page shows them."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import NamedTuple

from accounting.review.invoice.words import plain, visible
from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.entry import ReviewEntry
from quota_invoice.times import parse_time

_CHINA = timezone(timedelta(hours=8))


class EntryView(NamedTuple):
    """One entry of the history.

    Attributes:
        name: the entry's name.
        by: the person.
        at: the time, in China.
        verdict: the verdict's word; ``undone`` for none.
        changes: name of the field, text before, text after.
        duplicate_of: the input that it names.
        reason: the person's words.
        texts: the texts of all fields after it.
    """

    name: str
    by: str
    at: str
    verdict: str
    changes: list[tuple[str, str, str]]
    duplicate_of: str | None
    reason: str
    texts: dict[str, str]


def entry_view(entry: ReviewEntry, language: str) -> EntryView:
    """Return an entry in words."""
    decision = entry.decision
    labels = {name: getattr(label, language) for name, label in NAMES.items()}
    texts = dict.fromkeys(NAMES, "") | dict(entry.read) | dict(decision.fields)
    return EntryView(
        entry.name,
        entry.by,
        china_time(entry.at),
        decision.verdict.value if decision.verdict else "undone",
        [(labels[each.field], plain(each.before), plain(each.after)) for each in entry.changes],
        None if decision.duplicate_of is None else visible(decision.duplicate_of),
        visible(entry.reason),
        {name: plain(text) for name, text in texts.items()},
    )


def china_time(text: str) -> str:
    """Return a time as people in China read it.

    >>> china_time("2026-11-26T16:30:00.123Z")
    '2026-11-27 00:30'
    """
    moment = parse_time(text)
    return f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M}" if moment else plain(text)
