"""The gateway's application, with the platform's limits of size and time.

It does not authenticate callers, so it listens on loopback only. On the platform, the gateway
authenticates them: the function receives authenticated requests only.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.gateway.event import (
    BadResponseError,
    FunctionResponse,
    Request,
    gateway_event,
    parse_response,
)
from local.runtime import Discarded, FunctionError
from ocr_service.errors import BODY_TOO_LONG, ApiError, Code
from ocr_service.http.limits import read_body
from ocr_service.http.middleware import RequestMiddleware

MAX_EVENT_BYTES = 6 << 20
"""Maximum size of an event, and of the function's response."""
_BODY_SECONDS = 60.0
_MAX_THREADS = 1000
_NO_BODY = (204, 304)

TOO_LARGE = Code("APIG.0201", 413, "Request entity too large.")
_TOO_SLOW = Code("APIG.0201", 408, "API request error: its body did not come.")
_TOO_LATE = Code("APIG.0201", 504, "Backend timeout.")
_THROTTLED = Code("APIG.0308", 429, "The throttling threshold has been reached.")
FAILED = Code("APIG.9999", 500, "Internal system error.")

Invoke = Callable[[object, str], Any]
"""Invokes the function with an event and a request id, and returns its result."""

_log = logging.getLogger(__name__)


def gateway(invoke: Invoke, seconds: float = 30.0) -> ASGIApp:
    """Create the application, which passes all paths and methods to the function.

    Args:
        invoke: invokes the function.
        seconds: the backend timeout; at most 60 on the platform.
    """
    return RequestMiddleware(_App(invoke, seconds), [])


class _App:
    def __init__(self, invoke: Invoke, seconds: float) -> None:
        self._invoke = invoke
        self._seconds = seconds
        # Each invocation has a thread, which continues after a timeout.
        self._threads = anyio.CapacityLimiter(_MAX_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope["state"]["request_id"]
        try:
            response = await self._respond(HttpRequest(scope, receive), request_id)
        except ApiError as error:
            body = {**error.body(), "request_id": request_id}
            response = JSONResponse(body, error.code.status, error.headers)
        await response(scope, receive, send)

    async def _respond(self, http: HttpRequest, request_id: str) -> Response:
        try:
            # Base64 encodes three bytes as four.
            body = await read_body(http, MAX_EVENT_BYTES * 3 // 4, _BODY_SECONDS)
        except ApiError as error:
            raise ApiError(TOO_LARGE if error.code is BODY_TOO_LONG else _TOO_SLOW) from None
        event = gateway_event(_request(http, body.data, request_id))
        if len(event["body"]) + len(json.dumps({**event, "body": ""})) > MAX_EVENT_BYTES:
            raise ApiError(TOO_LARGE)
        response = await self._call(event, request_id)
        return _http_response(response, http.method)

    async def _call(self, event: dict[str, Any], request_id: str) -> FunctionResponse:
        try:
            with anyio.fail_after(self._seconds):
                value = await anyio.to_thread.run_sync(
                    self._invoke, event, request_id, limiter=self._threads, abandon_on_cancel=True
                )
            response = parse_response(value)
        except TimeoutError:
            raise ApiError(_TOO_LATE) from None
        except Discarded:
            raise ApiError(_THROTTLED) from None
        except (FunctionError, BadResponseError) as error:
            _log.warning("the function returned no valid response: %s", error)
            raise ApiError(FAILED) from None
        except Exception as error:  # noqa: BLE001 - a part of the cloud failed; callers get JSON
            _log.warning("the function was not invoked: %s", type(error).__name__)
            raise ApiError(FAILED) from None
        if len(response.body) > MAX_EVENT_BYTES:
            raise ApiError(FAILED)
        return response


def _request(http: HttpRequest, body: bytes, request_id: str) -> Request:
    scope = http.scope
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request(http.method, path, query, headers, body, request_id)


def _http_response(response: FunctionResponse, method: str) -> Response:
    has_body = response.status not in _NO_BODY and method != "HEAD"
    http = Response(response.body if has_body else b"", response.status)
    for name, value in response.headers:
        if name not in {"content-length", "connection", "transfer-encoding"}:
            http.headers[name] = value
    if response.status in _NO_BODY:
        del http.headers["content-length"]
    return http
