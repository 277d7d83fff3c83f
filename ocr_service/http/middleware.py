"""Adds request ids, log lines and JSON error responses to an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import anyio
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocr_service.errors import INTERNAL, NO_SUCH_API, NO_SUCH_METHOD, STOPPING, ApiError
from ocr_service.http.connections import address_of
from ocr_service.readiness import Readiness

_DRAIN_BYTES = 64 << 20
"""Bytes of a rejected body that are read and dropped: if the connection is closed while the client
sends, it is reset, and the client does not see the response."""
_DRAIN_SECONDS = 10
_IDLE_SECONDS = 0.5  # a client that sends nothing for this time waits for the response
_DISCONNECTED = 499  # status in the log, as in nginx

_log = logging.getLogger(__name__)

Observe = Callable[[str, int, str, float], object]
"""Called after each request with path, status, error code and seconds."""


class RequestMiddleware:
    """The outermost ASGI layer; while the service stops, it asks clients to close connections."""

    def __init__(
        self,
        app: ASGIApp,
        routes: Iterable[Route],
        observe: Observe = lambda *_: None,
        readiness: Readiness | None = None,
    ) -> None:
        self._app = app
        self._observe = observe
        self._readiness = readiness or Readiness()
        self._paths: dict[object, str] = {route.endpoint: route.path for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        waits = any(name == b"expect" for name, _ in scope["headers"])
        exchange = _Exchange(receive, send, self._readiness, waits=waits)
        scope.setdefault("state", {})["request_id"] = exchange.request_id
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status, exchange.error_code = _DISCONNECTED, ""
        except asyncio.CancelledError:  # the time to stop is over
            if exchange.responded:
                raise
            exchange.skip_body()
            response = api_error_response(Request(scope), ApiError(STOPPING))
            await response(scope, exchange.receive, exchange.send)
        except Exception:  # noqa: BLE001 - any error; the next request must be served
            # Starlette has sent the response already, and raises the error again to be logged.
            _log.exception("unforeseen", extra={"request_id": exchange.request_id})
        finally:
            path = self._paths.get(scope.get("endpoint"), "-")
            exchange.log(scope, path)
            self._observe(path, exchange.status, exchange.error_code, exchange.seconds())


class _Exchange:
    """A request and its response."""

    def __init__(self, receive: Receive, send: Send, readiness: Readiness, *, waits: bool) -> None:
        self._receive = receive
        self._readiness = readiness
        self._send = send
        self._start = time.perf_counter()
        self._unread = True
        self._waits = waits
        self.request_id = uuid.uuid4().hex
        self.responded = False
        self.status = 0
        self.error_code = ""

    def skip_body(self) -> None:
        """Respond at once, without draining the body."""
        self._waits = True

    async def receive(self) -> Message:
        self._waits = False
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self.error_code = headers.get("x-error-code", "")
            del headers["x-error-code"]
            headers["X-Request-Id"] = self.request_id
            if (self._unread and not await self._drained()) or self._readiness.is_stopping:
                headers["Connection"] = "close"
            self.responded = True
        await self._send(message)

    async def _drained(self) -> bool:
        if self._waits:  # Expect: 100-continue: the client does not send yet
            return False
        left = _DRAIN_BYTES
        with anyio.move_on_after(_DRAIN_SECONDS):
            while self._unread and left > 0:
                with anyio.move_on_after(_IDLE_SECONDS) as idle:
                    left -= len((await self.receive()).get("body", b""))
                if idle.cancelled_caught:
                    break
        return not self._unread

    def seconds(self) -> float:
        return time.perf_counter() - self._start

    def log(self, scope: Scope, path: str) -> None:
        _log.info(
            "request",
            extra={
                "request_id": self.request_id,
                "address": address_of(scope.get("client")),
                "key": scope["state"].get("key"),
                "method": scope["method"],
                "path": path,
                "status": self.status,
                "error_code": self.error_code or None,
                "ms": round(self.seconds() * 1000, 1),
            },
        )


def api_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Return the response to an ``ApiError``."""
    assert isinstance(error, ApiError)  # noqa: S101 - Starlette types its handlers for any error
    headers = {**error.headers, "X-Error-Code": error.code.code}
    return JSONResponse(error.body(), error.code.status, headers)


def _routing_error_response(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = {404: NO_SUCH_API, 405: NO_SUCH_METHOD}[error.status_code]
    return api_error_response(request, ApiError(code, headers=error.headers))


def _internal_error_response(request: Request, _error: Exception) -> JSONResponse:
    return api_error_response(request, ApiError(INTERNAL))


EXCEPTION_HANDLERS: dict[Any, Any] = {
    ApiError: api_error_response,
    HTTPException: _routing_error_response,
    Exception: _internal_error_response,
}
