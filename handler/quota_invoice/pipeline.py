"""From an object to its record, exactly once, however often its event is delivered.

    check       does a record or failure exist for this content?     one or two requests
    recognize   the OCR service reads it from a signed URL           one request per attempt
    confirm     does the object still have this content?             one request
    write       the record, last of all: it marks the work as done   one request

The bucket is the only state. Events come late, twice and at the same time; every step can be
repeated, and a record is written only for the content that the object has.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import Enum
from typing import Any

from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    DownloadFailed,
    ImageRefused,
    ObjectChanging,
)
from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition.ocr_input import File
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.records.record import Status, etag_of, failed, recognized
from quota_invoice.settings.layout import BucketLayout

# Maximum attempts when the object changes during OCR.
_MOST_READS = 3
# If writing the record took longer than this, the object is checked again. Content uploaded within
# these seconds has the record's time or a later one, which a sweep sees.
_SLOW_WRITE_SECONDS = 0.5


class Outcome(Enum):
    """The outcome of an upload, by its word in logs and counts."""

    RECOGNIZED = "recognized"  # a record was written
    FAILED = "failed"  # a failure record was written
    DUPLICATE = "duplicate"  # this content has its record or failure record already
    GONE = "gone"  # there is no such object any more
    IGNORED = "ignored"  # not the upload of an input
    TIDIED = "tidied"  # a leftover failure record was removed, by a sweep

    @property
    def reason(self) -> str | None:
        """The reason in the log, where the outcome alone does not say it."""
        return {
            Outcome.GONE: "there is no such object",
            Outcome.DUPLICATE: "this content was dealt with before",
        }.get(self)


class _Content(Enum):
    """The object's content, compared with the content that was read."""

    UNCHANGED = "ok"
    CHANGED = "changed"
    GONE = "gone"


class Pipeline:
    """Brings objects' records up to date, for one invocation; threads may share it.

    Args:
        layout: prefixes of inputs and records.
        region: the OCR service's region, for the record.
        store: the bucket.
        recognizer: sends objects to OCR.
        log: takes a line for each step.
    """

    def __init__(
        self,
        layout: BucketLayout,
        region: str,
        store: ObjectStore,
        recognizer: Recognizer,
        log: Log,
    ) -> None:
        self._layout = layout
        self._region = region
        self._store = store
        self._recognizer = recognizer
        self._log = log

    def record(self, source: Source, deadline: Deadline, *, retry_failed: bool = False) -> Outcome:
        """Bring an object's record up to date.

        Args:
            source: the object, with the content that it is said to have.
            deadline: end of the work; its time for retries is the object's share.
            retry_failed: whether content with a failure record is read again.

        Raises:
            InvocationError: the object could not be processed this time.
        """
        for _ in range(_MOST_READS):
            done, source, has_failure = self._check(source, retry_failed=retry_failed)
            if done:
                return done
            try:
                reading = self._recognizer.read(File.stored(source), deadline)
                record = recognized(source, reading, region=self._region)
            except ImageRefused as error:
                record = failed(source, error)
            except DownloadFailed:
                if self._store.describe(source.bucket, source.key) is None:
                    return Outcome.GONE
                raise
            outcome, confirmed = Outcome.GONE, time.monotonic()
            content, current = self._confirm(source)
            if content is _Content.UNCHANGED:
                outcome = self._write(source, record, has_failure=has_failure)
                if time.monotonic() - confirmed > _SLOW_WRITE_SECONDS:
                    # It may have replaced the record of content that was uploaded meanwhile.
                    content, current = self._confirm(source)
            if content is not _Content.CHANGED or current is None:
                return outcome
            source = current
        raise ObjectChanging(source.key)

    def _check(self, source: Source, *, retry_failed: bool) -> tuple[Outcome | None, Source, bool]:
        """Look for a record or failure record of the object's content.

        Returns:
            The outcome if nothing is to be done, else None; the object with its present content;
            whether it has a failure record.
        """
        with self._log.step("check", source.key) as step:
            known, has_failure = self._known_etags(source, retry_failed=retry_failed)
            current: Source | None = source
            if known and source.etag not in known:
                # A late event or new content: only the bucket knows the present content.
                current = self._store.describe(source.bucket, source.key)
            if current and current.etag not in known:
                return None, current, has_failure
            outcome = Outcome.DUPLICATE if current else Outcome.GONE
            step.outcome = outcome.value
            return outcome, source, has_failure

    def _known_etags(self, source: Source, *, retry_failed: bool) -> tuple[set[str], bool]:
        """Return the ETags of content processed before, and whether a failure record exists."""
        record = etag_of(self._store.read(source.bucket, self._layout.record_key(source.key)))
        if record == source.etag:
            return {record}, False
        failure = self._store.read(source.bucket, self._layout.failure_key(source.key))
        known = {record} if retry_failed else {record, etag_of(failure)}
        return {etag for etag in known if etag}, failure is not None

    def _confirm(self, source: Source) -> tuple[_Content, Source | None]:
        """Compare the object with the content that was read; return the present one as well."""
        with self._log.step("confirm", source.key) as step:
            current = self._store.describe(source.bucket, source.key)
            if current is None:
                content = _Content.GONE
            else:
                same = current.etag == source.etag
                content = _Content.UNCHANGED if same else _Content.CHANGED
            step.outcome = content.value
        return content, current

    def _write(self, source: Source, record: Mapping[str, Any], *, has_failure: bool) -> Outcome:
        """Write a record or failure record.

        If two invocations read the same content, the later record stays, which says the same; but
        a failure record is not written beside a record.
        """
        record_key = self._layout.record_key(source.key)
        failure_key = self._layout.failure_key(source.key)
        with self._log.step("write", source.key) as step:
            if record["status"] == Status.FAILED.value:
                if etag_of(self._store.read(source.bucket, record_key)) == source.etag:
                    step.outcome = Outcome.DUPLICATE.value
                    return Outcome.DUPLICATE
                self._store.write(source.bucket, failure_key, record)
                return Outcome.FAILED
            if has_failure:
                # Before the record: no later event would remove it.
                self._store.delete(source.bucket, failure_key)
            self._store.write(source.bucket, record_key, record)
            return Outcome.RECOGNIZED
