"""One entry of a review: a person's decision on one invoice, as an object of the bucket.

Entries are only ever added. Each one names the entries that its author saw, so that two that were
written at the same moment both stay, and readers can tell that they contradict each other. Each one
also holds the texts that the OCR service had read: a later reading of the same content may have its
invoices in another order, or other texts that nobody has compared with the image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from quota_invoice.invoice.fields import NAMES

SCHEMA = "quota-invoice-review/1"
FIRST_BY_HAND = 100_001
"""The first place of invoices that people enter by hand, beyond those of any record: a later
reading of the file with more invoices takes none of them."""
_LONGEST_TEXT = 10_000  # characters
_MOST_VALUES = 1000  # of one member
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
    """

    verdict: Verdict | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    duplicate_of: str | None = None
    accepted: tuple[str, ...] = ()


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
        place: the invoice's place among those of the record, from 1; from ``FIRST_BY_HAND`` that of
            an invoice that the OCR service did not read, and a person entered.
        read: the texts that the OCR service had read, by the field's name; empty for an invoice
            that was entered by hand.
        processed_at: the time of the reading, as the record says it.
        decision: the invoice's state from now on.
        changes: the fields that differ from the state that the person saw.
        seen: the names of the latest entries on this invoice that the person saw.
        revision: the revision that the person saw; see ``quota_invoice.reviews.states.revision``.
        by: the person.
        at: the time, in UTC.
        reason: the person's own words; may be empty.
        undoes: the name of the entry that this one takes back; None if it is no undo. The decision
            is the one that held before that entry.
    """

    name: str
    key: str
    etag: str
    place: int
    read: Mapping[str, str]
    processed_at: str | None
    decision: Decision
    changes: tuple[Change, ...]
    seen: tuple[str, ...]
    revision: str
    by: str
    at: str
    reason: str = ""
    undoes: str | None = None

    @property
    def is_by_hand(self) -> bool:
        """Whether the OCR service read no such invoice, and a person entered it."""
        return self.place >= FIRST_BY_HAND

    def to_json(self) -> dict[str, Any]:
        """Return the content of the entry's object."""
        decision = self.decision
        return {
            "schema": SCHEMA,
            "key": self.key,
            "etag": self.etag,
            "invoice": self.place,
            "read": dict(self.read),
            "processed_at": self.processed_at,
            "by": self.by,
            "at": self.at,
            "verdict": decision.verdict.value if decision.verdict else None,
            "fields": dict(decision.fields),
            "duplicate_of": decision.duplicate_of,
            "accepted": list(decision.accepted),
            "changes": [change._asdict() for change in self.changes],
            "reason": self.reason,
            "revision": self.revision,
            "seen": list(self.seen),
            "undoes": self.undoes,
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
        return ReviewEntry(
            name,
            _text(value["key"]),
            _text(value["etag"]),
            _place(value["invoice"]),
            _texts_by_field(value["read"]),
            _text_or_none(value["processed_at"]),
            _decision(value),
            tuple(
                Change(_field(each["field"]), _text(each["before"]), _text(each["after"]))
                for each in _list(value["changes"])
            ),
            tuple(map(_text, _list(value["seen"]))),
            _text(value["revision"]),
            _text(value["by"]),
            _text(value["at"]),
            _text(value["reason"]),
            _text_or_none(value.get("undoes")),  # entries of former versions lack it
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"{name} lacks a member, or has one of another type: {error}"
        raise ValueError(message) from None


def _decision(value: Mapping[str, Any]) -> Decision:
    verdict = Verdict(value["verdict"]) if value["verdict"] is not None else None
    decision = Decision(
        verdict,
        _texts_by_field(value["fields"]),
        _text_or_none(value["duplicate_of"]),
        tuple(map(_text, _list(value["accepted"]))),
    )
    if (decision.duplicate_of is not None) != (verdict is Verdict.DUPLICATE):
        raise TypeError("a duplicate names the other input, and nothing else does")
    if verdict is None and decision.fields:
        raise TypeError("texts without a verdict")
    return decision


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise TypeError("a text is missing or too long")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST_VALUES:
        raise TypeError("a list is missing or too long")
    return value


def _texts_by_field(value: Mapping[str, object]) -> dict[str, str]:
    return {_field(name): _text(text) for name, text in value.items()}


def _field(value: object) -> str:
    if value not in NAMES:
        raise TypeError("an unknown field")
    return str(value)


def _place(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError("the place of an invoice is a number from 1")
    return value
