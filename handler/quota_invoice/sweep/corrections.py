"""The index's appearances of invoices as people corrected them or entered them by hand.

People's programs do not write to the index. A sweep does it for the decisions that came since the
last complete round, which a listing shows; no entry is read again and again.
"""

from __future__ import annotations

from quota_invoice.errors import ObjectUnavailable, StoreError
from quota_invoice.invoice.duplicates import identities, identity
from quota_invoice.obs.objects import Entry, ObjectStore, Source
from quota_invoice.obs.walk import Finding, OrderedListing
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import etag_of
from quota_invoice.records.stored import stored_record
from quota_invoice.reviews.store import read_effective
from quota_invoice.settings.settings import Settings


class Corrections:
    """Finds and notes the corrections of one sweep; threads may share ``note``.

    Args:
        settings: bucket, layout and the rules' settings.
        store: the bucket.

    Attributes:
        has_failed: whether appearances could not be noted, so that the next round must look at the
            same decisions again.
    """

    def __init__(self, settings: Settings, store: ObjectStore) -> None:
        self._settings = settings
        self._layout = settings.layout
        self._bucket = settings.bucket
        self._store = store
        self.has_failed = False
        self._index = AppearanceIndex(store, settings.layout)
        self._listing = OrderedListing(
            lambda prefix, after: store.listing(self._bucket, prefix, after),
            self._layout.reviews_prefix,
        )

    def are_new(self, finding: Finding, since: str) -> bool:
        """Whether an input has entries of reviews from a time on.

        Inputs are asked for in the order of their keys, by one thread.

        Args:
            finding: the input.
            since: the time, UTC; empty to ask for none.
        """
        if not since:
            return False
        folder = self._layout.reviews_folder(finding.entry.key)
        if finding.is_ordered and not self._listing.is_behind(folder):
            listed = self._listing.take_all(folder)
        else:
            listed = list(self._store.listing(self._bucket, folder))
        return any(each.modified_at >= since for each in listed)

    def note(self, entry: Entry) -> None:
        """Note the appearances of an input that its record does not show.

        Raises:
            StoreError: the bucket refused a request or was not reached.
        """
        try:
            self._note(entry)
        except ObjectUnavailable:  # an entry in the archive must not stop every round
            return
        except StoreError:
            self.has_failed = True
            raise

    def _note(self, entry: Entry) -> None:
        source = Source(self._bucket, entry.key, entry.etag, entry.size, None, entry.modified_at)
        for key in (self._layout.record_key(entry.key), self._layout.failure_key(entry.key)):
            record = stored_record(self._store, source, key) or {}
            if etag_of(record) == entry.etag:
                break
        else:
            return
        below = self._settings.confidence_below
        new = read_effective(self._store, self._layout, self._bucket, record, below)
        known = identities(record.get("invoices"))
        further = [each for each in new.get("invoices", ()) if identity(each) not in known]
        uploaded_at = record["source"].get("uploaded_at")
        shown = Source(self._bucket, entry.key, entry.etag, entry.size, None, uploaded_at)
        self._index.note(shown, {"invoices": further})
