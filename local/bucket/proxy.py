"""Unsigned HTTP proxy to the bucket, for curl: PUT uploads an object, GET downloads it.

The store accepts only signed requests, which curl cannot send; the owner's client signs them. The
proxy listens on loopback only.
"""

from __future__ import annotations

from obs import ObsClient, PutObjectHeader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
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
            return PlainTextResponse("the URL must end in a file name\n", 400)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > _MAX_BYTES:
            return PlainTextResponse(f"at most {_MAX_BYTES} bytes, with Content-Length\n", 413)
        body = await request.body()
        headers = PutObjectHeader(contentType=request.headers.get("content-type"))
        answer = await run_in_threadpool(client.putContent, bucket, key, body, headers=headers)
        return PlainTextResponse(f"{bucket}/{key}\n", answer.status)

    async def get(request: Request) -> Response:
        key = request.path_params["key"]
        if not key:
            return PlainTextResponse(f"the bucket {bucket}: PUT or GET an object by its key\n")
        answer = await run_in_threadpool(client.getObject, bucket, key, loadStreamInMemory=True)
        if answer.status >= _FIRST_ERROR:
            return PlainTextResponse(f"{answer.errorCode}: {bucket}/{key}\n", answer.status)
        return Response(answer.body.buffer, media_type=answer.body.contentType)

    path = "/{key:path}"
    return Starlette(routes=[Route(path, put, methods=["PUT"]), Route(path, get, methods=["GET"])])
