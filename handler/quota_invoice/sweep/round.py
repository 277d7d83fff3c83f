"""A round over all inputs, which may take several sweeps, and its state in the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from quota_invoice.obs.objects import ObjectStore
from quota_invoice.settings.layout import BucketLayout
from quota_invoice.times import format_time, parse_time

# A write that the bucket received before a round may appear in its listing a little later.
_LONGEST_WRITE = timedelta(minutes=2)
_ALL = "0"  # before all times


def state_key(layout: BucketLayout, kind: str = "") -> str:
    """Return the key of the state of rounds of a kind; the usual kind has no name.

    No failure record has such a key, since those end in ``.json``.
    """
    return f"{layout.failures_prefix}.sweep{kind}"


@dataclass(frozen=True)
class Round:
    """A round as a sweep begins or continues it. Times are the bucket's, to the second, UTC.

    Attributes:
        after: the input after which this sweep continues; empty for the first.
        started_at: the time at which the round began; empty if it is unknown.
        last_started_at: the time at which the last complete round began; empty if there is none.
        follows_complete: whether this sweep begins a round, and the one before it was complete.
    """

    after: str
    started_at: str
    last_started_at: str
    follows_complete: bool = False

    @property
    def since(self) -> str:
        """The time from which on records are compared with their inputs; empty for all of them."""
        started = parse_time(self.last_started_at)
        try:
            return format_time(started - _LONGEST_WRITE) if started else _ALL
        except OverflowError:  # in the year 1
            return _ALL


class RoundState:
    """The state of rounds of one kind: one object, which tells the next sweep how to go on.

    Args:
        store: the bucket.
        bucket: its name.
        key: the state's key.
    """

    def __init__(self, store: ObjectStore, bucket: str, key: str) -> None:
        self._store = store
        self._bucket = bucket
        self._key = key

    def begin(self) -> Round:
        """Continue the unfinished round, or begin a new one."""
        state = self._store.read(self._bucket, self._key) or {}
        after, last = _text(state, "after"), _text(state, "last_started_at")
        if after:
            return Round(after, _text(state, "started_at"), last)
        # The bucket's own clock gives the time: all other times that are compared are the bucket's.
        begun = {"last_started_at": last, "is_begun": True}
        self._store.write(self._bucket, self._key, begun)
        written = self._store.describe(self._bucket, self._key)
        follows_complete = bool(last) and not state.get("is_begun")
        started_at = written.uploaded_at or "" if written else ""
        return Round("", started_at, last, follows_complete)

    def stop(self, current: Round, after: str) -> None:
        """Keep the input after which the next sweep continues the round."""
        state = {
            "after": after,
            "started_at": current.started_at,
            "last_started_at": current.last_started_at,
        }
        self._store.write(self._bucket, self._key, state)

    def complete(self, current: Round) -> None:
        """Note that the round saw all inputs."""
        self._store.write(self._bucket, self._key, {"last_started_at": current.started_at})


def _text(state: Mapping[str, object], name: str) -> str:
    value = state.get(name)
    return value if isinstance(value, str) else ""
