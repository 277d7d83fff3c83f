"""Unsigned HTTP proxy to the bucket, for curl: PUT uploads an object, GET downloads it.

The store accepts only signed requests, which curl cannot send; the owner's client signs them. The
proxy listens on loopback only. Its errors are JSON.

GET of a record waits while its input is being read. GET of a folder lists the keys below it.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from http.client import HTTPException as BrokenResponse
from urllib.parse import quote

from obs import ObsClient, PutObjectHeader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.bucket.records import input_of, wait_for_status
from quota_invoice.deadline import Deadline
from quota_invoice.obs.responses import is_success
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_MAX_BYTES = 100 * 1024 * 1024
_MOST_KEYS = 1000  # the maximum of one listing request
_Endpoint = Callable[[Request], Awaitable[Response]]


class _ObjectKey(PathConvertor):
    """Any key of an object; Starlette's own paths end before a line break."""

    regex = r"[\s\S]*"


register_url_convertor("object_key", _ObjectKey())


def bucket_proxy(
    bucket: str,
    client: ObsClient,
    stopping: threading.Event | None = None,
    wait_seconds: float = 30.0,
) -> Starlette:
    """Create the application.

    Args:
        bucket: the bucket's name.
        client: the owner's client, which is thread-safe.
        stopping: once it is set, no request waits for a record.
        wait_seconds: how long GET of a record waits for it.
    """
    stopping = stopping or threading.Event()

    async def put(request: Request) -> Response:
        key = request.path_params["key"]
        reason = _reason_to_refuse(key)
        if reason:
            return _error(400, "InvalidKey", reason)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > _MAX_BYTES:
            return _error(413, "TooLarge", f"at most {_MAX_BYTES} bytes, with Content-Length")
        body = await request.body()
        headers = PutObjectHeader(contentType=request.headers.get("content-type"))
        answer = await run_in_threadpool(client.putContent, bucket, key, body, headers=headers)
        if not is_success(answer.status):
            return _error(answer.status, answer.errorCode, f"{bucket}/{key}")
        return PlainTextResponse(f"{bucket}/{key}\n{_result_of(request, key)}\n", answer.status)

    async def get(request: Request) -> Response:
        key = request.path_params["key"]
        if _is_folder(key):
            return await run_in_threadpool(_listing, bucket, client, key)
        input_key = input_of(key)
        deadline = Deadline.after(wait_seconds)
        status = input_key and await wait_for_status(
            client, bucket, input_key, lambda: stopping.is_set() or deadline.remaining() <= 0
        )
        if input_key and status is Status.FAILED:
            failure = _url(request, DEFAULT_LAYOUT.failure_key(input_key))
            return _error(404, "Failed", f"{input_key} was not read; the reason: {failure}")
        answer = await run_in_threadpool(client.getObject, bucket, key, loadStreamInMemory=True)
        if not is_success(answer.status):
            waited = f": {input_key} is still being read" if status is Status.PENDING else ""
            return _error(answer.status, answer.errorCode, f"{bucket}/{key}{waited}")
        return Response(answer.body.buffer, media_type=answer.body.contentType)

    path = "/{key:object_key}"
    return Starlette(
        routes=[
            Route(path, _errors_as_json(put), methods=["PUT"]),
            Route(path, _errors_as_json(get), methods=["GET"]),
        ],
        exception_handlers={HTTPException: _wrong_method},
    )


def _reason_to_refuse(key: str) -> str | None:
    """Return why no object can be uploaded with this key; None if one can."""
    if not key or key.endswith("/"):
        return "the URL must end in a file name"
    if _is_folder(key):
        return f"{key} is a folder: end the URL with /"
    if "//" in key or "\\" in key or "\n" in key:  # the store would keep it under another key
        return f"{key!r}: the local store takes no //, \\ or line break"
    return None


def _is_folder(key: str) -> bool:
    """Whether a key names a folder; a prefix of the layout without its slash does, too."""
    return not key or key.endswith("/") or f"{key}/" in DEFAULT_LAYOUT.prefixes.values()


def _result_of(request: Request, key: str) -> str:
    """Return the line that says which record an uploaded object will have, if any."""
    reason = DEFAULT_LAYOUT.reason_to_ignore(key)
    if reason:
        return f"no record will be made: {reason}"
    return f"its record: {_url(request, DEFAULT_LAYOUT.record_key(key))}"


def _url(request: Request, key: str) -> str:
    return f"{request.base_url}{quote(key)}"


def _listing(bucket: str, client: ObsClient, key: str) -> Response:
    prefix = f"{key.rstrip('/')}/" if key else ""
    answer = client.listObjects(bucket, prefix=prefix, max_keys=_MOST_KEYS, encoding_type="url")
    if not is_success(answer.status):
        return _error(answer.status, answer.errorCode, f"{bucket}/{prefix}")
    keys = [item.key for item in answer.body.contents]
    lines = keys or [f"nothing is below {bucket}/{prefix}"]
    if answer.body.is_truncated:
        lines.append(f"… and more: these are the first {len(keys):,} keys")
    return PlainTextResponse("".join(f"{line}\n" for line in lines))


def _errors_as_json(endpoint: _Endpoint) -> _Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (OSError, BrokenResponse):
            return _error(503, "StoreUnavailable", "the object store does not answer")
        except Exception:  # noqa: BLE001 - the SDK raises it for a response that is cut off
            return _error(502, "StoreError", "the object store's answer is broken")

    return answer


def _error(status: int, code: str | None, message: str) -> JSONResponse:
    return JSONResponse({"error_code": code or "StoreError", "error_msg": message}, status)


def _wrong_method(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette types its handlers for any error
    response = _error(error.status_code, "MethodNotAllowed", "PUT or GET an object by its key")
    response.headers.update(error.headers or {})
    return response
