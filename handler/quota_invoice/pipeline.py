"""From an announced upload to its record: once, whatever is announced how often.

    settle      which object is meant, and which content of it        mostly no request
    check       is there a record or failure for this content?        one request, or two
    recognize   the OCR service reads it by a signed address          one request, or more tries
    write       the record, last of all: it is the done-mark          two requests

The bucket is the only state. Deliveries come late, twice and at once; every step can be repeated,
and a record is written only while none stands for the same content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from .errors import (
    EventError,
    ImageRefused,
    InvocationError,
    ObjectUnfetched,
    OutOfTime,
    UnexpectedFault,
    UploadsFailed,
)
from .events import Upload
from .logs import Log
from .record import Recognition, Source, etag_of, failed, recognized
from .retry import LEAST_SECONDS, persist
from .settings import Settings
from .store import ObjectInfo

Outcome = tuple[str, str | None]
"""What came of an upload, and the reason where it needs one."""
_GONE: Outcome = ("gone", "there is no such object")
_DUPLICATE: Outcome = ("duplicate", "this content was dealt with before")


class RecordStore(Protocol):
    """What the pipeline needs of a bucket; ``store.Store`` is one."""

    def signed_url(self, bucket: str, key: str) -> str: ...  # noqa: D102 - see Store
    def describe(self, bucket: str, key: str) -> ObjectInfo | None: ...  # noqa: D102 - see Store
    def read(self, bucket: str, key: str) -> dict[str, Any] | None: ...  # noqa: D102 - see Store
    def write(self, bucket: str, key: str, document: Mapping[str, Any]) -> None: ...  # noqa: D102 - see Store
    def delete(self, bucket: str, key: str) -> None: ...  # noqa: D102 - see Store


class Recognizer(Protocol):
    """What the pipeline needs of an OCR service; ``ocr.OcrService`` is one."""

    def recognize(self, url: str, seconds: float) -> Recognition: ...  # noqa: D102 - see OcrService


class Pipeline:
    """Works through the uploads of one invocation, each on its own, then reports."""

    def __init__(
        self,
        settings: Settings,
        store: RecordStore,
        ocr: Recognizer,
        log: Log,
        seconds_left: Callable[[], float],
    ) -> None:
        self._keys = settings.keys
        self._region = settings.region
        self._store = store
        self._ocr = ocr
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
        outcomes = [self._record(source, seconds_left) for source in self._settle(upload)]
        # Of several objects that an event may mean, the one there was something to do for counts.
        return next((found for found in outcomes if found != _DUPLICATE), (outcomes or [_GONE])[0])

    def _record(self, source: Source, seconds_left: Callable[[], float]) -> Outcome:
        with self._log.step("check", source.key) as step:
            known, has_failure = self._known(source)
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
            document = self._recognize(source, seconds_left)
        except ObjectUnfetched:
            if self._store.describe(source.bucket, source.key) is None:
                return _GONE
            raise
        return self._write(source, document, known, has_failure=has_failure)

    def _known(self, source: Source) -> tuple[set[str], bool]:
        """Give the contents dealt with before, and whether a failure record is among them."""
        record = etag_of(self._store.read(source.bucket, self._keys.result(source.key)))
        if record == source.etag:
            return {record}, False
        failure = self._store.read(source.bucket, self._keys.failure(source.key))
        return {etag for etag in (record, etag_of(failure)) if etag}, failure is not None

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

    def _recognize(self, source: Source, seconds_left: Callable[[], float]) -> dict[str, Any]:
        try:
            recognition, attempts = persist(lambda: self._ask(source), seconds_left)
        except ImageRefused as error:
            return failed(source, error)
        return recognized(source, recognition, region=self._region, attempts=attempts)

    def _ask(self, source: Source) -> Recognition:
        with self._log.step("recognize", source.key):
            seconds = self._seconds_left()
            if seconds < LEAST_SECONDS:
                raise OutOfTime(seconds)
            url = self._store.signed_url(source.bucket, source.key)
            return self._ocr.recognize(url, seconds)

    def _write(
        self,
        source: Source,
        document: Mapping[str, Any],
        known: AbstractSet[str],
        *,
        has_failure: bool,
    ) -> Outcome:
        """Write a document unless it was overtaken; ``known`` contents were dealt with before."""
        record_key, failure_key = self._keys.result(source.key), self._keys.failure(source.key)
        with self._log.step("write", source.key) as step:
            # While the service was reading, another invocation may have been faster. OBS has no
            # conditional put, so this narrows the gap; of two writers in it the last one stays.
            latest = etag_of(self._store.read(source.bucket, record_key))
            if latest == source.etag or self._is_overtaken(source, latest, known):
                step.outcome = "duplicate"
                return _DUPLICATE
            if document["status"] == "failed":
                self._store.write(source.bucket, failure_key, document)
                return "failed", None
            self._store.write(source.bucket, record_key, document)
            if has_failure:
                self._store.delete(source.bucket, failure_key)
            return "recognized", None

    def _is_overtaken(self, source: Source, latest: str | None, known: AbstractSet[str]) -> bool:
        """Whether a record was written meanwhile for the content that is in the bucket now."""
        if latest is None or latest in known:
            return False
        info = self._store.describe(source.bucket, source.key)
        return info is None or info.etag != source.etag


def _key(upload: Upload | EventError) -> str:
    return upload.key if isinstance(upload, Upload) else ""
