"""The gateway as an application, with the platform's limits of size and time.

Nobody is asked who he is: it is for loopback alone. On the platform, that is the gateway's matter,
too: the function never sees a request that was not let in.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.gateway.event import Answer, BadAnswerError, Request, answer_of, event_of
from local.runtime import Discarded, FunctionError
from ocr_service.errors import BODY_TOO_LONG, ApiError, Code
from ocr_service.http.limits import read_body
from ocr_service.http.middleware import RequestMiddleware

LARGEST_EVENT = 6 << 20
"""Bytes of an event, and of the function's answer to it."""
_BODY_SECONDS = 60.0
_MOST_AT_ONCE = 1000
_NO_BODY = (204, 304)

TOO_LARGE = Code("APIG.0201", 413, "Request entity too large.")
TOO_SLOW = Code("APIG.0201", 408, "API request error: its body did not come.")
TOO_LATE = Code("APIG.0201", 504, "Backend timeout.")
THROTTLED = Code("APIG.0308", 429, "The throttling threshold has been reached.")
FAILED = Code("APIG.9999", 500, "Internal system error.")

Invoke = Callable[[object, str], Any]
"""Invokes the function with an event under a request id, and gives its answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gateway:
    """How the gateway is configured.

    Attributes:
        seconds: until the function must have answered: the backend's time-out, up to 60.
        largest_event: bytes of an event that the function takes, and of its answer.
    """

    seconds: float = 30.0
    largest_event: int = LARGEST_EVENT


def gateway(invoke: Invoke, config: Gateway | None = None) -> ASGIApp:
    """Make the application: every path and every method goes to the function."""
    return RequestMiddleware(_App(invoke, config or Gateway()), [])


class _App:
    def __init__(self, invoke: Invoke, config: Gateway) -> None:
        self._invoke = invoke
        self._config = config
        # A thread waits for each; those who are given up go on waiting, so there are many.
        self._threads = anyio.CapacityLimiter(_MOST_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope["state"]["request_id"]
        try:
            response = await self._answer(HttpRequest(scope, receive), request_id)
        except ApiError as refusal:
            body = {**refusal.body(), "request_id": request_id}
            response = JSONResponse(body, refusal.code.status, refusal.headers)
        await response(scope, receive, send)

    async def _answer(self, http: HttpRequest, request_id: str) -> Response:
        limit = self._config.largest_event
        try:
            # In base64, four bytes stand for three.
            body = await read_body(http, limit * 3 // 4, _BODY_SECONDS)
        except ApiError as refusal:
            raise ApiError(TOO_LARGE if refusal.code is BODY_TOO_LONG else TOO_SLOW) from None
        event = event_of(_request(http, body.data, request_id))
        if len(event["body"]) + len(json.dumps({**event, "body": ""})) > limit:
            raise ApiError(TOO_LARGE)
        answer = await self._function(event, request_id)
        return _response(answer, http.method)

    async def _function(self, event: dict[str, Any], request_id: str) -> Answer:
        try:
            with anyio.fail_after(self._config.seconds):
                value = await anyio.to_thread.run_sync(
                    self._invoke, event, request_id, limiter=self._threads, abandon_on_cancel=True
                )
            answer = answer_of(value)
        except TimeoutError:
            raise ApiError(TOO_LATE) from None
        except Discarded:
            raise ApiError(THROTTLED) from None
        except (FunctionError, BadAnswerError) as error:
            _log.warning("the function's answer is none: %s", error)
            raise ApiError(FAILED) from None
        if len(answer.body) > self._config.largest_event:
            raise ApiError(FAILED)
        return answer


def _request(http: HttpRequest, body: bytes, request_id: str) -> Request:
    scope = http.scope
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request(http.method, path, query, headers, body, request_id)


def _response(answer: Answer, method: str) -> Response:
    without = answer.status in _NO_BODY or method == "HEAD"
    response = Response(b"" if without else answer.body, answer.status)
    for name, value in answer.headers:
        if name not in {"content-length", "connection", "transfer-encoding"}:
            response.headers[name] = value
    if answer.status in _NO_BODY:
        del response.headers["content-length"]
    return response
