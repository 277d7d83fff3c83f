"""Invokes the deployed function with one event."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huaweicloudsdkfunctiongraph.v2 import FunctionGraphClient, InvokeFunctionRequest

from ops.errors import OpsError
from ops.sdk.clients import stage_client
from ops.sdk.errors import readable_errors
from ops.stage import Stage


@dataclass(frozen=True)
class InvocationResult:
    """The outcome of an invocation.

    Attributes:
        request_id: the id of the invocation in the log.
        result: the function's return value or, if it raised, the error.
        log: the end of its log.
    """

    request_id: str
    result: Any
    log: str


def read_event(path: Path) -> dict[str, Any]:
    """Read an event.

    Raises:
        OpsError: the file is missing or is not a JSON object.
    """
    try:
        event = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OpsError(f"{path}: {error}") from None
    if not isinstance(event, dict):
        raise OpsError(f"{path}: an event is a JSON object")
    return event


def invoke(stage: Stage, urn: str, event: dict[str, Any]) -> InvocationResult:
    """Invoke the function and wait for its result.

    Raises:
        OpsError: FunctionGraph refused the invocation or was not reached.
    """
    client = stage_client(FunctionGraphClient, stage, "fgs", "functiongraph", urn)
    request = InvokeFunctionRequest(
        function_urn=urn, x_cff_log_type="tail", x_cff_request_version="v1", body=event
    )
    with readable_errors("FunctionGraph"):
        response = client.invoke_function(request).to_json_object()
    if not isinstance(response, dict):
        raise OpsError("the response of FunctionGraph is not a JSON object")
    log = _decode_log(str(response.get("log") or ""))
    result = _decode_result(response.get("result"))
    return InvocationResult(str(response.get("request_id", "")), result, log)


def _decode_result(result: object) -> Any:  # noqa: ANN401 - any JSON
    """Decode the result, which is JSON in a string."""
    try:
        return json.loads(result) if isinstance(result, str) else result
    except ValueError:
        return result


def _decode_log(log: str) -> str:
    """Decode the end of the log, which some regions encode as base64."""
    try:
        return base64.b64decode(log, validate=True).decode()
    except ValueError:
        return log
