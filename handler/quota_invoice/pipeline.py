"""From an announced upload to its record: once, whatever is announced how often.

    settle      which object is meant, and which content of it        mostly no request
    check       is there a record or failure for this content?        two requests
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

_GONE = "there is no such object"


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

    def _process(
        self, upload: Upload | EventError, seconds_left: Callable[[], float]
    ) -> tuple[str, str | None]:
        """Give the outcome, and its reason where it needs one."""
        if isinstance(upload, EventError):
            raise upload
        reason = self._why_not(upload)
        if reason:
            return "ignored", reason
        source = self._settle(upload)
        if source is None:
            return "gone", _GONE
        record_key, failure_key = self._keys.result(source.key), self._keys.failure(source.key)
        with self._log.step("check", source.key) as step:
            done = [self._store.read(source.bucket, key) for key in (record_key, failure_key)]
            known = {etag_of(document) for document in done} - {None}
            if known and source.etag not in known:
                # Announced late, or uploaded anew: only the bucket knows which content it has.
                source = self._look_up(upload, (source.key,))
                if source is None:
                    step.outcome = "gone"
                    return "gone", _GONE
            if source.etag in known:
                step.outcome = "duplicate"
                return "duplicate", "this content was dealt with before"
        try:
            document = self._recognize(source, seconds_left)
        except ObjectUnfetched:
            if self._store.describe(source.bucket, source.key) is None:
                return "gone", _GONE
            raise
        return self._write(source, document, known, has_failure=done[1] is not None), None

    def _why_not(self, upload: Upload) -> str | None:
        if not upload.is_creation:
            return f"{upload.event_name} announces no new object"
        reasons = [self._keys.why_not(key) for key in upload.keys]
        return None if None in reasons else reasons[0]

    def _settle(self, upload: Upload) -> Source | None:
        """Find out which object an event means; the bucket is asked only where that is in doubt."""
        keys = tuple(key for key in upload.keys if self._keys.why_not(key) is None)
        if len(keys) > 1 or not upload.etag:
            return self._look_up(upload, keys)
        return Source(
            bucket=upload.bucket,
            key=keys[0],
            etag=upload.etag,
            size=upload.size,
            version_id=upload.version_id,
            uploaded_at=upload.uploaded_at,
        )

    def _look_up(self, upload: Upload, keys: tuple[str, ...]) -> Source | None:
        """Ask the bucket which of the keys there is, preferring the content that was announced."""
        with self._log.step("settle", upload.key):
            found: Source | None = None
            for key in keys:
                info = self._store.describe(upload.bucket, key)
                if info is None:
                    continue
                announced = info.etag == upload.etag
                source = Source(
                    bucket=upload.bucket,
                    key=key,
                    etag=info.etag,
                    size=info.size,
                    version_id=info.version_id,
                    uploaded_at=(announced and upload.uploaded_at) or info.modified_at,
                )
                if announced:
                    return source
                found = found or source
            return found

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
        known: AbstractSet[str | None],
        *,
        has_failure: bool,
    ) -> str:
        """Write a document unless it was overtaken; ``known`` contents were dealt with before."""
        record_key, failure_key = self._keys.result(source.key), self._keys.failure(source.key)
        with self._log.step("write", source.key) as step:
            # While the service was reading, another invocation may have been faster. OBS has no
            # conditional put, so this narrows the gap; of two writers in it the last one stays.
            latest = etag_of(self._store.read(source.bucket, record_key))
            if latest == source.etag or self._is_overtaken(source, latest, known):
                step.outcome = "duplicate"
                return "duplicate"
            if document["status"] == "failed":
                self._store.write(source.bucket, failure_key, document)
                return "failed"
            self._store.write(source.bucket, record_key, document)
            if has_failure:
                self._store.delete(source.bucket, failure_key)
            return "recognized"

    def _is_overtaken(
        self, source: Source, latest: str | None, known: AbstractSet[str | None]
    ) -> bool:
        """Whether a record was written meanwhile for the content that is in the bucket now."""
        if latest is None or latest in known:
            return False
        info = self._store.describe(source.bucket, source.key)
        return info is None or info.etag != source.etag


def _key(upload: Upload | EventError) -> str:
    return upload.key if isinstance(upload, Upload) else ""
