"""The last sweep and its result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from quota_invoice.obs.objects import ObjectStore
from quota_invoice.settings.layout import BucketLayout
from quota_invoice.sweep.round import state_key
from quota_invoice.times import parse_time

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_INTERVAL = re.compile(r"[1-9][0-9]*[mhd]|@every ((?:[1-9][0-9]*[hms])+)")  # as in template.yaml
_PART = re.compile(r"([0-9]+)([smhd])")
_LONGEST_SWEEP = timedelta(minutes=15)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LastSweep:
    """The last sweep.

    Attributes:
        at: the time at which it began or ended, as the bucket says; None if there was none.
        continues_after: the input after which the next one continues; empty if none has to.
        is_dead: whether it should have run again long ago.
        result: its line in the log: ``outcome``, ``counts``, ``ms``; empty if it is not found.
    """

    at: datetime | None
    continues_after: str
    is_dead: bool
    result: dict[str, Any]


def last_sweep(  # noqa: PLR0913, PLR0917 - where it is told, and the time
    store: ObjectStore,
    bucket: str,
    layout: BucketLayout,
    schedule: str | None,
    line: dict[str, Any] | None,
    oldest: str | None,
    now: datetime,
) -> LastSweep:
    """Read the state of sweeps.

    Args:
        store: the bucket.
        bucket: its name.
        layout: its prefixes.
        schedule: the schedule of sweeps; None if nothing starts them.
        line: the log's last line of a sweep, or None.
        oldest: the upload time of the input that has waited longest; None if none waits.
        now: the present time, UTC.
    """
    key = state_key(layout)
    described = store.describe(bucket, key)
    state = (store.read(bucket, key) if described else None) or {}
    at = parse_time(described.uploaded_at) if described else None
    interval = interval_of(schedule or "")
    # A new stage, or one whose inputs all have records, may have had no sweep; that is no fault.
    since = at or (parse_time(oldest) if oldest else None)
    # A cron expression may mean any interval: a sweep that ever ran may be in time then.
    longest = None if at and not interval else 2 * (interval or _DAY) + _LONGEST_SWEEP
    is_late = since is not None and longest is not None and now - since > longest
    known = ("outcome", "counts", "ms", "code", "message")
    result = {name: line[name] for name in known if name in line} if line else {}
    return LastSweep(at, str(state.get("after") or ""), bool(schedule) and is_late, result)


def interval_of(schedule: str) -> timedelta | None:
    """Return the interval of a schedule; None for a cron expression.

    >>> str(interval_of("15m")), str(interval_of("@every 1h30m")), interval_of("0 0 2 * * ?")
    ('0:15:00', '1:30:00', None)
    """
    if not _INTERVAL.fullmatch(schedule):
        return None
    parts = _PART.findall(schedule)
    return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())


def last_line(lines: Iterable[str]) -> dict[str, Any] | None:
    """Return the fields of the last line of a sweep; None if there is none."""
    found = None
    for text in lines:
        if '"sweep"' not in text:
            continue
        try:
            fields = json.loads(text[text.index("{") :])
        except ValueError:
            continue
        if isinstance(fields, dict) and fields.get("step") == "sweep":
            found = fields
    return found
