"""A timer's round over the bucket: what no event led to is processed, what is outdated anew.

The platform discards invocations beyond its limits without a word, and some uploads announce
nothing. A round that runs out of time leaves a note in the bucket of where the next one goes on.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from quota_invoice.errors import (
    AccessRefused,
    ConfigurationError,
    InvocationError,
    OutOfTime,
    StoreError,
    UnexpectedFault,
    UploadsFailed,
)
from quota_invoice.events.parse import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Bucket, Entry
from quota_invoice.obs.walk import Finding, State, walk
from quota_invoice.pipeline import Outcome
from quota_invoice.records.record import Source, etag_of
from quota_invoice.settings.settings import Settings

# With less than that left, no further input is begun: reading one takes a second or a few.
_SECONDS_FOR_ONE = 5.0
_MOST_SECONDS_FOR_ONE = 30.0  # pauses and further tries included
_IN_LINE = 2  # inputs for each that is read at once, so that none has to be waited for
_MOST_NAMED = 20  # of the errors of a round; all are counted


class Records(Protocol):
    """Brings records up to date; ``pipeline.Pipeline`` is one."""

    def record(  # noqa: D102 - see Pipeline
        self, source: Source, seconds_left: Callable[[], float], *, again: bool = False
    ) -> Outcome: ...


@dataclass(frozen=True)
class _Pending:
    """An input that is being read, and the one before it, after which it would be begun again."""

    key: str
    after: str
    outcome: Future[Outcome]


@dataclass
class _Round:
    """What came of a round so far.

    Attributes:
        begun_after: the input after which it began.
        last: the last input that was seen.
        counts: inputs by what the listings tell of them, and by what came of their processing.
        errors: the first of them, by key.
        stopped_after: the input at which time was up; None if it was not.
        undone_after: the one before the first that there was no time or no right to read.
        listing_error: what ended it before all inputs were seen, or None.
    """

    begun_after: str
    last: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, InvocationError]] = field(default_factory=list)
    stopped_after: str | None = None
    undone_after: str | None = None
    listing_error: StoreError | None = None

    def __post_init__(self) -> None:
        self.last = self.begun_after

    @property
    def resume_after(self) -> str | None:
        """Where the next round has to go on; None if this one has come to the end."""
        return self.stopped_after if self.undone_after is None else self.undone_after

    def stop_before(self, pending: _Pending) -> None:
        if self.undone_after is None:
            self.undone_after = pending.after

    def note(self, key: str, error: InvocationError) -> None:
        self.counts["errors"] += 1
        if len(self.errors) < _MOST_NAMED:
            self.errors.append((key, error))


class Sweeper:
    """Makes one round.

    Args:
        settings: which bucket, where inputs lie and records go, how many are read at once.
        store: the bucket.
        records: brings the record of an input up to date; called by several threads.
        log: takes a line for the round.
        seconds_left: of the invocation.

    Raises:
        ConfigurationError: the settings name no bucket.
    """

    def __init__(
        self,
        settings: Settings,
        store: Bucket,
        records: Records,
        log: Log,
        seconds_left: Callable[[], float],
    ) -> None:
        if not settings.bucket:
            raise ConfigurationError(["BUCKET: not set, and a sweep needs to know which"])
        self._bucket = settings.bucket
        self._keys = settings.keys
        self._store = store
        self._records = records
        self._log = log
        self._seconds_left = seconds_left
        self._concurrency = settings.sweep_concurrency

    def run(self, sweep: Sweep) -> dict[str, int]:
        """Go on where the last round of this kind ended, and process what needs it.

        Returns:
            How many ``inputs`` were seen, how many of them had which state and came to which
            outcome; ``unfinished`` is 1 if time was up before all were seen.

        Raises:
            InvocationError: some input could not be dealt with; what could has been.
        """
        note_key = self._note_key(sweep)
        note = self._store.read(self._bucket, note_key)
        after = str((note or {}).get("after") or "")
        with self._log.step("sweep", after) as step:
            found = self._round(sweep, after)
            if found.resume_after is not None:
                found.counts["unfinished"] = 1
                if found.resume_after != after:
                    self._store.write(self._bucket, note_key, {"after": found.resume_after})
            elif note is not None:
                self._store.delete(self._bucket, note_key)
            step.counts = dict(found.counts)
            if found.errors:
                raise UploadsFailed(
                    found.errors, found.counts["inputs"], count=found.counts["errors"]
                )
            if found.listing_error:
                raise found.listing_error
        return dict(found.counts)

    def _round(self, sweep: Sweep, after: str) -> _Round:
        found = _Round(after)
        pending: deque[_Pending] = deque()
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="sweep") as pool:
            try:
                for finding in walk(self._listing, self._keys, after):
                    if self._seconds_left() < _SECONDS_FOR_ONE or found.undone_after is not None:
                        found.stopped_after = found.last
                        break
                    found.counts["inputs"] += 1
                    found.counts[finding.state.value] += 1
                    if _needs_work(finding, sweep):
                        while len(pending) >= _IN_LINE * self._concurrency:
                            self._settle(pending.popleft(), found)
                        future = pool.submit(self._process, finding, again=sweep.failures)
                        pending.append(_Pending(finding.entry.key, found.last, future))
                    found.last = finding.entry.key
            except StoreError as error:  # what was seen until then counts
                found.stopped_after, found.listing_error = found.last, error
            while pending:
                self._settle(pending.popleft(), found)
        return found

    def _process(self, finding: Finding, *, again: bool) -> Outcome:
        entry = finding.entry
        if finding.has_both:
            record = self._store.read(self._bucket, self._keys.result(entry.key))
            if etag_of(record) == entry.etag:
                self._store.delete(self._bucket, self._keys.failure(entry.key))
                return "tidied", None
        source = Source(self._bucket, entry.key, entry.etag, entry.size, None, entry.modified_at)
        begun = self._seconds_left()

        def seconds_left() -> float:
            return self._seconds_left() - max(0.0, begun - _MOST_SECONDS_FOR_ONE)

        with self._log.step("upload", entry.key) as step:
            step.outcome, step.reason = self._records.record(source, seconds_left, again=again)
        return step.outcome, step.reason

    @staticmethod
    def _settle(pending: _Pending, found: _Round) -> None:
        """Wait for an input and count what came of it."""
        try:
            outcome, _ = pending.outcome.result()
        except AccessRefused as error:
            found.stop_before(pending)  # those after it would fare no better
            found.note(pending.key, error)
        except OutOfTime as error:
            if pending.after == found.begun_after:
                # A whole round was not enough for it: the next one must not begin with it again.
                found.note(pending.key, error)
            else:
                found.stop_before(pending)
        except InvocationError as error:
            found.note(pending.key, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the others
            found.note(pending.key, UnexpectedFault(error))
        else:
            found.counts[outcome] += 1

    def _listing(self, prefix: str, after: str) -> Iterator[Entry]:
        return self._store.listing(self._bucket, prefix, after)

    def _note_key(self, sweep: Sweep) -> str:
        """Give the key of the note: under failures, where the function may remove what it wrote.

        No failure record can have it, as those end in ``.json``.
        """
        kind = "-failures" * sweep.failures + "-verify" * sweep.verify
        return f"{self._keys.failures_prefix}.sweep{kind}"


def _needs_work(finding: Finding, sweep: Sweep) -> bool:
    if finding.state is State.FAILED:
        return sweep.failures
    if finding.state is State.DONE:
        return sweep.verify
    return finding.state is not State.UNUSABLE
