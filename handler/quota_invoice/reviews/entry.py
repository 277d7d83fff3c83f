"""One entry of a review: a person's decision on one invoice, as an object of the bucket.

Entries are only ever added. Each one names the entries that its author saw, so that two that were
written at the same moment both stay, and readers can tell that they contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from quota_invoice.invoice.fields import NAMES

SCHEMA = "quota-invoice-review/1"
NAME = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[0-9a-f]{8}")
"""The name of an entry, which sorts by time: the time of writing in UTC, and a random part."""


class Verdict(str, Enum):
    """The state of an invoice after a decision, by its word in entries and records."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    NOT_AN_INVOICE = "not_an_invoice"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Decision:
    """The whole state of an invoice after an entry, so that one entry alone tells it.

    Attributes:
        verdict: None if every former decision was undone.
        fields: the texts that replace those of the OCR service, by the field's name.
        duplicate_of: the key of the input that shows the same invoice; only with ``DUPLICATE``.
        accepted: the codes of the findings that the person saw and accepted.
        is_by_hand: whether the OCR service read no such invoice, and a person entered it.
    """

    verdict: Verdict | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    duplicate_of: str | None = None
    accepted: tuple[str, ...] = ()
    is_by_hand: bool = False


class Change(NamedTuple):
    """A field that an entry changed: its name, and its texts before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class ReviewEntry:
    """One decision of a person.

    Attributes:
        name: the entry's own name; see ``NAME``.
        key: the input's key.
        etag: the ETag of the content that the person saw; the entry applies to no other content.
        place: the invoice's place among those of the record, from 1. A further invoice that was
            entered by hand has a place after them.
        decision: the invoice's state from now on.
        changes: the fields that differ from the state that the person saw.
        seen: the names of the latest entries on this invoice that the person saw.
        revision: the revision that the person saw; see ``quota_invoice.reviews.states.revision``.
        by: the person.
        at: the time, in UTC.
        reason: the person's own words; may be empty.
    """

    name: str
    key: str
    etag: str
    place: int
    decision: Decision
    changes: tuple[Change, ...]
    seen: tuple[str, ...]
    revision: str
    by: str
    at: str
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the content of the entry's object."""
        decision = self.decision
        return {
            "schema": SCHEMA,
            "key": self.key,
            "etag": self.etag,
            "invoice": self.place,
            "by": self.by,
            "at": self.at,
            "verdict": decision.verdict.value if decision.verdict else None,
            "fields": dict(decision.fields),
            "duplicate_of": decision.duplicate_of,
            "accepted": list(decision.accepted),
            "by_hand": decision.is_by_hand,
            "changes": [change._asdict() for change in self.changes],
            "reason": self.reason,
            "revision": self.revision,
            "seen": list(self.seen),
        }


def parse_entry(name: str, value: object) -> ReviewEntry:
    """Return the entry of an object.

    Raises:
        ValueError: it is none of this schema.
    """
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA or not NAME.fullmatch(name):
        message = f"{name} is no entry of a review"
        raise ValueError(message)
    try:
        verdict, duplicate_of = value["verdict"], value["duplicate_of"]
        decision = Decision(
            Verdict(verdict) if verdict is not None else None,
            {_field(each): _text(text) for each, text in value["fields"].items()},
            _text(duplicate_of) if duplicate_of is not None else None,
            tuple(_text(each) for each in value["accepted"]),
            is_by_hand=value["by_hand"] is True,
        )
        return ReviewEntry(
            name,
            _text(value["key"]),
            _text(value["etag"]),
            _place(value["invoice"]),
            decision,
            tuple(
                Change(_field(each["field"]), _text(each["before"]), _text(each["after"]))
                for each in value["changes"]
            ),
            tuple(_text(each) for each in value["seen"]),
            _text(value["revision"]),
            _text(value["by"]),
            _text(value["at"]),
            _text(value["reason"]),
        )
    except (AttributeError, KeyError, TypeError) as error:
        message = f"{name} lacks a member, or has one of another type: {error}"
        raise ValueError(message) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _field(value: object) -> str:
    if value not in NAMES:
        raise TypeError("an unknown field")
    return str(value)


def _place(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError("the place of an invoice is a number from 1")
    return value
