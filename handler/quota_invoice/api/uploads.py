"""POST /uploads: an address to upload a file to that is too large for a gateway.

The key is new each time, so that two files of one name are two invoices, and no caller can write
where another has: only the folder of uploads below the input prefix is ever signed for.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone

from quota_invoice.api.request_context import Call
from quota_invoice.api.requests import announcement_of
from quota_invoice.api.responses import Answer

_RANDOM_BYTES = 8


def post_upload(call: Call) -> Answer:
    """Give the address, what has to be sent there and until when, and where the record will be.

    A Content-Type is part of what OBS signs: what ``headers`` names must be sent, and where it
    names none, none.
    """
    wish = announcement_of(call.request)
    settings, now = call.parts.settings, datetime.now(timezone.utc)
    # Sorted by time, and beyond guessing: an address can be used for as long as it lives.
    folder = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(_RANDOM_BYTES)}"
    key = call.key = settings.keys.asked_for(f"{settings.keys.uploads_prefix}{folder}/{wish.name}")
    seconds = settings.upload_life
    url = call.parts.store.signed_put(call.bucket, key, seconds, wish.content_type)
    document = {
        "method": "PUT",
        "url": url,
        "headers": {"Content-Type": wish.content_type} if wish.content_type else {},
        "expires_at": f"{now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "key": key,
        "record": call.address(key),
    }
    return Answer(201, document, {"location": call.address(key)})
