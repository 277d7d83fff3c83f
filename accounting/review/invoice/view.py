"""The data of one invoice's page, for its templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from accounting.review.invoice.fields import (
    FieldView,
    FindingView,
    field_views,
    finding_views,
    is_of_texts,
    target_of,
)
from accounting.review.invoice.history import EntryView, entry_view
from accounting.review.invoice.reviewed import Reviewed, invoice_at
from accounting.review.invoice.words import plain, sentence, visible
from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.entry import FIRST_BY_HAND
from quota_invoice.reviews.states import texts_of


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
        outdated: the entries of this input that apply no longer, likewise.
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
    def action(self) -> str:
        """The action that keeps the present verdict; the one of the form at first."""
        return self.verdict if self.verdict in {"not_an_invoice", "duplicate"} else "save"

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to undo; one of two that contradict is chosen instead."""
        return bool(self.history) and self.verdict is not None and not self.versions


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
    seen = reviewed.seen(place)
    read, state = dict.fromkeys(NAMES, "") | dict(seen.read), seen.state
    findings = finding_views(invoice.get("findings", ()), language)
    shown = field_views(invoice, read, reviewed.confidence_below, language, findings)
    decision, uploaded = state.decision, reviewed.source and reviewed.source.uploaded_at
    return InvoiceView(
        reviewed.key,
        place,
        status_of(reviewed),
        page_of(invoice),
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
        [entry_view(each, language) for each in reversed(state.entries)],
        [entry_view(each, language) for each in reversed(reviewed.outdated)],
        [entry_view(each, language) for each in state.latest] if state.is_conflict else [],
        seen.revision,
        reviewed.next_place(),
        place >= FIRST_BY_HAND,
        sentence((reviewed.record.get("error") or {}).get("message"), language),
    )


def status_of(reviewed: Reviewed) -> str:
    """Return the word of an input's status."""
    if reviewed.source is None:
        return "gone"
    return str(reviewed.record.get("status") or "pending")


def siblings_of(record: Mapping[str, Any], place: int) -> list[Sibling]:
    """Return all invoices of an effective record."""
    invoices = record.get("invoices")
    shown = []
    for at, each in enumerate(invoices if isinstance(invoices, list) else [], 1):
        own, texts = int(each.get("place", at)), texts_of(each)
        title = plain(texts["number"] or texts["code"]) or "–"
        amount = plain(texts["amount"])
        shown.append(
            Sibling(own, f"{title} {amount}".strip(), page_of(each), _polygon(each), own == place)
        )
    return shown


def _polygon(invoice: Mapping[str, Any]) -> list[list[int]] | None:
    found = invoice.get("polygon")
    is_sound = isinstance(found, list) and all(
        isinstance(corner, list) and [type(each) for each in corner] == [int, int]
        for corner in found
    )
    return found if is_sound and found else None


def page_of(invoice: Mapping[str, Any]) -> int:
    """Return the page that shows an invoice; 1 for a file without pages."""
    page = invoice.get("page")
    return page if isinstance(page, int) and page > 0 else 1
