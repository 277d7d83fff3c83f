"""Unsigned HTTP proxy to the bucket, for curl: PUT uploads an object, GET downloads it.

The store accepts only signed requests, which curl cannot send; the owner's client signs them. The
proxy listens on loopback only. Its errors are JSON.
"""

from __future__ import annotations

from http.client import HTTPException as BrokenResponse

from obs import ObsClient, PutObjectHeader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

_MAX_BYTES = 100 * 1024 * 1024
_FIRST_ERROR = 300


def bucket_proxy(bucket: str, client: ObsClient) -> Starlette:
    """Create the application.

    Args:
        bucket: the bucket's name.
        client: the owner's client, which is thread-safe.
    """

    async def put(request: Request) -> Response:
        key = request.path_params["key"]
        if not key or key.endswith("/"):
            return _error(400, "InvalidKey", "the URL must end in a file name")
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > _MAX_BYTES:
            return _error(413, "TooLarge", f"at most {_MAX_BYTES} bytes, with Content-Length")
        body = await request.body()
        headers = PutObjectHeader(contentType=request.headers.get("content-type"))
        answer = await run_in_threadpool(client.putContent, bucket, key, body, headers=headers)
        if answer.status >= _FIRST_ERROR:
            return _error(answer.status, answer.errorCode, f"{bucket}/{key}")
        return PlainTextResponse(f"{bucket}/{key}\n", answer.status)

    async def get(request: Request) -> Response:
        key = request.path_params["key"]
        if not key:
            return PlainTextResponse(f"the bucket {bucket}: PUT or GET an object by its key\n")
        answer = await run_in_threadpool(client.getObject, bucket, key, loadStreamInMemory=True)
        if answer.status >= _FIRST_ERROR:
            return _error(answer.status, answer.errorCode, f"{bucket}/{key}")
        return Response(answer.body.buffer, media_type=answer.body.contentType)

    path = "/{key:path}"
    return Starlette(
        routes=[Route(path, put, methods=["PUT"]), Route(path, get, methods=["GET"])],
        exception_handlers={
            HTTPException: _wrong_method,
            OSError: _no_store,
            BrokenResponse: _no_store,
        },
    )


def _error(status: int, code: str | None, message: str) -> JSONResponse:
    return JSONResponse({"error_code": code or "StoreError", "error_msg": message}, status)


def _wrong_method(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette types its handlers for any error
    response = _error(error.status_code, "MethodNotAllowed", "PUT or GET an object by its key")
    response.headers.update(error.headers or {})
    return response


def _no_store(_request: Request, _error_of_client: Exception) -> JSONResponse:
    return _error(503, "StoreUnavailable", "the object store does not answer")
