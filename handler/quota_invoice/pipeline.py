"""From an object to its record, exactly once, however often its event is delivered.

    identify    which content has the object now?                    one request
    check       does a record or failure exist for this content?     one or two requests
    recognize   the OCR service reads it from a signed URL           one request per attempt
    index       note each invoice's appearance, find earlier ones    two requests per invoice
    confirm     does the object still have this content?             one request
    write       the record, last of all: it marks the work as done   one request

A duplicate takes one more: two invocations at the same moment must not name each other.

The bucket is the only state. Events come late, twice and at the same time; every step can be
repeated, and a record is written only for the content that the object has. An event only names an
object: its ETag may be that of a content that was replaced long ago.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    DownloadFailed,
    ImageRefused,
    InvocationError,
    KeyRefused,
    ObjectChanging,
    ObjectUnavailable,
    QuotaInvoiceError,
    StoreError,
)
from quota_invoice.invoice.fields import CONFIDENCE_BELOW
from quota_invoice.logs import Alarm, Log
from quota_invoice.obs.objects import Identified, ObjectStore, Source
from quota_invoice.recognition.ocr_input import File
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import Status, etag_of, failed, recognized
from quota_invoice.records.stored import stored_record
from quota_invoice.settings.layout import BucketLayout

# Maximum attempts when the object changes during OCR.
_MOST_READS = 3
# If writing the record took longer than this, the object is checked again: the record may have
# replaced that of a newer content. Later than this invocation, a sweep does the same.
_SLOW_WRITE_SECONDS = 0.5


class Outcome(Enum):
    """The outcome of an upload, by its word in logs and counts."""

    RECOGNIZED = "recognized"  # a record was written
    FAILED = "failed"  # a failure record was written
    DUPLICATE = "duplicate"  # this content has its record or failure record already
    GONE = "gone"  # there is no such object any more
    IGNORED = "ignored"  # not the upload of an input
    WAITING = "waiting"  # an attempt failed, and a later sweep makes the next one
    REDERIVED = "rederived"  # the record was written again, with the findings of the present rules
    RENUMBERED = "renumbered"  # likewise; the findings stayed, only the version of the rules is new
    UNCHANGED = "unchanged"  # the record has the findings of the present rules
    UNUSABLE = "unusable"  # the record is not one that this function wrote
    NOTED = "noted"  # the appearances of corrected invoices were noted, by a sweep
    TIDIED = "tidied"  # a leftover failure record was removed, by a sweep

    @property
    def reason(self) -> str | None:
        """The reason in the log, where the outcome alone does not say it."""
        return {
            Outcome.GONE: "there is no such object",
            Outcome.DUPLICATE: "this content was dealt with before",
        }.get(self)


class _Known(NamedTuple):
    """The records of an input that exist.

    Attributes:
        record: its record; None if there is none or another program's object.
        has_failure: whether it has a failure record.
        is_done: whether one of them is of the present content.
    """

    record: Mapping[str, Any] | None
    has_failure: bool
    is_done: bool


class Pipeline:
    """Brings objects' records up to date, for one invocation; threads may share it.

    Args:
        layout: prefixes of inputs and records.
        region: the OCR service's region, for the record.
        store: the bucket.
        recognizer: sends objects to OCR.
        log: takes a line for each step.
        keep_history: whether the record of a replaced content is kept.
        confidence_below: a field with a lower confidence is doubtful.

    Attributes:
        breaker: opens when a service refuses the account or the bucket.
    """

    def __init__(  # noqa: PLR0913 - four parts and three settings
        self,
        layout: BucketLayout,
        region: str,
        store: ObjectStore,
        recognizer: Recognizer,
        log: Log,
        *,
        keep_history: bool,
        confidence_below: float = CONFIDENCE_BELOW,
    ) -> None:
        self._layout = layout
        self._region = region
        self._store = store
        self._recognizer = recognizer
        self._log = log
        self._keep_history = keep_history
        self._confidence_below = confidence_below
        self._index = AppearanceIndex(store, layout)
        self.breaker = recognizer.breaker

    def record(
        self,
        bucket: str,
        key: str,
        deadline: Deadline,
        *,
        retry_failed: bool = False,
        is_last_attempt: bool = False,
    ) -> Outcome:
        """Bring an object's record up to date.

        Args:
            bucket: the bucket's name.
            key: the object's key.
            deadline: end of the work; its time for retries is the object's share.
            retry_failed: whether content with a failure record is read again.
            is_last_attempt: whether a PDF's pages that are not recognized are given up.

        Raises:
            InvocationError: the object could not be processed this time.
        """
        with self.breaker:
            for _ in range(_MOST_READS):
                seen = self._identify(bucket, key)
                if seen is None:
                    return Outcome.GONE
                known = self._check(seen.source, retry_failed=retry_failed)
                if known.is_done:
                    return Outcome.DUPLICATE
                file = File.stored(seen, is_last_attempt=is_last_attempt)
                record = self._read(file, seen.source, deadline)
                if record is None:
                    return Outcome.GONE
                outcome, is_final = self._confirm_and_write(seen.source, record, known, deadline)
                if is_final:
                    return outcome
        raise ObjectChanging(key)

    def fail(self, source: Source, error: QuotaInvoiceError, attempts: int) -> Outcome:
        """Write the failure record of an object after its last attempt, if it is unchanged.

        An object that the bucket does not show has the content that its listing says.
        """
        try:
            current = self._confirm(source)
        except InvocationError as refusal:
            if refusal.stops_round:
                raise
            current = source
        if current is None or current.etag != source.etag:
            return Outcome.GONE
        return self._write_failure(current, failed(current, error, attempts))

    def _identify(self, bucket: str, key: str) -> Identified | None:
        with self._log.step("identify", key):
            return self._store.identify(bucket, key)

    def _check(self, source: Source, *, retry_failed: bool) -> _Known:
        """Look for a record or failure record of the object's content."""
        with self._log.step("check", source.key) as step:
            record = stored_record(self._store, source, self._layout.record_key(source.key))
            if etag_of(record) == source.etag:
                step.outcome = Outcome.DUPLICATE.value
                return _Known(record, has_failure=False, is_done=True)
            failure = stored_record(self._store, source, self._layout.failure_key(source.key))
            is_done = not retry_failed and etag_of(failure) == source.etag
            if is_done:
                step.outcome = Outcome.DUPLICATE.value
            return _Known(record, failure is not None, is_done)

    def _read(self, file: File, source: Source, deadline: Deadline) -> dict[str, Any] | None:
        """Return the record or failure record of a content; None if the object is gone."""
        try:
            if self._layout.is_resolvable(source.key):
                raise KeyRefused(source.key)
            reading = self._recognizer.read(file, deadline)
            record = recognized(
                source, reading, region=self._region, confidence_below=self._confidence_below
            )
        except ImageRefused as error:
            return failed(source, error)
        except DownloadFailed:
            if self._store.describe(source.bucket, source.key) is None:
                return None
            raise
        # Before the content is confirmed: the record is written right after that.
        with self._log.step("index", source.key):
            return self._index.add(source, record)

    def _confirm_and_write(
        self, source: Source, record: Mapping[str, Any], known: _Known, deadline: Deadline
    ) -> tuple[Outcome, bool]:
        """Write a record if the object still has the content that was read.

        Returns:
            The outcome; whether it is that of the object's present content.
        """
        current = self._confirm(source)
        if current != source:
            return Outcome.GONE, current is None
        started = deadline.clock()
        if record["status"] == Status.FAILED.value:
            outcome = self._write_failure(source, record)
        else:
            outcome = self._write_record(source, record, known)
        with contextlib.suppress(StoreError):  # they expire
            self._recognizer.forget_pages(source)
        if deadline.clock() - started > _SLOW_WRITE_SECONDS:
            current = self._confirm(source)
            return outcome, current in {source, None}
        return outcome, True

    def _confirm(self, source: Source) -> Source | None:
        """Return the object as it is now; it equals the source if its content is the same.

        The time of the upload tells that a content came back after another one, which the OCR
        service may have read.
        """
        with self._log.step("confirm", source.key) as step:
            current = self._store.describe(source.bucket, source.key)
            step.outcome = "gone" if current is None else "ok" if current == source else "changed"
        return current

    def _write_record(self, source: Source, record: Mapping[str, Any], known: _Known) -> Outcome:
        """Write a record; if two invocations read the same content, the later one stays."""
        bucket, key = source.bucket, source.key
        with self._log.step("write", key):
            if known.has_failure:
                # Before the record: no later event would remove it.
                self._store.delete(bucket, self._layout.failure_key(key))
            former = etag_of(known.record)
            if known.record and former and self._keep_history:
                self._store.write(bucket, self._layout.history_key(key, former), known.record)
            self._store.write(bucket, self._layout.record_key(key), record)
            # The record is there; what the API and the ledger say does not depend on this.
            with contextlib.suppress(StoreError, ObjectUnavailable):
                self._index.settle(source, record)
        return Outcome.RECOGNIZED

    def _write_failure(self, source: Source, record: Mapping[str, Any]) -> Outcome:
        """Write a failure record, unless another invocation could read the same content."""
        bucket, key = source.bucket, source.key
        with self._log.step("write", key) as step:
            found = stored_record(self._store, source, self._layout.record_key(key))
            if etag_of(found) == source.etag:
                step.outcome = Outcome.DUPLICATE.value
                return Outcome.DUPLICATE
            self._store.write(bucket, self._layout.failure_key(key), record)
            step.metrics = {"failure_records": 1}
            step.alarms = [Alarm.FAILURE_RECORD]
        return Outcome.FAILED
