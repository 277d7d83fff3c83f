"""Rows of the fault table: a fault at an operation, and all that must follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

RECOGNIZED = "recognized 1"
Line = tuple[str, str, str | None]
"""Step, outcome and code of a line of the log."""


@dataclass(frozen=True)
class Row:
    """One fault, and what must be seen.

    Attributes:
        operation: what it happens to.
        fault: its name.
        seen: the outcome that the caller is told, or how the message of the error begins.
        log: the lines that tell of anything but success, in their order.
        calls: how often the OCR service is asked in that invocation.
        calls_again: how often in the next one, of the same event.
        written: whether the record is there after the first.
        times: how often the fault is queued.
        state: of the bucket before: ``new``, ``done`` (there is a record), or ``failed`` (there is
            a failure record of an earlier content).
        rescued: whether the image is sent by its bytes in the end.
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
    rescued: bool = False

    def __str__(self) -> str:
        state, twice = [self.state] * (self.state == "done"), ["twice"] * (self.times == 2)
        return "-".join([self.operation, self.fault, *state, *twice])


def healed(operation: str, faults: Iterable[str], row: Row | None = None) -> list[Row]:
    """Faults that the caller does not hear of."""
    return [replace(row or Row("", ""), operation=operation, fault=fault) for fault in faults]


def retried(operation: str, codes: Mapping[str, str]) -> list[Row]:
    """Faults of the OCR service that another try within the invocation cures."""
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
) -> list[Row]:
    """Faults that the invocation fails with, for the platform to try again."""
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
        )
        for fault, code in codes.items()
    ]
