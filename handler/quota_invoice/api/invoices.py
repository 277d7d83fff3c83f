"""POST /invoices and GET /invoices/{key}: one invoice."""

from __future__ import annotations

import contextlib
from typing import Any

from quota_invoice.api import url_check
from quota_invoice.api.request_context import Call
from quota_invoice.api.requests import order_of
from quota_invoice.api.responses import Answer
from quota_invoice.api.status import source_of, standing
from quota_invoice.errors import ImageRefused, NotFound, ObjectChanging, UnusableKey, UrlRefused
from quota_invoice.recognition.reading import Given
from quota_invoice.records.record import recognized
from quota_invoice.retry import in_time

_PDF = ".pdf"
_PDF_IN_BASE64 = "JVBERi"  # of "%PDF-", with which each begins
_POLL_SECONDS = "2"


def post_invoice(call: Call) -> Answer:
    """Have something read now.

    What comes along, or lies behind an address, is read once and stored nowhere. A stored object
    is processed as its event would be: content that was dealt with before is not read again.
    """
    order = order_of(call.request)
    if order.key is not None:
        return _stored(call, order.key)
    if order.image is not None:
        is_document = order.image.startswith(_PDF_IN_BASE64)
        given = Given(encoded=order.image)
    else:
        given, is_document = _by_address(call, order.url or "")
    parts = call.parts
    reading = parts.recognizer.read_given(given, call.patience, is_document=is_document)
    return Answer(200, recognized(None, reading, region=parts.settings.region))


def get_invoice(call: Call) -> Answer:
    """Give an input's record or failure record; 202 while there is neither."""
    first, *others = call.rest
    keys = [call.parts.settings.keys.asked_for(first)]
    for text in others:  # the same, still encoded: rarely a key, and often too long for one
        with contextlib.suppress(UnusableKey):
            keys.append(call.parts.settings.keys.asked_for(text))
    for key in keys:
        call.key = key
        document = standing(call.parts, call.bucket, key)
        if document:
            pending = document["status"] == "pending"
            headers = {"retry-after": _POLL_SECONDS} if pending else {}
            return Answer(202 if pending else 200, document, headers, tagged=not pending)
    raise _missing(keys[0])


def _stored(call: Call, text: str) -> Answer:
    parts = call.parts
    key = call.key = parts.settings.keys.asked_for(text)
    info = parts.store.describe(call.bucket, key)
    if info is None:
        raise _missing(key)
    parts.pipeline.record(source_of(call.bucket, key, info), call.patience)
    document = standing(parts, call.bucket, key)
    if document is None:
        raise _missing(key)
    if document["status"] == "pending":
        raise ObjectChanging(key)
    if document["status"] == "failed":
        raise _refused(document)
    return Answer(200, document, {"content-location": call.address(key)})


def _by_address(call: Call, url: str) -> tuple[Given, bool]:
    settings = call.parts.settings
    parts = url_check.parsed(url)
    if settings.bucket and url_check.is_of_bucket(parts, settings.bucket, settings.obs_endpoint):
        raise UrlRefused("url is one of this bucket's own: give the key of the object instead")
    # Names are looked up, and that can take its time.
    in_time(call.patience(), lambda: url_check.check_host(parts, settings.url_hosts))
    return Given(url=url), parts.path.lower().endswith(_PDF)


def _refused(failure: dict[str, Any]) -> ImageRefused:
    """Give the error that a failure record tells of."""
    error = failure.get("error")
    error = error if isinstance(error, dict) else {}
    return ImageRefused(
        str(error.get("code") or "Image.Refused"),
        str(error.get("message") or "the image cannot be read"),
    )


def _missing(key: str) -> NotFound:
    return NotFound(f"nothing is known of {key}", "Invoice.Unknown")
