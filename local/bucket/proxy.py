"""The bucket's door for people: `curl -T photo.jpg …/incoming/` puts, `curl …/results/…` gets.

The store itself wants every request signed, which a person at a terminal cannot do; here the
owner's client signs. It listens on loopback only.
"""

from __future__ import annotations

from obs import ObsClient, PutObjectHeader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_LARGEST = 100 * 1024 * 1024
_FOUND = 300


def door(bucket: str, client: ObsClient) -> Starlette:
    """Make the application.

    Args:
        bucket: the bucket it opens.
        client: the owner's client, which is safe to use from several threads.
    """

    async def put(request: Request) -> Response:
        key = request.path_params["key"]
        if not key or key.endswith("/"):
            return PlainTextResponse("the address must end in a file's name\n", 400)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > _LARGEST:
            return PlainTextResponse(f"at most {_LARGEST} bytes, with Content-Length\n", 413)
        body = await request.body()
        kind = PutObjectHeader(contentType=request.headers.get("content-type"))
        answer = await run_in_threadpool(client.putContent, bucket, key, body, headers=kind)
        return PlainTextResponse(f"{bucket}/{key}\n", answer.status)

    async def get(request: Request) -> Response:
        key = request.path_params["key"]
        if not key:
            return PlainTextResponse(f"the bucket {bucket}: PUT and GET an object's key\n")
        answer = await run_in_threadpool(client.getObject, bucket, key, loadStreamInMemory=True)
        if answer.status >= _FOUND:
            return PlainTextResponse(f"{answer.errorCode}: {bucket}/{key}\n", answer.status)
        return Response(answer.body.buffer, media_type=answer.body.contentType)

    return Starlette(
        routes=[
            Route("/{key:path}", put, methods=["PUT"]),
            Route("/{key:path}", get, methods=["GET"]),
        ]
    )
