"""POST /uploads: a URL to upload a file to that is too large for a gateway.

Each request gets a new key, so that two files of one name are two invoices and no caller can write
where another one has. Only keys below the folder of uploads are signed.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from quota_invoice.api.request_context import RequestContext, about
from quota_invoice.api.requests import parse_upload_request
from quota_invoice.api.responses import Response
from quota_invoice.times import utc_now

_RANDOM_BYTES = 8


def post_upload(context: RequestContext) -> Response:
    """Return the URL, the headers to send, the time until which it is valid, and the record's path.

    OBS signs the Content-Type: the upload must send the one in ``headers``, or none if there is
    none.
    """
    wanted = parse_upload_request(context.request)
    settings, now = context.settings, utc_now()
    # Sorted by time, and unguessable: a URL can be used until it expires.
    folder = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(_RANDOM_BYTES)}"
    layout = settings.layout
    key = layout.requested_key(f"{layout.uploads_prefix}{folder}/{wanted.name}")
    seconds = settings.upload_life
    path = context.record_path(key)
    with about(key):
        url = context.store.signed_put(context.bucket, key, seconds, wanted.content_type)
    body = {
        "method": "PUT",
        "url": url,
        "headers": {"Content-Type": wanted.content_type} if wanted.content_type else {},
        "expires_at": f"{now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "key": key,
        "record": path,
    }
    return Response(201, body, {"location": path}, key=key)
