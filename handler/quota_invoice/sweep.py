"""A sweep: finds inputs without a right record, and processes them.

The platform discards invocations beyond its limits, and some uploads send no event. A sweep that
runs out of time leaves a checkpoint in the bucket, from which the next one continues.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from quota_invoice.deadline import FOR_ONE_INPUT, RETRIES_PER_INPUT, Deadline
from quota_invoice.errors import (
    AccessRefused,
    ConfigurationError,
    InvocationError,
    OutOfTime,
    StoreError,
    UnexpectedFault,
    UploadsFailed,
)
from quota_invoice.events.timer import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Entry, ObjectStore, Source
from quota_invoice.obs.walk import Finding, walk
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.records.record import etag_of
from quota_invoice.settings.settings import Settings

_QUEUED_PER_THREAD = 2  # so that no thread waits for the listing
_MOST_NAMED = 20  # errors that the message names; all are counted


@dataclass(frozen=True)
class _Pending:
    """An input that is being processed, and the input before it."""

    key: str
    after: str
    outcome: Future[Outcome]


@dataclass
class _Progress:
    """The progress of a sweep.

    Attributes:
        started_after: the checkpoint from which the sweep started.
        last: the last input that was seen.
        counts: inputs by state and by outcome.
        errors: the first errors, by key.
        stopped_after: the input before the point where time ran out or a listing failed.
        undone_after: the input before the first one that could not be processed for lack of time
            or access.
        listing_error: the error that ended the listing, or None.
    """

    started_after: str
    last: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, InvocationError]] = field(default_factory=list)
    stopped_after: str | None = None
    undone_after: str | None = None
    listing_error: StoreError | None = None

    def __post_init__(self) -> None:
        self.last = self.started_after

    @property
    def checkpoint(self) -> str | None:
        """The input after which the next sweep continues; None if this one is complete."""
        return self.stopped_after if self.undone_after is None else self.undone_after

    def stop_before(self, pending: _Pending) -> None:
        if self.undone_after is None:
            self.undone_after = pending.after

    def add_error(self, key: str, error: InvocationError) -> None:
        self.counts["errors"] += 1
        if len(self.errors) < _MOST_NAMED:
            self.errors.append((key, error))


class Sweeper:
    """Runs one sweep.

    Args:
        settings: bucket, layout and concurrency.
        store: the bucket.
        pipeline: brings the record of an input up to date; called by several threads.
        log: takes a line for the sweep.
        deadline: end of the invocation's work.

    Raises:
        ConfigurationError: the settings name no bucket.
    """

    def __init__(
        self,
        settings: Settings,
        store: ObjectStore,
        pipeline: Pipeline,
        log: Log,
        deadline: Deadline,
    ) -> None:
        if not settings.bucket:
            raise ConfigurationError(["BUCKET: not set; a sweep needs the bucket's name"])
        self._bucket = settings.bucket
        self._layout = settings.layout
        self._store = store
        self._pipeline = pipeline
        self._log = log
        self._deadline = deadline
        self._concurrency = settings.sweep_concurrency

    def run(self, sweep: Sweep) -> dict[str, int]:
        """Continue from the checkpoint of the last sweep of this kind.

        Returns:
            The number of ``inputs``, and the inputs by state and by outcome; ``unfinished`` is 1
            if time ran out before the last input.

        Raises:
            InvocationError: an input could not be processed; all others were.
        """
        checkpoint_key = self._checkpoint_key(sweep)
        checkpoint = self._store.read(self._bucket, checkpoint_key)
        after = str((checkpoint or {}).get("after") or "")
        with self._log.step("sweep", after) as step:
            progress = self._sweep(sweep, after)
            if progress.checkpoint is not None:
                progress.counts["unfinished"] = 1
                if progress.checkpoint != after:
                    self._store.write(self._bucket, checkpoint_key, {"after": progress.checkpoint})
            elif checkpoint is not None:
                self._store.delete(self._bucket, checkpoint_key)
            counts = step.counts = dict(progress.counts)
            if progress.errors:
                raise UploadsFailed(progress.errors, counts["inputs"], count=counts["errors"])
            if progress.listing_error:
                raise progress.listing_error
        return counts

    def _sweep(self, sweep: Sweep, after: str) -> _Progress:
        progress = _Progress(after)
        pending: deque[_Pending] = deque()
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="sweep") as pool:
            try:
                for finding in walk(self._listing, self._layout, after):
                    no_time = self._deadline.remaining() < FOR_ONE_INPUT
                    if no_time or progress.undone_after is not None:
                        progress.stopped_after = progress.last
                        break
                    progress.counts["inputs"] += 1
                    progress.counts[finding.state.value] += 1
                    if finding.needs_work(retry_failed=sweep.retry_failed, verify=sweep.verify):
                        while len(pending) >= _QUEUED_PER_THREAD * self._concurrency:
                            self._collect(pending.popleft(), progress)
                        future = pool.submit(self._process, finding, sweep)
                        pending.append(_Pending(finding.entry.key, progress.last, future))
                    progress.last = finding.entry.key
            except StoreError as error:  # the inputs seen so far count
                progress.stopped_after, progress.listing_error = progress.last, error
            while pending:
                self._collect(pending.popleft(), progress)
        return progress

    def _process(self, finding: Finding, sweep: Sweep) -> Outcome:
        entry = finding.entry
        if finding.has_both:
            record = self._store.read(self._bucket, self._layout.record_key(entry.key))
            if etag_of(record) == entry.etag:
                self._store.delete(self._bucket, self._layout.failure_key(entry.key))
                return Outcome.TIDIED
        source = Source(self._bucket, entry.key, entry.etag, entry.size, None, entry.modified_at)
        deadline = self._deadline.retries_at_most(RETRIES_PER_INPUT)
        with self._log.step("upload", entry.key) as step:
            outcome = self._pipeline.record(source, deadline, retry_failed=sweep.retry_failed)
            step.outcome, step.reason = outcome.value, outcome.reason
        return outcome

    @staticmethod
    def _collect(pending: _Pending, progress: _Progress) -> None:
        """Wait for an input and count its outcome."""
        try:
            outcome = pending.outcome.result()
        except AccessRefused as error:
            progress.stop_before(pending)  # the service will refuse all other inputs as well
            progress.add_error(pending.key, error)
        except OutOfTime as error:
            if pending.after == progress.started_after:
                # A whole sweep was too short for this input: the next one starts after it.
                progress.add_error(pending.key, error)
            else:
                progress.stop_before(pending)
        except InvocationError as error:
            progress.add_error(pending.key, error)
        except Exception as error:  # noqa: BLE001 - a defect must not cost the other inputs
            progress.add_error(pending.key, UnexpectedFault(error))
        else:
            progress.counts[outcome.value] += 1

    def _listing(self, prefix: str, after: str) -> Iterator[Entry]:
        return self._store.listing(self._bucket, prefix, after)

    def _checkpoint_key(self, sweep: Sweep) -> str:
        """Return the checkpoint's key; no failure record has it, since those end in ``.json``."""
        kind = "-failures" * sweep.retry_failed + "-verify" * sweep.verify
        return f"{self._layout.failures_prefix}.sweep{kind}"
