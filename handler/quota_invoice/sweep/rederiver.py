"""The present rules, applied to the records in the bucket; nothing is sent to OCR."""

from __future__ import annotations

from quota_invoice.obs.objects import Entry, ObjectStore
from quota_invoice.pipeline import Outcome
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import Status, etag_of
from quota_invoice.records.rederivation import rederived, source_of_record
from quota_invoice.records.stored import replace_record
from quota_invoice.settings.settings import Settings

_COMPARED = ("schema", "invoices", "rules")


class Rederiver:
    """Brings records up to the present rules; threads may share it.

    A record is written only if its findings or the version of its rules change, and its input still
    has the content that was read. Corrections by people are objects of their own and stay. It may
    be stopped at any moment and run again.

    Args:
        settings: bucket, layout and the rules' settings.
        store: the bucket.
        is_dry: whether nothing is written.
    """

    def __init__(self, settings: Settings, store: ObjectStore, *, is_dry: bool = False) -> None:
        self._settings = settings
        self._store = store
        self._index = AppearanceIndex(store, settings.layout)
        self._is_dry = is_dry

    def run(self, entry: Entry) -> Outcome:
        """Apply the rules to an input's record.

        Args:
            entry: the input's line of the listing.

        Returns:
            ``REDERIVED``, ``RENUMBERED``, ``UNCHANGED``, ``UNUSABLE``; ``GONE`` if the present
            content has no record.

        Raises:
            StoreError: the bucket refused a request or was not reached.
        """
        bucket, key = self._settings.bucket, self._settings.layout.record_key(entry.key)
        record = self._store.read(bucket, key)
        if record is None or etag_of(record) != entry.etag:
            return Outcome.GONE
        if record.get("status") != Status.RECOGNIZED.value:
            return Outcome.UNUSABLE
        try:
            new = rederived(record, self._settings.confidence_below)
        except ValueError:
            return Outcome.UNUSABLE
        source = source_of_record(new)
        if not self._is_dry:
            self._index.note(source, new)
        new = self._index.derive(new)
        if all(record.get(name) == new[name] for name in _COMPARED):
            return Outcome.UNCHANGED
        layout = self._settings.layout
        if self._is_dry or replace_record(self._store, layout, record, new):
            stayed = record.get("invoices") == new["invoices"]
            return Outcome.RENUMBERED if stayed else Outcome.REDERIVED
        return Outcome.GONE
