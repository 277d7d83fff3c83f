"""FunctionGraph's API for invocations, over the local runtime.

``POST /v2/{project_id}/fgs/functions/{function_urn}/invocations-async`` accepts an event and
responds 202 at once; ``…/invocations`` waits for the function's result. Both require the signature
of the official SDK; tokens are not supported, as there is no IAM. Errors have the documented codes:
of FunctionGraph (``FSS``), and of API Gateway (``APIG``) for authentication and rates.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from local.runtime import Discarded, FunctionError
from ocr_service.auth.authenticator import Authenticator
from ocr_service.auth.keyring import Keyring
from ocr_service.auth.signature import ALGORITHM, Message
from ocr_service.auth.tokens import Tokens
from ocr_service.errors import BODY_TOO_LONG, WRONG_SIGNATURE, ApiError, Code
from ocr_service.http.limits import PerMinute, read_body
from ocr_service.http.middleware import EXCEPTION_HANDLERS, RequestMiddleware, api_error_response

MAX_ASYNC_BYTES = 256 << 10
"""Maximum size of the event of an asynchronous invocation."""
MAX_SYNC_BYTES = 6 << 20
"""Maximum size of the event of a synchronous invocation."""
_BODY_SECONDS = 30.0

_BAD_EVENT = Code("FSS.0400", 400, "Invalid parameter.")
_OTHER_PROJECT = Code("FSS.0403", 403, "Forbidden")
_TOO_LONG = Code("FSS.0413", 413, "The request body is too large.")
_TOO_MANY = Code("FSS.0429", 429, "Too many requests.")
INTERNAL = Code("FSS.0500", 500, "Internal server error.")
_NO_SUCH_FUNCTION = Code("FSS.1051", 404, "Not found the function")


@dataclass(frozen=True)
class Target:
    """The function behind the API.

    Attributes:
        urn: its URN with the version, which callers may omit.
        invoke: invokes the function with an event and a request id, and returns its result.
        submit: invokes it asynchronously and returns at once.
    """

    urn: str
    invoke: Callable[[object, str], Any]
    submit: Callable[[object, str], object]

    @property
    def project(self) -> str:
        """The id of its project."""
        return self.urn.split(":")[3]

    def has_urn(self, urn: str) -> bool:
        """Whether this is its URN, with or without the version."""
        return urn in {self.urn, self.urn.rpartition(":")[0]}


def functiongraph(target: Target, keyring: Keyring, per_minute: int = 0) -> ASGIApp:
    """Create the application.

    Args:
        target: the function.
        keyring: the credentials that may invoke it.
        per_minute: maximum invocations per minute; further ones get APIG.0308. 0 for no limit.
    """
    api = _Api(target, keyring, per_minute)
    path = "/v2/{project_id}/fgs/functions/{function_urn}"
    routes = [
        Route(f"{path}/invocations-async", api.invoke_async, methods=["POST"]),
        Route(f"{path}/invocations", api.invoke, methods=["POST"]),
    ]
    handlers = EXCEPTION_HANDLERS | {
        Exception: lambda request, _error: api_error_response(request, ApiError(INTERNAL))
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False  # clients do not repeat a redirected POST
    return RequestMiddleware(app, routes)


class _Api:
    def __init__(self, target: Target, keyring: Keyring, per_minute: int) -> None:
        self._target = target
        self._authenticator = Authenticator(target.project, keyring, Tokens(timedelta(0)))
        self._rate = PerMinute(per_minute)

    async def invoke_async(self, request: Request) -> Response:
        event = await self._event(request, MAX_ASYNC_BYTES)
        request_id = secrets.token_hex(16)
        self._target.submit(event, request_id)
        return JSONResponse({"request_id": request_id}, 202)

    async def invoke(self, request: Request) -> Response:
        event = await self._event(request, MAX_SYNC_BYTES)
        request_id = secrets.token_hex(16)
        failed = False
        try:
            result = await run_in_threadpool(self._target.invoke, event, request_id)
        except Discarded:
            raise ApiError(_TOO_MANY) from None
        except FunctionError as error:
            failed = True
            result = error.payload()
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        version = request.headers.get("x-cff-request-version", "v0")
        headers = {
            "X-Cff-Request-Id": request_id,
            "X-Cff-Response-Version": version,
            # Only 0, for success, is documented. The status is always 200: other values mean an
            # error of the platform.
            "X-Func-Err-Code": str(int(failed)),
            "X-Is-Func-Err": str(failed).lower(),
        }
        if version != "v1":
            return PlainTextResponse(text, headers=headers)
        body = {"request_id": request_id, "result": text, "log": "", "status": 200}
        return JSONResponse(body, headers=headers)

    async def _event(self, request: Request, maximum: int) -> dict[str, Any]:
        """Authenticate and check a request; return its event."""
        scope = request.scope
        message = Message(
            request.method, scope["raw_path"], scope["query_string"], scope["headers"]
        )
        if not (message.header("authorization") or b"").startswith(ALGORITHM.encode()):
            raise ApiError(WRONG_SIGNATURE, "the request is not signed")
        caller = self._authenticator.authenticate(message, self._target.project)
        try:
            body = await read_body(request, maximum, _BODY_SECONDS)
        except ApiError as error:
            if error.code is BODY_TOO_LONG:
                raise ApiError(_TOO_LONG, f"at most {maximum} bytes") from None
            raise
        caller.verify(body.sha256)
        self._rate.take()
        if request.path_params["project_id"] != self._target.project:
            raise ApiError(_OTHER_PROJECT)
        if not self._target.has_urn(request.path_params["function_urn"]):
            raise ApiError(_NO_SUCH_FUNCTION)
        return _parse(body.data)


def _parse(data: bytes) -> dict[str, Any]:
    try:
        event = json.loads(data, parse_constant=_reject)
    except (ValueError, RecursionError):
        raise ApiError(_BAD_EVENT, "the body is not JSON") from None
    if not isinstance(event, dict):
        raise ApiError(_BAD_EVENT, "the body is not a JSON object")
    return event


def _reject(name: str) -> None:
    """Reject NaN and Infinity, which Python accepts but JSON does not allow."""
    raise ValueError(name)
