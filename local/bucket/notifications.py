"""Turns the object store's notifications into EventGrid events."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote_plus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ETAG = "Seaweed-X-Amz-ETag"
_STORE_INTERNAL = (".uploads/", ".versions/")  # parts of unfinished uploads


def receiver(bucket: str, token: str, send: Callable[[dict[str, Any]], None]) -> Starlette:
    """Create the application that receives the store's notifications.

    Args:
        bucket: the bucket whose new objects become events.
        token: the bearer token that the store sends.
        send: receives each event; it must not block.
    """

    async def receive(request: Request) -> Response:
        received = request.headers.get("authorization", "")
        if not secrets.compare_digest(received.encode(), f"Bearer {token}".encode()):
            return Response(status_code=401)
        event = eventgrid_event(await request.json(), bucket)
        if event:
            send(event)
        return Response(status_code=204)

    return Starlette(routes=[Route("/", receive, methods=["POST"])])


def eventgrid_event(change: Mapping[str, Any], bucket: str) -> dict[str, Any] | None:
    """Return the EventGrid event of a change, or None if the change created no object.

    The key is encoded as with EventGrid's option ``objectKeyEncode``. As in captured events,
    ``data.eventTime`` is Beijing time labelled as UTC.
    """
    entry = change.get("message", {}).get("new_entry")
    _, in_bucket, key = str(change.get("key", "")).partition(f"/buckets/{bucket}/")
    if not entry or not in_bucket or entry.get("is_directory") or key.startswith(_STORE_INTERNAL):
        return None
    attributes = entry.get("attributes") or {}
    tag = (entry.get("extended") or {}).get(_ETAG)
    now = datetime.now(timezone.utc)
    beijing = (now + timedelta(hours=8)).isoformat(timespec="milliseconds")
    request_id = secrets.token_hex(16)
    return {
        "specversion": "1.0",
        "id": request_id,
        "source": "HC.OBS.DWR",
        "type": "OBS:DWR:ObjectCreated:PUT",
        "subject": key,
        "time": now.isoformat().replace("+00:00", "Z"),
        "ttl": "4000",
        "dataschema": "",
        "datacontenttype": "application/json",
        "data": {
            "eventVersion": "3.0",
            "eventSource": "OBS",
            "eventRegion": "cn-north-4",
            "eventTime": beijing.replace("+00:00", "Z"),
            "eventName": "ObjectCreated:Put",
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {"x-obs-id-2": "", "x-obs-request-id": request_id},
            "obs": {
                "Version": "1.0",
                "configurationId": "local",
                "bucket": {"name": bucket, "bucket": bucket, "arn": ""},
                "object": {
                    "key": quote_plus(key),
                    "eTag": base64.b64decode(tag).decode() if tag else "",
                    "size": int(attributes.get("file_size", 0)),
                    "versionId": "null",
                    "sequencer": "1",
                    "oldpsxpth": "",
                },
            },
        },
    }
