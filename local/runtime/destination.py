"""What a failure destination is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.runtime.errors import FunctionError


def failure(
    timestamp: str, context: Mapping[str, Any], event: object, error: Exception
) -> dict[str, Any]:
    """Give the message on an asynchronous invocation that failed for good.

    It has the shape that the platform's documentation shows: ``status_code`` is 200, since another
    one means an error of the platform's own. Which values ``condition`` (in the context) and
    ``function_error`` take is not documented.

    Args:
        timestamp: when the invocation began.
        context: ``request_id``, ``function_urn``, ``condition`` and ``approximate_invoke_count``.
        event: what the function was given.
        error: how its last try ended.
    """
    if not isinstance(error, FunctionError):
        error = FunctionError(type(error).__name__, str(error))
    return {
        "timestamp": timestamp,
        "request_context": dict(context),
        "request_payload": event,
        "response_context": {"status_code": 200, "function_error": error.kind},
        "response_payload": {
            "errorMessage": error.message,
            "errorType": error.kind,
            "stackTrace": error.trace,
        },
    }
