"""The log: one JSON line per step, made of the fields that are named here and no others."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from quota_invoice.errors import QuotaInvoiceError


class Alarm(Enum):
    """A state that needs a person, by its word in log lines; ``template.yaml`` sets alarms on them.

    The words contain no character at which the log service splits lines into words.
    """

    FAILURE_RECORD = "alarm_failure_record"  # a failure record was written
    BACKLOG_OLD = "alarm_backlog_old"  # an input has waited too long for its record
    TRIGGER_DEAD = "alarm_trigger_dead"  # sweeps find uploads, and no event comes
    BREAKER_OPEN = "alarm_breaker_open"  # a service refuses the account or the bucket


_encode = json.JSONEncoder(ensure_ascii=False).encode


class Step:
    """A step in progress; its fields are set before it ends.

    As a context manager, it writes its line when its block ends, also when that raises.

    Args:
        write: writes the line of a step and its error.

    Attributes:
        name: the step's name.
        key: the object's key.
        started: when it began, by the performance counter.
        outcome: the result of the step, such as ``recognized``; ``ok`` unless set.
        reason: the reason for the outcome, where it needs one.
        counts: number of inputs by outcome.
        metrics: other numbers, by name.
        alarms: the states that need a person.
        gateway_request_id: API Gateway's id of the request.
        libraries: version and place of libraries that the runtime has as well, by name.
    """

    # Most steps set none of these.
    outcome = "ok"
    reason: str | None = None
    counts: Mapping[str, int] | None = None
    metrics: Mapping[str, int] | None = None
    alarms: Sequence[Alarm] = ()
    gateway_request_id: str | None = None
    libraries: Mapping[str, str] | None = None

    def __init__(
        self, name: str, key: str, write: Callable[[Step, Exception | None], None]
    ) -> None:
        self.name = name
        self.key = key
        self.started = time.perf_counter()
        self._write = write

    def __enter__(self) -> Step:  # noqa: PYI034 - Self is not in Python 3.10
        """Return the step, so that its fields can be set."""
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Write the step's line."""
        if isinstance(error, Exception):
            self.outcome = "error"
            if not isinstance(error, QuotaInvoiceError):
                self.reason = type(error).__name__
            self._write(self, error)
        elif error is None:
            self._write(self, None)


class Log:
    """Writes the steps of one invocation.

    Args:
        request_id: the platform's id of the invocation, which is in every line.
        write: takes one line without its line end; standard output by default.
    """

    def __init__(self, request_id: str, write: Callable[[str], None] | None = None) -> None:
        self.request_id = request_id
        self._write = write or _print

    def step(self, name: str, key: str = "") -> Step:
        """Time a step and write its line when it ends, also when it raises."""
        return Step(name, key, self._line)

    def _line(self, step: Step, error: Exception | None) -> None:
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "step": step.name,
            "key": step.key,
            "outcome": step.outcome,
            "ms": round((time.perf_counter() - step.started) * 1000, 1),
        }
        if step.reason:
            fields["reason"] = step.reason
        if step.counts:
            fields["counts"] = step.counts
        if step.metrics:
            fields["metrics"] = step.metrics
        if step.gateway_request_id:
            fields["gateway_request_id"] = step.gateway_request_id
        if step.libraries:
            fields["libraries"] = step.libraries
        if isinstance(error, QuotaInvoiceError):
            fields["code"], fields["message"] = error.code, error.message
            fields["service_request_id"] = error.request_id
            if error.stops_round:
                step.alarms = [*step.alarms, Alarm.BREAKER_OPEN]
        if step.alarms:
            fields["alarms"] = [alarm.value for alarm in step.alarms]
        line = _encode(fields)
        if not line.isascii():
            # A key may hold half of a surrogate pair, which UTF-8 holds as an escape only.
            line = line.encode("utf-8", "backslashreplace").decode()
        self._write(line)


def _print(line: str) -> None:
    """Write a line in one call, so that the lines of several threads do not mix."""
    sys.stdout.write(line + "\n")
