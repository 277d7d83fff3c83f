"""An object store over HTTP that answers at once; it checks no signature."""

from __future__ import annotations

import json
import sys
from itertools import islice

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.ledger.generated import GeneratedBucket
from bench.serving import serve
from quota_invoice.times import parse_time

BUCKET = "invoices"


def application(objects: GeneratedBucket) -> Starlette:
    """Return the store's application."""

    async def listing(request: Request) -> Response:
        query = request.query_params
        most = int(query.get("max-keys", "1000"))
        found = objects.listing(BUCKET, query.get("prefix", ""), query.get("marker", ""))
        entries = list(islice(found, most + 1))
        lines = [
            f"<Contents><Key>{entry.key}</Key><LastModified>{_time(entry.modified_at)}</LastModified>"
            f'<ETag>"{entry.etag}"</ETag><Size>{entry.size}</Size></Contents>'
            for entry in entries[:most]
        ]
        is_truncated = str(len(entries) > most).lower()
        head = f"<Name>{BUCKET}</Name><IsTruncated>{is_truncated}</IsTruncated>"
        text = f"<ListBucketResult>{head}{''.join(lines)}</ListBucketResult>"
        return Response(text, media_type="application/xml")

    async def read(request: Request) -> Response:
        record = objects.read(BUCKET, request.path_params["key"])
        text = json.dumps(record, ensure_ascii=False)
        return Response(text, media_type="application/json", headers={"ETag": '"record"'})

    bucket = f"/{BUCKET}"
    routes = [
        Route(bucket, listing),
        Route(f"{bucket}/", listing),
        Route(bucket + "/{key:path}", read),
    ]
    return Starlette(routes=routes)


def _time(text: str) -> str:
    moment = parse_time(text)
    assert moment  # noqa: S101 - generated
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


if __name__ == "__main__":
    serve(application(GeneratedBucket(*map(int, sys.argv[1:]))), str, until_input_ends=True)
