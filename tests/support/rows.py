"""Rows of the fault table: a fault at an operation, and its expected consequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

RECOGNIZED = "recognized 1"
DUPLICATE = "duplicate 1"
FOUND = "inputs 1, missing 1, recognized 1"
"""A sweep's counts: the input has no record; the sweep reads it."""
COMPARED = "inputs 1, unsure 1, duplicate 1"
"""A sweep's counts: the input has a new record, which the sweep compares with it."""
READ_AGAIN = "inputs 1, unsure 1, recognized 1"
"""A sweep's counts: the input has a failure record of an earlier content; the sweep reads it."""
POSTPONED = "inputs 1, missing 1"
"""A sweep's counts: the attempt of a former sweep failed; the input is not due yet."""
Line = tuple[str, str, str | None]
"""Step, outcome and code of a log line."""


@dataclass(frozen=True)
class Row:
    """A fault and its expected consequences.

    Attributes:
        operation: the operation with the fault.
        fault: the name of the fault.
        seen: the result of the invocation, or the start of its error message.
        log: the log lines with an outcome other than success, in order.
        calls: the number of OCR requests in this invocation.
        again: the result of the next invocation with the event.
        calls_again: the number of OCR requests in it.
        swept: the result of a sweep instead of this next invocation.
        calls_swept: the number of OCR requests in it.
        written: whether the record exists after the first invocation.
        times: how often the fault is queued.
        nth: the number of requests of this operation before the one with the fault.
        state: the bucket before: ``new``, ``done`` (there is a record), or ``failed`` (there is a
            failure record of an earlier content).
        fallback: whether the function sends the image itself in the end.
        timer: whether the first invocation is a sweep, without an event of the object.
        postponed: whether an object below the retries' prefix exists after it.
    """

    operation: str
    fault: str
    seen: str = RECOGNIZED
    log: tuple[Line, ...] = ()
    calls: int = 1
    again: str = DUPLICATE
    calls_again: int = 0
    swept: str = COMPARED
    calls_swept: int = 0
    written: bool = True
    times: int = 1
    nth: int = 0
    state: str = "new"
    fallback: bool = False
    timer: bool = False
    postponed: bool = False

    def __str__(self) -> str:
        state, twice = [self.state] * (self.state == "done"), ["twice"] * (self.times == 2)
        timer = ["sweep"] * self.timer + [str(self.nth)] * bool(self.nth)
        return "-".join([self.operation, self.fault, *state, *timer, *twice])


def healed(operation: str, faults: Iterable[str], row: Row | None = None) -> list[Row]:
    """Faults that do not reach the caller."""
    return [replace(row or Row("", ""), operation=operation, fault=fault) for fault in faults]


def retried(operation: str, codes: Mapping[str, str]) -> list[Row]:
    """Faults of the OCR service that a retry within the invocation resolves."""
    return [
        Row(operation, fault, log=(("recognize", "error", code),), calls=2)
        for fault, code in codes.items()
    ]


def raised(
    operation: str,
    codes: Mapping[str, str],
    *steps: str,
    kind: str,
    calls: int = 0,
    row: Row | None = None,
) -> list[Row]:
    """Faults that fail the invocation, so that the platform retries it.

    Args:
        operation: the operation with the faults.
        codes: the error codes by the names of their faults.
        steps: the steps whose log lines have the code.
        kind: the class of the error.
        calls: the number of OCR requests in this invocation.
        row: the consequences for the bucket and the next invocations; nothing is written, if None.
    """
    return [
        replace(
            row or UNWRITTEN,
            operation=operation,
            fault=fault,
            seen=f"{kind}: {code}: ",
            log=tuple((step, "error", code) for step in steps),
            calls=calls,
        )
        for fault, code in codes.items()
    ]


UNWRITTEN = Row("", "", again=RECOGNIZED, calls_again=1, swept=FOUND, calls_swept=1, written=False)
"""No record: the next invocation reads the object."""
WRITTEN = Row("", "")
"""The record exists although the invocation failed."""
NOT_DUE = replace(UNWRITTEN, swept=POSTPONED, calls_swept=0, timer=True, postponed=True)
"""A sweep failed: the object's own event reads it, a sweep does so when it is due."""
