"""A sweep: finds inputs without a right record, and processes them.

The platform discards invocations beyond its limits, some uploads send no event, and a write may
come so late that it replaces the record of a newer content. A sweep finds all three: it walks over
all inputs, and compares each record that was written since the last complete round with its input.
A sweep that runs out of time leaves a checkpoint in the bucket, from which the next one continues.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial

from quota_invoice.deadline import FOR_ONE_INPUT, RETRIES_PER_INPUT, Deadline
from quota_invoice.errors import (
    ConfigurationError,
    InputTooLong,
    InvocationError,
    OutOfTime,
    StoreError,
    UnexpectedFault,
    UploadsFailed,
)
from quota_invoice.events.timer import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Entry, ObjectStore, Source
from quota_invoice.obs.walk import Finding, State, walk
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.settings.settings import Settings
from quota_invoice.sweep.backlog import Backlog
from quota_invoice.sweep.comparison import compare
from quota_invoice.sweep.corrections import Corrections
from quota_invoice.sweep.progress import Pending, Progress
from quota_invoice.sweep.rederiver import Rederiver
from quota_invoice.sweep.retries import Retries, Tries
from quota_invoice.sweep.round import Round, RoundState, state_key
from quota_invoice.times import utc_now

_QUEUED_PER_THREAD = 2  # so that no thread waits for the listing


def _threads(number: int) -> Executor:
    return ThreadPoolExecutor(number, thread_name_prefix="sweep")


class Sweeper:
    """Runs one sweep.

    Args:
        settings: bucket, layout and concurrency.
        store: the bucket.
        pipeline: brings the record of an input up to date; called by several threads.
        log: takes a line for the sweep.
        deadline: end of the invocation's work.
        pool: returns an executor of so many threads.
        now: returns the present time, UTC.

    Raises:
        ConfigurationError: the settings name no bucket.
    """

    def __init__(  # noqa: PLR0913 - the last two are for tests
        self,
        settings: Settings,
        store: ObjectStore,
        pipeline: Pipeline,
        log: Log,
        deadline: Deadline,
        *,
        pool: Callable[[int], Executor] = _threads,
        now: Callable[[], datetime] = utc_now,
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
        self._pool = pool
        self._now = now
        self._rederiver = Rederiver(settings, store)
        self._retries = Retries(store, settings.bucket, settings.layout, now)
        self._corrections = Corrections(settings, store)

    def run(self, sweep: Sweep) -> dict[str, int]:
        """Continue the unfinished round of this kind, or begin a new one.

        Returns:
            The number of ``inputs``, and the inputs by state and by outcome; ``unfinished`` is 1
            if the sweep did not reach the last input, ``stopped`` if a refusal is the reason.

        Raises:
            InvocationError: an input could not be processed; all others were.
        """
        state = RoundState(self._store, self._bucket, self._state_key(sweep))
        current = state.begin()
        with self._log.step("sweep", current.after) as step:
            progress = self._sweep(sweep, current)
            counts = step.counts = progress.counts
            step.metrics = progress.backlog.metrics(self._now())
            step.alarms = progress.backlog.alarms(self._now())
            if self._corrections.has_failed:
                current = replace(current, started_at=current.last_started_at)
            if progress.checkpoint is None:
                state.complete(current)
            else:
                counts["unfinished"] = 1
                if progress.checkpoint != current.after:
                    state.stop(current, progress.checkpoint)
            if progress.errors:
                raise UploadsFailed(progress.errors, counts["inputs"], count=counts["errors"])
            if progress.listing_error:
                raise progress.listing_error
        return dict(counts)

    def _sweep(self, sweep: Sweep, current: Round) -> Progress:
        backlog = Backlog(self._now(), shows_events=current.follows_complete)
        progress = Progress(current.after, backlog)
        pending: deque[Pending] = deque()
        # Sweeps of other kinds are rare: they leave the comparison of new records to this kind.
        since = current.since if sweep == Sweep() else ""
        with self._pool(self._concurrency) as pool:
            try:
                for finding in walk(self._listing, self._layout, current.after, since=since):
                    if self._deadline.remaining() < FOR_ONE_INPUT or progress.is_stopping:
                        progress.stopped_after = progress.last
                        break
                    progress.counts["inputs"] += 1
                    progress.counts[finding.state.value] += 1
                    tries = self._retries.take(finding)
                    if finding.is_recorded:
                        progress.backlog.see_record(finding.entry.modified_at)
                    needs_work = self._needs_work(finding, tries, sweep)
                    has_record = not finding.is_missing
                    is_corrected = has_record and self._corrections.are_new(finding, since)
                    if needs_work or is_corrected:
                        while len(pending) >= _QUEUED_PER_THREAD * self._concurrency:
                            progress.collect(pending.popleft())
                        is_first = progress.last == current.after
                        work = partial(
                            self._process,
                            finding,
                            tries,
                            sweep if needs_work else None,
                            is_first=is_first,
                            is_corrected=is_corrected,
                        )
                        is_untried = finding.is_missing and not (tries and tries.attempts)
                        pending.append(
                            Pending(finding, progress.last, pool.submit(work), is_untried)
                        )
                    elif finding.is_missing:
                        progress.backlog.leave(finding.entry.modified_at)
                    progress.last = finding.entry.key
            except StoreError as error:  # the inputs seen so far count
                self._pipeline.breaker.note(error)
                progress.stopped_after, progress.listing_error = progress.last, error
            while pending:
                progress.collect(pending.popleft())
        return progress

    def _needs_work(self, finding: Finding, tries: Tries | None, sweep: Sweep) -> bool:
        if sweep.rederive:
            return finding.state in {State.DONE, State.UNSURE}
        if finding.is_missing:
            return tries is None or self._is_due(tries, sweep)
        is_left_over = tries is not None and bool(tries.keys)
        needs_work = finding.needs_work(retry_failed=sweep.retry_failed, verify=sweep.verify)
        return needs_work or is_left_over

    def _is_due(self, tries: Tries, sweep: Sweep) -> bool:
        return sweep.retry_failed or self._retries.is_due(tries)

    def _process(
        self,
        finding: Finding,
        tries: Tries | None,
        sweep: Sweep | None,
        *,
        is_first: bool,
        is_corrected: bool,
    ) -> Outcome:
        """Process an input, unless a refusal has stopped the round.

        Args:
            finding: the input.
            tries: its failed attempts; None to look them up.
            sweep: the options; None if only its corrections are to be noted.
            is_first: whether it is the first input of this sweep.
            is_corrected: whether people decided on it since the last complete round.
        """
        with self._pipeline.breaker:
            if is_corrected:
                self._corrections.note(finding.entry)
            if sweep is None:
                return Outcome.NOTED
            if sweep.rederive:
                return self._rederiver.run(finding.entry)
            tries = tries or self._retries.look_up(finding.entry)
            return self._bring_up_to_date(finding, tries, sweep, is_first=is_first)

    def _bring_up_to_date(
        self, finding: Finding, tries: Tries, sweep: Sweep, *, is_first: bool
    ) -> Outcome:
        entry = finding.entry
        try:
            outcome = compare(
                self._store,
                self._layout,
                self._source(entry),
                finding,
                retry_failed=sweep.retry_failed,
            )
            if outcome is None:
                if not self._is_due(tries, sweep):
                    return Outcome.WAITING
                outcome = self._record(entry, tries, sweep)
        except OutOfTime as error:
            if error.has_progress or not is_first:
                raise
            late = InputTooLong(entry.key)  # the others must not wait for it
            self._postpone(entry, late, tries)
            raise late from None
        except InvocationError as error:
            if not error.stops_round:
                self._postpone(entry, error, tries)
            raise
        except Exception as error:  # noqa: BLE001 - a defect comes to an end as well
            fault = UnexpectedFault(error)
            self._postpone(entry, fault, tries)
            raise fault from None
        self._retries.remove(tries.keys)
        return outcome

    def _source(self, entry: Entry) -> Source:
        return Source(self._bucket, entry.key, entry.etag, entry.size, None, entry.modified_at)

    def _record(self, entry: Entry, tries: Tries, sweep: Sweep) -> Outcome:
        deadline = self._deadline.retries_at_most(RETRIES_PER_INPUT)
        with self._log.step("upload", entry.key) as step:
            outcome = self._pipeline.record(
                self._bucket,
                entry.key,
                deadline,
                retry_failed=sweep.retry_failed,
                is_last_attempt=tries.are_exhausted,
            )
            step.outcome, step.reason = outcome.value, outcome.reason
        return outcome

    def _postpone(self, entry: Entry, error: InvocationError, tries: Tries) -> None:
        """Postpone an input to a later sweep, or make its failure final."""
        source = self._source(entry)
        try:
            if tries.are_exhausted:
                self._pipeline.fail(source, error, attempts=tries.attempts + 1)
                self._retries.remove(tries.keys)
            else:
                self._retries.postpone(source, error, tries)
        except StoreError as refusal:
            refusal.stops_round = True  # nothing else says that the input must be seen again
            raise

    def _listing(self, prefix: str, after: str) -> Iterator[Entry]:
        return self._store.listing(self._bucket, prefix, after)

    def _state_key(self, sweep: Sweep) -> str:
        kind = "-failures" * sweep.retry_failed + "-verify" * sweep.verify
        kind += "-rederive" * sweep.rederive
        return state_key(self._layout, kind)
