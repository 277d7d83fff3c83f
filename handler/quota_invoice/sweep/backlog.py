"""The inputs without a record that a sweep sees: their age, and whether events still come."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from quota_invoice.logs import Alarm
from quota_invoice.times import format_time, parse_time

_OLD = timedelta(hours=1)
_FOR_EVENTS = timedelta(minutes=5)  # an upload's event may still come, or be processed
_MOST_LOST = 3  # events that may be lost one by one, by limits of the platform


@dataclass
class Backlog:
    """Inputs without a record; times of uploads are the bucket's texts.

    Attributes:
        started: the time at which the sweep started, UTC.
        shows_events: whether the sweep can tell that no event comes: it begins a round, and the
            sweep before it ended one. Events of an outage leave inputs without a record, too.
        found: inputs that the sweep processed although nothing had tried them before.
    """

    started: datetime
    shows_events: bool = True
    found: int = 0
    _oldest: str = ""
    _latest: list[str] = field(default_factory=list)  # a heap: the last uploads among those found
    _last_recorded: str = ""  # the last upload that had a record before the sweep

    def see_record(self, uploaded_at: str) -> None:
        """Take note of an input that got its record without the sweep."""
        self._last_recorded = max(self._last_recorded, uploaded_at)

    def leave(self, uploaded_at: str) -> None:
        """Take note of an input that still has no record."""
        self._oldest = min(self._oldest or uploaded_at, uploaded_at)

    def find(self, uploaded_at: str) -> None:
        """Take note of an input that the sweep was the first to process."""
        self.found += 1
        if uploaded_at > format_time(self.started - _FOR_EVENTS, "seconds"):
            return
        heapq.heappush(self._latest, uploaded_at)
        if len(self._latest) > _MOST_LOST:
            heapq.heappop(self._latest)

    def metrics(self, now: datetime) -> dict[str, int]:
        """Return the numbers for the sweep's log line."""
        age = self._age(now)
        return {"oldest_pending_seconds": int(age.total_seconds()), "without_event": self.found}

    def alarms(self, now: datetime) -> list[Alarm]:
        """Return the states that need a person."""
        alarms = [Alarm.BACKLOG_OLD] if self._age(now) > _OLD else []
        return [*alarms, Alarm.TRIGGER_DEAD] if self._is_trigger_dead() else alarms

    def _age(self, now: datetime) -> timedelta:
        oldest = parse_time(self._oldest)
        return max(now - oldest, timedelta(0)) if oldest else timedelta(0)

    def _is_trigger_dead(self) -> bool:
        """Whether no event came since several inputs were uploaded, which the sweep found.

        An input that was uploaded with them or later, and had a record, would show an event.
        """
        has_lost = self.shows_events and len(self._latest) == _MOST_LOST
        return has_lost and self._last_recorded < self._latest[0]
