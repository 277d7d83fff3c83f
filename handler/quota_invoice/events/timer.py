"""A timer's event, which asks for a sweep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from quota_invoice.errors import EventError
from quota_invoice.json_values import member, text_of

_OPTIONS = {
    "retry_failed",
    "failures",
    "verify",
    "rederive",
}  # "failures" is a former name of "retry_failed"


class Sweep(NamedTuple):
    """A request to look for inputs without a right record.

    Attributes:
        retry_failed: whether inputs with a failure record are read again, and those that wait for
            their next attempt at once.
        verify: whether every record is compared with its input's ETag; otherwise the times of
            both decide.
        rederive: whether the present rules are applied to all records, instead of the search for
            inputs without one; nothing is sent to OCR.
    """

    retry_failed: bool = False
    verify: bool = False
    rederive: bool = False


def parse_timer(event: object) -> Sweep | None:
    """Read a timer's event; None if it is another event.

    Its ``user_event`` is ``sweep``, or options such as ``{"retry_failed": true}``, as a text or, in
    an event that a person wrote, as an object.

    Raises:
        EventError: ``user_event`` is neither.
    """
    if str(member(event, "trigger_type")).upper() != "TIMER":
        return None
    given = member(event, "user_event")
    try:
        options = given if isinstance(given, Mapping) else _options(text_of(given) or "{}")
    except (ValueError, RecursionError):
        options = None
    if not isinstance(options, Mapping) or not options.keys() <= _OPTIONS:
        raise EventError("a timer's user_event is neither sweep nor its options as JSON")
    if not all(isinstance(value, bool) for value in options.values()):
        raise EventError("the options of a sweep are true or false")
    retry_failed = options.get("retry_failed", False) or options.get("failures", False)
    return Sweep(retry_failed, options.get("verify", False), options.get("rederive", False))


def _options(text: str) -> Any:  # noqa: ANN401 - any JSON value
    return {} if text.strip().lower() == "sweep" else json.loads(text)
