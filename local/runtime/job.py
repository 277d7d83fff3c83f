"""An event in the queue of asynchronous invocations."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from local.runtime.errors import FunctionError


@dataclass
class Job:
    """An event and its progress; ``created`` is its arrival by the queue's clock."""

    event: object
    request_id: str
    created: float
    started_at: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat())
    future: Future[Any] = field(default_factory=Future)
    attempts: int = 0
    error: Exception | None = None

    def cancel(self) -> None:
        """Cancel the future."""
        self.future.cancel()
        self.future.set_running_or_notify_cancel()  # wakes the threads that wait for it

    def failure_message(self, urn: str, condition: str, error: Exception) -> dict[str, Any]:
        """Return the message to the failure destination, in the documented shape.

        ``status_code`` is 200, since other values mean an error of the platform. The values of
        ``condition`` and ``function_error`` are not documented.
        """
        if not isinstance(error, FunctionError):
            error = FunctionError(type(error).__name__, str(error))
        return {
            "timestamp": self.started_at,
            "request_context": {
                "request_id": self.request_id,
                "function_urn": urn,
                "condition": condition,
                "approximate_invoke_count": self.attempts,
            },
            "request_payload": self.event,
            "response_context": {"status_code": 200, "function_error": error.kind},
            "response_payload": error.payload(),
        }
