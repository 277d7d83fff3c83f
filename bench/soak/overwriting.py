"""Writes that made the records of an input worse, and whether a sweep mended it.

A request that is late may reach the bucket when its caller has long given up and a newer content
has its record: no client can prevent that. Such an overwriting is allowed if the first sweep that
begins after it mends it. Every other one is a defect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.soak.exchange_log import Change, ExchangeLog
from local.faults import LATE
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT


@dataclass(frozen=True)
class Present:
    """The records of an input at one time.

    Attributes:
        record: the request that put its record; None if there is no record.
        failure: the request that put its failure record; None if there is none.
    """

    record: Change | None = None
    failure: Change | None = None

    def after(self, change: Change) -> Present:
        """Return the records after a change."""
        put = None if change.is_removal else change
        is_failure = change.exchange.key.startswith(DEFAULT_LAYOUT.failures_prefix)
        return replace(self, failure=put) if is_failure else replace(self, record=put)

    def knows(self, etag: str) -> bool:
        """Whether one of them is of this content."""
        return any(one and one.etag == etag for one in (self.record, self.failure))

    def is_right(self, etag: str) -> bool:
        """Whether exactly one of them is of this content, and no failure record lies beside it."""
        if self.record and self.record.etag == etag:
            return self.failure is None
        return self.failure is not None and self.failure.etag == etag


@dataclass(frozen=True)
class Overwriting:
    """A change that made the records of an input worse.

    Attributes:
        key: the input's key.
        change: the change.
        mended_at: the time from which on the records were right again; None if they never were.
    """

    key: str
    change: Change
    mended_at: float | None

    @property
    def is_late(self) -> bool:
        """Whether the request was late: its caller had given up before."""
        return self.change.exchange.fault == LATE

    @property
    def landed_at(self) -> float:
        """The time of the change."""
        return self.change.exchange.served

    def is_mended_within_one(self, sweeps: Sequence[tuple[float, float]]) -> bool:
        """Whether it was mended by the end of the first sweep that began after it.

        Args:
            sweeps: start and end of each sweep, in order.
        """
        ends = [end for start, end in sweeps if start >= self.landed_at]
        return self.mended_at is not None and bool(ends) and self.mended_at <= ends[0]


def present_at(log: ExchangeLog, key: str, when: float) -> Present:
    """Return the records that an input had at a time."""
    present = Present()
    for change in log.stored(key):
        if change.exchange.served > when:
            break
        present = present.after(change)
    return present


def overwritings(log: ExchangeLog, key: str) -> Iterator[Overwriting]:
    """Yield the changes that made the records of an input worse.

    A write is worse if it is a failure record of the same content as the record's or of an earlier
    one, another result for the same content, or the record of an earlier content. The removal of
    the last content's failure record is worse if the request was late and no record came before.
    """
    contents, present = log.contents[key], Present()
    changes = log.stored(key)
    for number, change in enumerate(changes):
        if _is_worse(change, present, contents):
            following = _mended_at(present.after(change), changes[number + 1 :], contents[-1])
            yield Overwriting(key, change, following)
        present = present.after(change)


def _mended_at(present: Present, changes: Sequence[Change], etag: str) -> float | None:
    for change in changes:
        present = present.after(change)
        if present.is_right(etag):
            return change.exchange.served
    return None


def _is_worse(change: Change, present: Present, contents: Sequence[str]) -> bool:
    record, failure = present.record, present.failure
    if change.is_removal:
        is_late = change.exchange.fault == LATE
        is_last = failure is not None and failure.etag == contents[-1]
        return is_late and is_last and not (record and record.etag == contents[-1])
    if change.status == Status.FAILED:
        former = [one for one in (record, failure) if one]
        is_second = bool(record and record.etag == change.etag)
        return is_second or any(_is_earlier(change, one, contents) for one in former)
    if record is None:
        return False
    if record.etag == change.etag:
        return record.result != change.result
    return _is_earlier(change, record, contents)


def _is_earlier(change: Change, other: Change, contents: Sequence[str]) -> bool:
    return contents.index(change.etag) < contents.index(other.etag)
