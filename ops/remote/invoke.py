"""One event for the deployed function, and what it answers."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huaweicloudsdkfunctiongraph.v2 import FunctionGraphClient, InvokeFunctionRequest

from ops.errors import OpsError
from ops.sdk.clients import api_client
from ops.sdk.errors import readable_errors
from ops.stage import Stage


@dataclass(frozen=True)
class InvocationResult:
    """What came of an invocation.

    Attributes:
        request_id: under which the log has it.
        result: what the function returned or, if it raised, the error.
        log: the end of its log.
    """

    request_id: str
    result: Any
    log: str


def read_event(path: Path) -> dict[str, Any]:
    """Read an event.

    Raises:
        OpsError: there is none.
    """
    try:
        event = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OpsError(f"{path}: {error}") from None
    if not isinstance(event, dict):
        raise OpsError(f"{path}: an event is a JSON object")
    return event


def invoke(stage: Stage, urn: str, event: dict[str, Any]) -> InvocationResult:
    """Invoke the function and wait for its answer.

    Raises:
        OpsError: it was not invoked; why.
    """
    client = api_client(FunctionGraphClient, stage, "fgs", "functiongraph", urn)
    request = InvokeFunctionRequest(
        function_urn=urn, x_cff_log_type="tail", x_cff_request_version="v1", body=event
    )
    with readable_errors("FunctionGraph"):
        response = client.invoke_function(request)
    found = response.to_json_object()
    if not isinstance(found, dict):
        raise OpsError("FunctionGraph's answer made no sense")
    log = str(found.get("log") or "")
    return InvocationResult(
        str(found.get("request_id", "")), _decoded(found.get("result")), _plain(log)
    )


def _decoded(result: object) -> Any:  # noqa: ANN401 - any JSON
    """Read the result, which comes as JSON in a string."""
    try:
        return json.loads(result) if isinstance(result, str) else result
    except ValueError:
        return result


def _plain(log: str) -> str:
    """Read the log's end, which some regions encode as base64."""
    try:
        return base64.b64decode(log, validate=True).decode()
    except ValueError:
        return log
