"""Errors of an invocation."""

from __future__ import annotations

from typing import Any


class FunctionError(Exception):
    """The function raised an error, in the form in which the platform returns it.

    Args:
        kind: the error's class (``errorType``).
        message: its message (``errorMessage``).
        trace: the lines of the stack trace (``stackTrace``).
    """

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.trace = trace or []

    def payload(self) -> dict[str, Any]:
        """Return the error as JSON, by the platform's names."""
        return {"errorMessage": self.message, "errorType": self.kind, "stackTrace": self.trace}


class FunctionTimeout(FunctionError):
    """The function exceeded its time limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__("FunctionTimeout", f"ended after its time limit of {seconds:g} s")


class Discarded(Exception):
    """All instances were busy, so the invocation was dropped without any trace."""
