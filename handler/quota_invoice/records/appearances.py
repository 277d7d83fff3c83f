"""The index of appearances: which objects show an invoice, by its code and number.

Each appearance has one small object, which is written before the index is listed: of two
invocations at the same moment, the later one sees the appearance of the other. The objects come in
the order of uploads, and an appearance counts only while its object and its record say so. So
leftovers of crashes, deletions and replacements do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from quota_invoice.errors import ObjectUnavailable
from quota_invoice.invoice.duplicates import (
    RULE,
    Appearance,
    identities,
    identity,
    is_counted,
    name_duplicates,
    verdict_of,
)
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.records.record import SCHEMA, etag_of
from quota_invoice.records.stored import readable_record, replace_record, stored_record
from quota_invoice.settings.layout import BucketLayout

# Entries of other objects that are looked at for one invoice. Entries of removed objects stay: the
# same content may be uploaded again, has its record then, and is not read again. The ledger
# compares all records, so that it names duplicates beyond these.
_MOST_LOOKED_AT = 8
Reviewed = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Returns a stored record or failure record with people's decisions applied."""


class AppearanceIndex:
    """Reads and writes the index; threads may share it.

    Args:
        store: the bucket.
        layout: the index's prefix.
        reviewed: applies people's decisions to the records of other objects; None to compare them
            as the function wrote them.
    """

    def __init__(
        self, store: ObjectStore, layout: BucketLayout, reviewed: Reviewed | None = None
    ) -> None:
        self._store = store
        self._layout = layout
        self._reviewed = reviewed

    def add(self, source: Source, record: Mapping[str, Any]) -> dict[str, Any]:
        """Note the appearances of a record's invoices, and name those in other objects.

        It sends two requests for each invoice with a well-formed code and number, and three more
        for each earlier appearance. An object whose record is still missing counts: it may be
        written at this moment. If there is no earlier appearance, the first later one that names
        none is named: one of two records must tell the other. Two at the same moment may name
        each other; ``settle`` finds that.

        Args:
            source: the object that shows them.
            record: its record, which is not written yet.
        """
        own = self.note(source, record)
        return self._name(source.bucket, own, record, is_writing=True)

    def note(self, source: Source, record: Mapping[str, Any]) -> Appearance:
        """Note the appearances of a record's invoices; return that of its object."""
        own = Appearance(source.key, source.uploaded_at)
        marker = {"key": source.key, "etag": source.etag}
        for itself in identities(record["invoices"]):
            key = self._layout.appearance_key(*itself, own)
            self._store.write(source.bucket, key, marker)
        return own

    def settle(self, source: Source, record: Mapping[str, Any]) -> None:
        """If a written record and the one that it names name each other, correct the earlier one.

        Each of two invocations at the same moment sees the other's appearance, and neither can know
        whether it was seen. The one whose record is written last finds both. It takes one request
        for each object that the record names. The earlier one may still name a third one, which
        names none.
        """
        own = Appearance(source.key, source.uploaded_at)
        named = {each.get("duplicate_of") for each in record["invoices"]} - {None, own.key}
        for key in sorted(named):
            record_key = self._layout.record_key(key)
            other = readable_record(self._store, source.bucket, record_key) or {}
            if not any(_names(each, own.key) for each in other.get("invoices", ())):
                continue
            appearance = Appearance(key, other["source"].get("uploaded_at"))
            former, first = (record, own) if own.name < appearance.name else (other, appearance)
            self._correct(source.bucket, first, former)

    def _correct(self, bucket: str, own: Appearance, record: Mapping[str, Any]) -> None:
        """Write a record again with the duplicates that are known now.

        An invocation that lists the index meanwhile may still read that this record is a duplicate,
        and then name none itself. So the index is listed once more after the write.
        """
        for _ in range(2):
            corrected = self._name(bucket, own, record, is_writing=True)
            if corrected == record:
                return
            if not replace_record(self._store, self._layout, record, corrected):
                return
            record = corrected

    def derive(
        self, record: Mapping[str, Any], may_ask: Callable[[], bool] = lambda: True
    ) -> dict[str, Any]:
        """Return a stored record with the duplicates that are known now; nothing is written.

        If the file that a person named does not count the invoice, the invoice has a finding; that
        takes a few requests for each such decision.

        A record of schema 1, of a file that is not stored, or without invoices is returned as it
        is.

        Args:
            record: the record, or a failure record; with people's decisions, if they count.
            may_ask: called before each invoice; if it returns false, the invoice keeps the
                duplicate that the record says.
        """
        source = record.get("source")
        has_invoices = isinstance(record.get("invoices"), list)
        if record.get("schema") != SCHEMA or not isinstance(source, Mapping) or not has_invoices:
            return dict(record)
        own = Appearance(str(source.get("key")), source.get("uploaded_at"))
        bucket = str(source.get("bucket"))
        return self._name(bucket, own, record, is_writing=False, may_ask=may_ask)

    def is_first_missing(
        self, bucket: str, own_key: str, record: Mapping[str, Any], invoice: Mapping[str, Any]
    ) -> bool:
        """Whether the file that a person named as the first appearance does not count the invoice.

        Args:
            bucket: the bucket's name.
            own_key: the key of the file that shows the invoice.
            record: its record with people's decisions.
            invoice: the entry that a person found to be a duplicate.
        """
        itself, key = identity(invoice), str(invoice.get("duplicate_of"))
        if key == own_key:
            return not is_counted(record.get("invoices"), itself)
        try:
            source = self._store.describe(bucket, key)
        except ObjectUnavailable:  # it exists
            return False
        return source is None or self._is_missing_in(source, itself)

    def _is_missing_in(self, source: Source, itself: tuple[str, str] | None) -> bool:
        first = self._record(source)
        if etag_of(first) != source.etag:
            return True
        if "status" in first:
            return not is_counted(first.get("invoices"), itself)
        if itself is None:  # it is in the archive
            return False
        appearance = Appearance(source.key, source.uploaded_at)
        marker_key = self._layout.appearance_key(*itself, appearance)
        return readable_record(self._store, source.bucket, marker_key) is None

    def _name(
        self,
        bucket: str,
        own: Appearance,
        record: Mapping[str, Any],
        *,
        is_writing: bool,
        may_ask: Callable[[], bool] = lambda: True,
    ) -> dict[str, Any]:
        said = {identity(each): each.get("duplicate_of") for each in reversed(record["invoices"])}
        undecided = [each for each in record["invoices"] if verdict_of(each) != "duplicate"]
        found = {
            itself: self._other(bucket, itself, own, is_writing=is_writing)
            if may_ask()
            else said[itself]
            for itself in identities(undecided)
        }
        firsts = {itself: key for itself, key in found.items() if key is not None}

        def is_missing(invoice: Mapping[str, Any]) -> bool:
            return may_ask() and self.is_first_missing(bucket, own.key, record, invoice)

        invoices = name_duplicates(record["invoices"], own.key, firsts, is_missing)
        named = {**record, "invoices": invoices}
        if rules := record.get("rules"):  # none in a failure record
            named["rules"] = {
                **rules,
                "run": list(dict.fromkeys([*rules["run"], RULE])),
                "not_run": [each for each in rules["not_run"] if each["rule"] != RULE],
            }
        return named

    def _other(
        self, bucket: str, itself: tuple[str, str], own: Appearance, *, is_writing: bool
    ) -> str | None:
        """Return the key of the object that this one repeats; None if there is none."""
        prefix = self._layout.appearances_prefix(*itself)
        _, own_hash = own.name.split("-")  # of its former uploads as well
        looked_at = 0
        for entry in self._store.listing(bucket, prefix):
            name = entry.key.removeprefix(prefix)
            if name.endswith(own_hash):
                continue
            is_later = name > own.name
            if is_later and not is_writing:
                return None
            if looked_at == _MOST_LOOKED_AT:
                return None
            looked_at += 1
            other = self._counting(bucket, itself, entry.key)
            if other is None or not (other.has_record or is_writing):
                continue
            if not (is_later and other.is_duplicate):
                return other.key
        return None

    def _counting(self, bucket: str, itself: tuple[str, str], marker_key: str) -> _Other | None:
        """Return the object of an appearance that counts; None for a leftover."""
        marker = readable_record(self._store, bucket, marker_key) or {}
        key, etag = marker.get("key"), marker.get("etag")
        try:
            source = self._store.describe(bucket, key) if isinstance(key, str) else None
        except ObjectUnavailable:  # it showed the invoice, and a person decides
            return _Other(str(key), has_record=True, is_duplicate=False)
        if source is None or source.etag != etag:
            return None
        record = self._record(source)
        has_record, uploaded_at = etag_of(record) == etag, source.uploaded_at
        shown: list[Mapping[str, Any]] = []
        if has_record:
            if "status" not in record:  # it is in the archive
                return _Other(source.key, has_record=True, is_duplicate=False)
            invoices = record.get("invoices")
            entries = invoices if isinstance(invoices, list) else []
            shown = [
                each
                for each in entries
                if identity(each) == itself and not self._is_repeat(source, record, each)
            ]
            if not shown:
                return None
            # The same content may have been uploaded again since.
            uploaded_at = record["source"].get("uploaded_at")
        appearance = Appearance(source.key, uploaded_at)
        if self._layout.appearance_key(*itself, appearance) != marker_key:
            return None
        is_duplicate = bool(shown) and shown[0].get("duplicate_of") is not None
        return _Other(source.key, has_record, is_duplicate)

    def _is_repeat(
        self, source: Source, record: Mapping[str, Any], invoice: Mapping[str, Any]
    ) -> bool:
        """Whether a person found an invoice to be a duplicate of one that counts."""
        if verdict_of(invoice) != "duplicate":
            return False
        return not self.is_first_missing(source.bucket, source.key, record, invoice)

    def _record(self, source: Source) -> dict[str, Any]:
        """Return the record of an object's present content; any other or none if it has none.

        A failure record has invoices only if people entered them by hand.
        """
        record = stored_record(self._store, source, self._layout.record_key(source.key)) or {}
        if self._reviewed is None:
            return record
        if etag_of(record) != source.etag:
            record = stored_record(self._store, source, self._layout.failure_key(source.key)) or {}
        is_whole = etag_of(record) == source.etag and "status" in record
        return self._reviewed(record) if is_whole else record


def _names(invoice: Mapping[str, Any], key: str) -> bool:
    return invoice.get("duplicate_of") == key


class _Other(NamedTuple):
    """Another object that shows the same invoice.

    Attributes:
        key: its key.
        has_record: whether its present content has its record.
        is_duplicate: whether that record says that it is a duplicate.
    """

    key: str
    has_record: bool
    is_duplicate: bool
