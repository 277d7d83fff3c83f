"""The uploads of an event: find each object, bring its record up to date, then report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    EventError,
    InvocationError,
    OutOfTime,
    UnexpectedFault,
    UploadsFailed,
)
from quota_invoice.events.upload import Upload
from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.settings.layout import BucketLayout


class UploadProcessor:
    """Processes the uploads of one event.

    Args:
        layout: prefixes of inputs and records.
        store: the bucket.
        pipeline: brings an object's record up to date.
        log: takes a line for each upload.
    """

    def __init__(
        self, layout: BucketLayout, store: ObjectStore, pipeline: Pipeline, log: Log
    ) -> None:
        self._layout = layout
        self._store = store
        self._pipeline = pipeline
        self._log = log

    def run(self, uploads: Sequence[Upload | EventError], deadline: Deadline) -> dict[str, int]:
        """Process every upload, then report.

        Returns:
            The number of uploads by outcome.

        Raises:
            InvocationError: an upload failed; all others were processed.
        """
        outcomes: Counter[str] = Counter()
        failures: list[tuple[str, InvocationError]] = []
        for index, upload in enumerate(uploads):
            key = upload.key if isinstance(upload, Upload) else ""
            try:
                outcome = self._process(key, upload, deadline.share(len(uploads) - index))
            except InvocationError as error:
                failures.append((key, error))
            except Exception as error:  # noqa: BLE001 - a defect must not cost the other uploads
                failures.append((key, UnexpectedFault(error)))
            else:
                outcomes[outcome.value] += 1
        if len(failures) == 1 == len(uploads):
            raise failures[0][1]
        if failures:
            raise UploadsFailed(failures, len(uploads))
        return dict(outcomes)

    def _process(self, key: str, upload: Upload | EventError, deadline: Deadline) -> Outcome:
        with self._log.step("upload", key) as step:
            if isinstance(upload, EventError):
                raise upload
            inputs, reason = self._inputs(upload)
            outcome = Outcome.IGNORED if reason else self._record_all(upload, inputs, deadline)
            step.outcome, step.reason = outcome.value, reason or outcome.reason
        return outcome

    def _inputs(self, upload: Upload) -> tuple[list[str], str | None]:
        """Return the keys of inputs that an event may mean; the reason if there are none."""
        if not upload.is_creation:
            return [], f"{upload.event_name} announces no new object"
        reasons = {key: self._layout.reason_to_ignore(key) for key in upload.keys}
        inputs = [key for key, reason in reasons.items() if reason is None]
        return inputs, None if inputs else reasons[upload.key]

    def _record_all(self, upload: Upload, inputs: list[str], deadline: Deadline) -> Outcome:
        """Process the objects that an event may mean; prefer an outcome other than duplicate."""
        if deadline.remaining() <= 0:
            raise OutOfTime(deadline.remaining())
        outcomes = [
            self._pipeline.record(upload.bucket, key, deadline, retry_failed=upload.retry_failed)
            for key in self._keys(upload, inputs)
        ]
        found = [outcome for outcome in outcomes if outcome is not Outcome.DUPLICATE]
        return (found or outcomes or [Outcome.GONE])[0]

    def _keys(self, upload: Upload, inputs: list[str]) -> list[str]:
        """Return the keys of the objects that an event may mean.

        If it is unknown whether the event encodes its key, there can be two: both are returned if
        both objects have the event's ETag.
        """
        if len(inputs) == 1:
            return inputs
        with self._log.step("settle", upload.key):
            found = [self._store.describe(upload.bucket, key) for key in inputs]
        sources = [source for source in found if source]
        meant = [source for source in sources if source.etag == upload.etag] or sources[:1]
        return [source.key for source in meant]
