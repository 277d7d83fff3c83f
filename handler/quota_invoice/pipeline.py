"""From an announced upload to its record: once, whatever is announced how often.

    settle      which object is meant, and which content of it        mostly no request
    check       is there a record or failure for this content?        one request, or two
    recognize   the OCR service reads it by a signed address          one request, or more tries
    confirm     is that content still the object's?                   one request
    write       the record, last of all: it is the done-mark          one request

The bucket is the only state. Deliveries come late, twice and at once; every step can be repeated,
and a record is written only for the content that the object has.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from quota_invoice.errors import (
    EventError,
    ImageRefused,
    InvocationError,
    ObjectChanging,
    ObjectUnfetched,
    OutOfTime,
    UnexpectedFault,
    UploadsFailed,
)
from quota_invoice.events.parse import Upload
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Bucket
from quota_invoice.recognition.reading import Reading
from quota_invoice.records.record import Source, etag_of, failed, recognized
from quota_invoice.settings.layout import Keys

Outcome = tuple[str, str | None]
"""What came of an upload, and the reason where it needs one."""
# How often an object is read that is replaced while it is.
_ROUNDS = 3
# Seconds between the look at the object and the record's being there, for all to have gone well.
# What is uploaded within them has the same time as the record, or a later one: a sweep sees that.
_HELD_UP = 0.5
_GONE: Outcome = ("gone", "there is no such object")
_DUPLICATE: Outcome = ("duplicate", "this content was dealt with before")


class Recognizer(Protocol):
    """What the pipeline needs to have an object read; ``recognition.Recognizer`` is one."""

    def read(self, source: Source, seconds_left: Callable[[], float]) -> Reading: ...  # noqa: D102 - see there


class Pipeline:
    """Works through the uploads of one invocation, each on its own, then reports.

    Args:
        keys: where inputs lie and records go.
        region: of the OCR service, for the record.
        store: the bucket.
        recognizer: has objects read.
        log: takes a line for each step.
        seconds_left: of the invocation.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one for each thing that it works with
        self,
        keys: Keys,
        region: str,
        store: Bucket,
        recognizer: Recognizer,
        log: Log,
        seconds_left: Callable[[], float],
    ) -> None:
        self._keys = keys
        self._region = region
        self._store = store
        self._recognizer = recognizer
        self._log = log
        self._seconds_left = seconds_left

    def run(self, uploads: Sequence[Upload | EventError]) -> dict[str, int]:
        """Process every upload.

        Returns:
            How many uploads had which outcome: ``recognized``, ``failed`` (a failure record was
            written), ``duplicate``, ``ignored``, ``gone`` (the object is no longer there).

        Raises:
            InvocationError: some upload could not be dealt with; all others have been.
        """
        outcomes: Counter[str] = Counter()
        failures: list[tuple[str, InvocationError]] = []
        for index, upload in enumerate(uploads):
            try:
                seconds_left = self._share(len(uploads) - index)
                with self._log.step("upload", _key(upload)) as step:
                    step.outcome, step.reason = self._process(upload, seconds_left)
            except InvocationError as error:  # noqa: PERF203 - run every upload, then report
                failures.append((_key(upload), error))
            except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the others
                failures.append((_key(upload), UnexpectedFault(error)))
            else:
                outcomes[step.outcome] += 1
        if len(failures) == 1 == len(uploads):
            raise failures[0][1]
        if failures:
            raise UploadsFailed(failures, len(uploads))
        return dict(outcomes)

    def _share(self, uploads: int) -> Callable[[], float]:
        """Give the clock for the further tries of one upload of so many that share the time left.

        One that is tried again and again must not cost the others their first try.
        """
        others = self._seconds_left() * (1 - 1 / uploads)
        return lambda: self._seconds_left() - others

    def _process(self, upload: Upload | EventError, seconds_left: Callable[[], float]) -> Outcome:
        if isinstance(upload, EventError):
            raise upload
        reason = self._why_not(upload)
        if reason:
            return "ignored", reason
        if self._seconds_left() <= 0:
            raise OutOfTime(self._seconds_left())
        outcomes = [
            self.record(source, seconds_left, again=upload.again) for source in self._settle(upload)
        ]
        # Of several objects that an event may mean, the one there was something to do for counts.
        return next((found for found in outcomes if found != _DUPLICATE), (outcomes or [_GONE])[0])

    def record(
        self, source: Source, seconds_left: Callable[[], float], *, again: bool = False
    ) -> Outcome:
        """Bring an object's record up to date.

        Args:
            source: the object and the content that it is said to have.
            seconds_left: for it, with pauses and further tries.
            again: whether content that could not be read is to be tried again.

        Returns:
            What came of it.

        Raises:
            InvocationError: it could not be dealt with.
        """
        for _ in range(_ROUNDS):
            with self._log.step("check", source.key) as step:
                known, has_failure = self._known(source, again=again)
                if known and source.etag not in known:
                    # Announced late, or uploaded anew: only the bucket knows which content it has.
                    current = self._look_up(source.bucket, source.key)
                    if current is None:
                        step.outcome = "gone"
                        return _GONE
                    source = current
                if source.etag in known:
                    step.outcome = "duplicate"
                    return _DUPLICATE
            try:
                document = self._document(source, seconds_left)
            except ObjectUnfetched:
                if self._store.describe(source.bucket, source.key) is None:
                    return _GONE
                raise
            outcome, confirmed = _GONE, time.monotonic()
            current = self._confirm(source)
            if current is source:
                outcome = self._write(source, document, has_failure=has_failure)
                if time.monotonic() - confirmed > _HELD_UP:
                    # It may have replaced the record of a content that came meanwhile.
                    current = self._confirm(source)
            if current is source or current is None:
                return outcome
            source = current
        raise ObjectChanging(source.key)

    def _confirm(self, source: Source) -> Source | None:
        """Give the source itself if it is still what the object has; else what is; None if gone."""
        with self._log.step("confirm", source.key) as step:
            current = self._look_up(source.bucket, source.key)
            if current and current.etag == source.etag:
                return source
            step.outcome = "changed" if current else "gone"
            return current

    def _known(self, source: Source, *, again: bool) -> tuple[set[str], bool]:
        """Give the contents dealt with before, and whether there is a failure record."""
        record = etag_of(self._store.read(source.bucket, self._keys.result(source.key)))
        if record == source.etag:
            return {record}, False
        failure = self._store.read(source.bucket, self._keys.failure(source.key))
        known = {record} if again else {record, etag_of(failure)}
        return {etag for etag in known if etag}, failure is not None

    def _document(self, source: Source, seconds_left: Callable[[], float]) -> dict[str, Any]:
        try:
            reading = self._recognizer.read(source, seconds_left)
        except ImageRefused as error:
            return failed(source, error)
        return recognized(source, reading, region=self._region)

    def _why_not(self, upload: Upload) -> str | None:
        if not upload.is_creation:
            return f"{upload.event_name} announces no new object"
        reasons = [self._keys.why_not(key) for key in upload.keys]
        return None if None in reasons else reasons[0]

    def _settle(self, upload: Upload) -> list[Source]:
        """Find the objects that an event means; the bucket is asked only where that is in doubt.

        Where it is not known whether a key is encoded, there can be two: both are taken if both
        have the announced content, as nobody can tell which of them was meant.
        """
        keys = [key for key in upload.keys if self._keys.why_not(key) is None]
        if len(keys) > 1 or not upload.etag:
            with self._log.step("settle", upload.key):
                found = [self._look_up(upload.bucket, key) for key in keys]
            sources = [source for source in found if source]
            return [source for source in sources if source.etag == upload.etag] or sources[:1]
        return [
            Source(
                bucket=upload.bucket,
                key=keys[0],
                etag=upload.etag,
                size=upload.size,
                version_id=upload.version_id,
                uploaded_at=upload.uploaded_at,
            )
        ]

    def _look_up(self, bucket: str, key: str) -> Source | None:
        info = self._store.describe(bucket, key)
        if info is None:
            return None
        return Source(bucket, key, info.etag, info.size, info.version_id, info.modified_at)

    def _write(self, source: Source, document: Mapping[str, Any], *, has_failure: bool) -> Outcome:
        """Write a document for the object's own content.

        Of two invocations that read it at once, the last one's record stays, which says the same;
        but a failure yields to a record.
        """
        record_key, failure_key = self._keys.result(source.key), self._keys.failure(source.key)
        with self._log.step("write", source.key) as step:
            if document["status"] == "failed":
                if etag_of(self._store.read(source.bucket, record_key)) == source.etag:
                    step.outcome = "duplicate"
                    return _DUPLICATE
                self._store.write(source.bucket, failure_key, document)
                return "failed", None
            if has_failure:
                # First, as after the record nobody would come back to it.
                self._store.delete(source.bucket, failure_key)
            self._store.write(source.bucket, record_key, document)
            return "recognized", None


def _key(upload: Upload | EventError) -> str:
    return upload.key if isinstance(upload, Upload) else ""
