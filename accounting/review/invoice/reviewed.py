"""One input as the bucket has it now: its record, and the entries of its reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounting.bucket import Bucket
from accounting.review.queue.rows import Position
from quota_invoice.errors import ObjectUnavailable, StoreError
from quota_invoice.invoice.duplicates import identity, name_duplicates
from quota_invoice.invoice.fields import CONFIDENCE_BELOW
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import Status, etag_of
from quota_invoice.reviews.decide import InvoiceView, new_place, view
from quota_invoice.reviews.effective import effective_record
from quota_invoice.reviews.entry import FIRST_BY_HAND, ReviewEntry
from quota_invoice.reviews.states import InvoiceState, invoices_of, outdated, texts_of
from quota_invoice.reviews.store import read_effective, read_entries


@dataclass(frozen=True)
class Reviewed:
    """An input and the decisions on it.

    Attributes:
        key: the input's key.
        source: the object; None if it is gone.
        kind: the kind of its content.
        record: its record or failure record; empty while there is none of its content.
        entries: the entries on it, those on former contents included.
        confidence_below: a field with a lower confidence is doubtful.
    """

    key: str
    source: Source | None
    kind: Kind
    record: Mapping[str, Any]
    entries: tuple[ReviewEntry, ...]
    confidence_below: float = CONFIDENCE_BELOW

    @property
    def etag(self) -> str:
        """The ETag of the content that a decision is on."""
        return etag_of(self.record) or (self.source.etag if self.source else "")

    def seen(self, place: int) -> InvoiceView:
        """Return an invoice as a person sees it now.

        Raises:
            LookupError: there is no such invoice.
        """
        if not self.record:
            return InvoiceView(self.key, self.etag, place, None, {}, InvoiceState(), "")
        return view(self.record, self.entries, place)

    def has(self, place: int) -> bool:
        """Whether there is such an invoice, or a person may add it."""
        read = len(invoices_of(self.record))
        return 1 <= place <= max(read, not self.record) or (
            FIRST_BY_HAND <= place <= self.next_place()
        )

    @property
    def outdated(self) -> list[ReviewEntry]:
        """The entries that apply no longer."""
        return outdated(self.record, self.entries)

    def effective(self) -> dict[str, Any]:
        """Return the record with people's decisions."""
        return effective_record(self.record, self.entries, self.confidence_below)

    def places(self) -> list[int]:
        """Return the places of all invoices, those that people entered included."""
        found = enumerate(invoices_of(self.effective()), 1)
        return [int(each.get("place", at)) for at, each in found]

    def next_place(self) -> int:
        """Return the place of an invoice that a person adds."""
        return new_place(self.record, self.entries)


def invoice_at(record: Mapping[str, Any], place: int) -> dict[str, Any] | None:
    """Return the invoice of an effective record that has a place; None if there is none."""
    found = enumerate(invoices_of(record), 1)
    return next((each for at, each in found if each.get("place", at) == place), None)


def texts_at(record: Mapping[str, Any], place: int) -> dict[str, str]:
    """Return the texts of an invoice of an effective record; empty ones if there is none."""
    return texts_of(invoice_at(record, place))


def load(bucket: Bucket, key: str, confidence_below: float = CONFIDENCE_BELOW) -> Reviewed | None:
    """Read an input; None if there is neither the object nor a record of it."""
    store, layout = bucket.store, bucket.layout
    seen = store.identify(bucket.name, key)
    source = seen.source if seen else None
    record: Mapping[str, Any] = {}
    wanted = (
        (layout.record_key(key), Status.RECOGNIZED),
        (layout.failure_key(key), Status.FAILED),
    )
    for record_key, status in wanted:
        found = store.read(bucket.name, record_key) or {}
        is_present = source is None or etag_of(found) == source.etag
        if found.get("status") == status.value and is_present:
            record = found
            break
    if source is None and not record:
        return None
    entries = tuple(read_entries(store, layout, bucket.name, key))
    kind = kind_of(seen.beginning) if seen else Kind.UNKNOWN
    return Reviewed(key, source, kind, record, entries, confidence_below)


def with_duplicates(
    record: Mapping[str, Any],
    key: str,
    appearances: Callable[[str, str], Sequence[Position]],
    bucket: Bucket | None = None,
) -> dict[str, Any]:
    """Return an effective record with the duplicates that the index knows.

    Of an invoice that the index does not know yet, the record tells.

    Args:
        record: the effective record.
        key: the input's key.
        appearances: the inputs with a code and number, the first appearance first.
        bucket: has the files that people named as first appearances, which are read; None if
            nobody decided on the record.
    """

    def is_missing(invoice: Mapping[str, Any]) -> bool:
        return bucket is not None and _is_first_missing(bucket, key, record, invoice)

    invoices = invoices_of(record)
    if not all("findings" in each for each in invoices):  # another program's record
        return dict(record)
    firsts = {}
    for invoice in invoices:
        itself = identity(invoice)
        if itself is None:
            continue
        found = appearances(*itself)
        first = found[0].key if found else invoice.get("duplicate_of")
        if first and first != key:
            firsts[itself] = first
    return {**record, "invoices": name_duplicates(invoices, key, firsts, is_missing)}


def _is_first_missing(
    bucket: Bucket, key: str, record: Mapping[str, Any], invoice: Mapping[str, Any]
) -> bool:
    """Whether the file that a person named does not count the invoice; false if it is unknown."""

    def reviewed(stored: Mapping[str, Any]) -> dict[str, Any]:
        return read_effective(bucket.store, bucket.layout, bucket.name, stored)

    index = AppearanceIndex(bucket.store, bucket.layout, reviewed)
    try:
        return index.is_first_missing(bucket.name, key, record, invoice)
    except (ObjectUnavailable, StoreError):
        return False
