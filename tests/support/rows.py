"""Rows of the fault table: a fault at an operation, and its expected consequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

RECOGNIZED = "recognized 1"
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
        calls_again: the number of OCR requests in the next invocation with the same event.
        written: whether the record exists after this invocation.
        times: how often the fault is queued.
        state: the bucket before: ``new``, ``done`` (there is a record), or ``failed`` (there is a
            failure record of an earlier content).
        fallback: whether the function sends the image itself in the end.
        part: a part of the key of the request with the fault.
    """

    operation: str
    fault: str
    seen: str = RECOGNIZED
    log: tuple[Line, ...] = ()
    calls: int = 1
    calls_again: int = 0
    written: bool = True
    times: int = 1
    state: str = "new"
    fallback: bool = False
    part: str = ""

    def __str__(self) -> str:
        state, twice = [self.state] * (self.state == "done"), ["twice"] * (self.times == 2)
        part = self.part.rstrip("/")
        return "-".join(filter(None, [self.operation, part, self.fault, *state, *twice]))


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
    kind: str = "StoreError",
    calls: int = 0,
    calls_again: int = 1,
    written: bool = False,
    state: str = "new",
    part: str = "",
) -> list[Row]:
    """Faults that fail the invocation, so that the platform retries it."""
    return [
        Row(
            operation,
            fault,
            seen=f"{kind}: {code}: ",
            log=tuple((step, "error", code) for step in steps),
            calls=calls,
            calls_again=calls_again,
            written=written,
            state=state,
            part=part,
        )
        for fault, code in codes.items()
    ]
