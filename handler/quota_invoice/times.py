"""Times as text: ISO 8601, UTC, with ``Z``."""

from __future__ import annotations

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(timezone.utc)


def format_time(moment: datetime, timespec: str = "auto") -> str:
    """Return a time as text, in UTC.

    >>> format_time(datetime(2026, 11, 22, tzinfo=timezone.utc))
    '2026-11-22T00:00:00Z'
    """
    return moment.astimezone(timezone.utc).isoformat(timespec=timespec).replace("+00:00", "Z")


def parse_time(text: object) -> datetime | None:
    """Return the time that a text says; None if it says none, or is no text.

    >>> parse_time("2026-11-22T00:00:00Z") == datetime(2026, 11, 22, tzinfo=timezone.utc)
    True
    >>> parse_time("tomorrow"), parse_time(None), parse_time("2026-11-22T00:00:00"), parse_time(5)
    (None, None, None, None)
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
