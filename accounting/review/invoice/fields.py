"""The fields of an invoice and its findings, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from accounting.review.invoice.words import plain, sentence
from accounting.review.texts import percent
from quota_invoice.invoice.duplicates import RULE as DUPLICATE_RULE
from quota_invoice.invoice.fields import NAMES
from quota_invoice.invoice.rules import RULES
from quota_invoice.reviews.effective import CONFLICT
from quota_invoice.reviews.states import texts_of

_VERY_LOW = 0.6  # a confidence below it is shown in the colour of serious findings
# The last words of the rules' names, with the fields that they are about.
_FIELD_WORDS = {
    "code": "code",
    "year": "code",
    "bureau": "code",
    "number": "number",
    "place": "location",
    "amount": "amount",
}
_OF_TEXTS = {*(rule.__name__ for rule in RULES), DUPLICATE_RULE}
_SEVERITIES = {"serious": "bad", "doubt": "doubtful"}


class FieldView(NamedTuple):
    """One field.

    Attributes:
        name: its name.
        label: its name in the language of the page.
        text: the text that counts now.
        read: the text that the OCR service read; None if no person changed it.
        percent: the OCR service's confidence in percent; None if it gave none.
        level: ``good``, ``doubtful`` or ``bad``.
        is_doubtful: whether the confidence or a finding asks a person to look at it.
    """

    name: str
    label: str
    text: str
    read: str | None
    percent: int | None
    level: str
    is_doubtful: bool


class FindingView(NamedTuple):
    """One finding: its code, its level (as a field's, or ``info``) and its sentence."""

    code: str
    level: str
    sentence: str


def field_views(
    invoice: Mapping[str, Any],
    read: Mapping[str, str],
    confidence_below: float,
    language: str,
    findings: Sequence[FindingView],
) -> list[FieldView]:
    """Return the fields of an effective invoice; its serious findings come first."""
    texts, confidence = texts_of(invoice), invoice.get("confidence") or {}
    serious_last = reversed([each for each in findings if each.level != "info"])
    named = {_field_of(each.code): each.level for each in serious_last}
    is_checked = bool((invoice.get("review") or {}).get("verdict"))
    shown = []
    for name, label in NAMES.items():
        value = confidence.get(name)
        value = float(value) if isinstance(value, int | float) else None
        level = "good" if is_checked else _level(value, confidence_below)
        is_doubtful = name in named or level != "good"
        shown.append(
            FieldView(
                name,
                getattr(label, language),
                plain(texts[name]),
                plain(read[name]) if read[name] != texts[name] else None,
                percent(value),
                named.get(name, level),
                is_doubtful,
            )
        )
    return shown


def _level(confidence: float | None, below: float) -> str:
    if confidence is None or not confidence >= _VERY_LOW:
        return "bad"
    return "good" if confidence >= below else "doubtful"


def target_of(fields: Sequence[FieldView]) -> str:
    """Return the field that digits go into: the most doubtful one; else the number.

    A place has no digits.
    """
    doubtful = [each for each in fields if each.is_doubtful and each.name != "location"]
    order = {"bad": 0, "doubtful": 1, "good": 2}
    first = min(doubtful, key=lambda each: (order[each.level], each.percent or 0), default=None)
    return first.name if first else "number"


def is_of_texts(code: str) -> bool:
    """Whether a finding follows from the texts of the fields, which a person may change.

    >>> is_of_texts("malformed_code"), is_of_texts("duplicate"), is_of_texts("unread_pages")
    (True, True, False)
    """
    return code.partition(".")[0] in _OF_TEXTS


def finding_views(findings: Iterable[Mapping[str, Any]], language: str) -> list[FindingView]:
    """Return findings in words, the serious ones first; a conflict has its own place."""
    shown = [
        FindingView(
            str(each["code"]),
            _SEVERITIES.get(str(each["severity"]), "info"),
            sentence(each.get("message"), language),
        )
        for each in findings
        if each["code"] != CONFLICT
    ]
    order = ["bad", "doubtful", "info"]
    return sorted(shown, key=lambda each: order.index(each.level))


def _field_of(code: str) -> str | None:
    """Return the field that a finding is about.

    >>> _field_of("low_confidence.number"), _field_of("malformed_code"), _field_of("duplicate")
    ('number', 'code', None)
    >>> _field_of("early_year"), _field_of("old_local_bureau")
    ('code', 'code')
    """
    rule, _, name = code.partition(".")
    return name if name in NAMES else _FIELD_WORDS.get(rule.rpartition("_")[2])
