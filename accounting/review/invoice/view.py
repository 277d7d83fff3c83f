"""The data of one invoice's page, for its templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any, NamedTuple

from accounting.review.invoice.decisions import plain
from accounting.review.invoice.reviewed import Reviewed, invoice_at, texts_at
from quota_invoice.invoice.duplicates import RULE as DUPLICATE_RULE
from quota_invoice.invoice.duplicates import identity
from quota_invoice.invoice.fields import NAMES
from quota_invoice.invoice.rules import RULES
from quota_invoice.reviews.effective import CONFLICT, texts_of
from quota_invoice.reviews.entry import Decision, ReviewEntry
from quota_invoice.times import parse_time

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
_CHINA = timezone(timedelta(hours=8))
_VERY_LOW = 0.6  # a confidence below it is shown in the colour of serious findings
_FIELD_WORDS = {"code": "code", "number": "number", "place": "location", "amount": "amount"}
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


class Sibling(NamedTuple):
    """Another invoice of the same file: its place, a name for it, its page and its polygon."""

    place: int
    title: str
    page: int
    polygon: list[list[int]] | None
    is_present: bool


@dataclass(frozen=True)
class Typed:
    """The input of a person that was not saved: it stays in the form."""

    texts: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    duplicate_of: str = ""
    action: str = "save"


@dataclass(frozen=True)
class InvoiceView:
    """Everything that the page of one invoice shows; texts are not escaped.

    Attributes:
        key: the input's key.
        place: the invoice's place.
        status: the input's status: ``recognized``, ``failed``, ``pending`` or ``gone``.
        page: the page of the file that shows it.
        etag: the content's ETag.
        uploaded_at: the time of the upload, as the bucket says.
        fields: the fields, in the order of the paper.
        target: the name of the field that digits go into.
        findings: the findings on its texts, and on its duplicates.
        file_findings: those on the whole file.
        siblings: all invoices of the file.
        verdict: the verdict that holds, or None.
        verdict_by: the person.
        duplicate_of: the input that shows the same invoice first.
        history: the entries on this invoice, the last one first.
        outdated: the entries on former contents, likewise.
        versions: the decisions that contradict each other.
        revision: the revision of the state.
        next_place: the place of an invoice that a person adds.
        is_by_hand: whether the OCR service read no such invoice.
        reason: the failure in words, of an input that was not read.
    """

    key: str
    place: int
    status: str
    page: int
    etag: str
    uploaded_at: str
    fields: list[FieldView]
    target: str
    findings: list[FindingView]
    file_findings: list[FindingView]
    siblings: list[Sibling]
    verdict: str | None
    verdict_by: str
    duplicate_of: str | None
    history: list[EntryView]
    outdated: list[EntryView]
    versions: list[EntryView]
    revision: str
    next_place: int
    is_by_hand: bool
    reason: str

    @property
    def name(self) -> str:
        """The input's name without its folders, with signs that nobody sees made visible."""
        return visible(self.key.rpartition("/")[2])

    @property
    def shown_key(self) -> str:
        """The input's key, likewise."""
        return visible(self.key)

    @property
    def polygons(self) -> list[Sibling]:
        """The invoices on the page that is shown, if their polygons are known."""
        return [each for each in self.siblings if each.polygon and each.page == self.page]

    @property
    def is_decidable(self) -> bool:
        """Whether a decision can be made: the input has been read, or has failed."""
        return self.status != "pending"

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to undo; one of two that contradict is chosen instead."""
        return bool(self.history) and self.verdict is not None and not self.versions


def visible(text: str) -> str:
    r"""Return a text whose signs for the direction of writing, and other unseen ones, are visible.

    >>> visible("gpj\u202eexe.jpg")
    'gpj[U+202E]exe.jpg'
    """
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def view_of(
    reviewed: Reviewed, place: int, language: str, record: Mapping[str, Any] | None = None
) -> InvoiceView:
    """Return the data of a page.

    Args:
        reviewed: the input.
        place: the invoice's place.
        language: ``zh`` or ``en``.
        record: its effective record with the duplicates that are known now; without them if None.
    """
    record = reviewed.effective() if record is None else record
    invoice = invoice_at(record, place) or {}
    read, state = reviewed.read_invoice(place), reviewed.state(place)
    findings = finding_views(invoice.get("findings", ()), language)
    shown = field_views(invoice, texts_of(read), reviewed.confidence_below, language, findings)
    decision, uploaded = state.decision, reviewed.source and reviewed.source.uploaded_at
    return InvoiceView(
        reviewed.key,
        place,
        status_of(reviewed),
        _page(invoice),
        reviewed.etag,
        uploaded or "",
        shown,
        target_of(shown),
        [each for each in findings if is_of_texts(each.code)],
        [each for each in findings if not is_of_texts(each.code)],
        siblings_of(record, place),
        decision.verdict.value if decision.verdict else None,
        state.latest[-1].by if state.latest else "",
        invoice.get("duplicate_of"),
        [entry_view(each, read, language) for each in reversed(state.entries)],
        [
            entry_view(each, None, language)
            for each in reversed(reviewed.outdated)
            if each.place == place
        ],
        [entry_view(each, read, language) for each in state.latest] if state.is_conflict else [],
        reviewed.revision(place),
        reviewed.next_place(),
        read is None,
        _sentence((reviewed.record.get("error") or {}).get("message"), language),
    )


def status_of(reviewed: Reviewed) -> str:
    """Return the word of an input's status."""
    if reviewed.source is None:
        return "gone"
    return str(reviewed.record.get("status") or "pending")


def field_views(
    invoice: Mapping[str, Any],
    read: Mapping[str, str],
    confidence_below: float,
    language: str,
    findings: Iterable[FindingView],
) -> list[FieldView]:
    """Return the fields of an effective invoice."""
    texts, confidence = texts_of(invoice), invoice.get("confidence") or {}
    named = {_field_of(each.code): each.level for each in findings if each.level != "info"}
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
                None if value is None or value != value else round(100 * value),  # noqa: PLR0124 - NaN
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
            _sentence(each.get("message"), language),
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
    """
    rule, _, name = code.partition(".")
    return name if name in NAMES else _FIELD_WORDS.get(rule.rpartition("_")[2])


def siblings_of(record: Mapping[str, Any], place: int) -> list[Sibling]:
    """Return all invoices of an effective record."""
    invoices = record.get("invoices")
    shown = []
    for at, each in enumerate(invoices if isinstance(invoices, list) else [], 1):
        own, texts = int(each.get("place", at)), texts_of(each)
        title = plain(texts["number"] or texts["code"]) or "–"
        amount = plain(texts["amount"])
        shown.append(
            Sibling(own, f"{title} {amount}".strip(), _page(each), _polygon(each), own == place)
        )
    return shown


def _polygon(invoice: Mapping[str, Any]) -> list[list[int]] | None:
    found = invoice.get("polygon")
    is_sound = isinstance(found, list) and all(
        isinstance(corner, list) and [type(each) for each in corner] == [int, int]
        for corner in found
    )
    return found if is_sound and found else None


def _page(invoice: Mapping[str, Any]) -> int:
    page = invoice.get("page")
    return page if isinstance(page, int) and page > 0 else 1


def entry_view(entry: ReviewEntry, read: Mapping[str, Any] | None, language: str) -> EntryView:
    """Return an entry in words."""
    decision: Decision = entry.decision
    labels = {name: getattr(label, language) for name, label in NAMES.items()}
    texts = texts_of(read) | dict(decision.fields)
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


def _sentence(message: object, language: str) -> str:
    """Return a message of a record in a language; in schema 1, it is one text."""
    if isinstance(message, Mapping):
        return plain(str(message.get(language) or message.get("en") or ""))
    return plain(message) if isinstance(message, str) else ""


class Twin(NamedTuple):
    """The input that shows the same invoice: its key, place, page, ETag and texts."""

    key: str
    place: int
    page: int
    etag: str
    texts: list[tuple[str, str, bool]]
    """Label, text, and whether it is the same, of each field."""

    @property
    def shown_key(self) -> str:
        """The key with signs that nobody sees made visible."""
        return visible(self.key)


def twin_of(own: Mapping[str, Any], other: Reviewed, language: str, own_place: int = 0) -> Twin:
    """Return the invoice of another input, or of the same one, that is the same.

    Args:
        own: the invoice that repeats it.
        other: the input that shows it first.
        language: ``zh`` or ``en``.
        own_place: the place of ``own``, if the input is the same one.
    """
    record, wanted = other.effective(), identity(own)
    places = [each.place for each in siblings_of(record, 0) if each.place != own_place]
    same = [each for each in places if wanted and identity(invoice_at(record, each)) == wanted]
    place = (same or places or [1])[0]
    texts, own_texts = texts_at(record, place), texts_of(own)
    return Twin(
        other.key,
        place,
        _page(invoice_at(record, place) or {}),
        other.etag,
        [
            (getattr(label, language), plain(texts[name]), texts[name] == own_texts[name])
            for name, label in NAMES.items()
        ],
    )
