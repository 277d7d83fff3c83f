"""How an invocation can end other than well."""

from __future__ import annotations


class FunctionError(Exception):
    """The function raised; what the platform shows of it.

    Args:
        kind: the error's class (``errorType``).
        message: its text (``errorMessage``).
        trace: the lines of its stack (``stackTrace``).
    """

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.trace = trace or []


class FunctionTimeout(FunctionError):
    """The function was ended because its time was over."""

    def __init__(self, seconds: float) -> None:
        super().__init__("FunctionTimeout", f"ended after its time limit of {seconds:g} s")


class Discarded(Exception):
    """All instances were busy; nothing was begun, and nobody but the caller will ever know."""
