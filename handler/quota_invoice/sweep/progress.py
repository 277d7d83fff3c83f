"""The progress of a sweep: counts, errors, and the point from which the next one continues."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, field

from quota_invoice.errors import InvocationError, OutOfTime, StoreError, UnexpectedFault
from quota_invoice.obs.walk import Finding
from quota_invoice.pipeline import Outcome
from quota_invoice.sweep.backlog import Backlog

_MOST_NAMED = 20  # errors that the message names; all are counted
_MOST_OUTAGES = 5  # inputs in a row: the others would meet the outage too


@dataclass(frozen=True)
class Pending:
    """An input that is being processed.

    Attributes:
        finding: the input, as the listings show it.
        after: the key of the input before it.
        outcome: the outcome, when it is there.
        is_untried: whether it has no record, and nothing shows an attempt before this one.
    """

    finding: Finding
    after: str
    outcome: Future[Outcome]
    is_untried: bool


@dataclass
class Progress:
    """The progress of a sweep.

    Attributes:
        started_after: the checkpoint from which the sweep started.
        backlog: the inputs without a record.
        last: the last input that was seen.
        counts: inputs by state and by outcome.
        errors: the first errors, by key.
        stopped_after: the input before the point where the sweep stopped.
        undone_after: the input before the first one that was not tried.
        listing_error: the error that ended the listing, or None.
    """

    started_after: str
    backlog: Backlog
    last: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, InvocationError]] = field(default_factory=list)
    stopped_after: str | None = None
    undone_after: str | None = None
    listing_error: StoreError | None = None
    _outages: int = 0

    def __post_init__(self) -> None:  # noqa: D105 - sets a default
        self.last = self.started_after

    @property
    def checkpoint(self) -> str | None:
        """The input after which the next sweep continues; None if this one is complete."""
        return self.stopped_after if self.undone_after is None else self.undone_after

    @property
    def is_stopping(self) -> bool:
        """Whether no further input is to be begun."""
        return self.undone_after is not None or self._outages >= _MOST_OUTAGES

    def collect(self, pending: Pending) -> None:
        """Wait for an input and count its outcome."""
        outcome, uploaded_at = self._outcome(pending), pending.finding.entry.modified_at
        if outcome in {None, Outcome.WAITING}:
            if not pending.finding.is_recorded:  # an error may concern a correction of its record
                self.backlog.leave(uploaded_at)
        elif outcome is Outcome.DUPLICATE:
            self.backlog.see_record(uploaded_at)  # its event came after the listing
        elif pending.is_untried and outcome in {Outcome.RECOGNIZED, Outcome.FAILED}:
            self.backlog.find(uploaded_at)

    def _outcome(self, pending: Pending) -> Outcome | None:
        """Return an input's outcome; None if it could not be processed."""
        try:
            outcome = pending.outcome.result()
        except OutOfTime:
            self._stop_before(pending)
        except InvocationError as error:
            if error.stops_round:
                self._stop_before(pending)
                self.counts["stopped"] = 1
            self._outages = self._outages + 1 if error.is_outage else 0
            self._add_error(pending.finding.entry.key, error)
        except Exception as error:  # noqa: BLE001 - a defect must not cost the other inputs
            self._add_error(pending.finding.entry.key, UnexpectedFault(error))
        else:
            self.counts[outcome.value] += 1
            self._outages = 0
            return outcome
        return None

    def _stop_before(self, pending: Pending) -> None:
        if self.undone_after is None:
            self.undone_after = pending.after

    def _add_error(self, key: str, error: InvocationError) -> None:
        self.counts["errors"] += 1
        if len(self.errors) < _MOST_NAMED:
            self.errors.append((key, error))
