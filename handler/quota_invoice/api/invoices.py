"""POST /invoices and GET /invoices/{key}: one invoice."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from quota_invoice.api import url_check
from quota_invoice.api.request_context import RequestContext, about
from quota_invoice.api.requests import parse_recognize_request
from quota_invoice.api.responses import Response
from quota_invoice.api.status import present_record, status_record
from quota_invoice.deadline import run_before
from quota_invoice.errors import (
    FOR_LARGE_FILES,
    ImageRefused,
    ImageTooLarge,
    NotFound,
    ObjectChanging,
    UnusableKey,
    UrlRefused,
)
from quota_invoice.recognition.ocr_input import File
from quota_invoice.recognition.reading import Reading
from quota_invoice.records.failure_texts import failure_text
from quota_invoice.records.file_texts import OWN_CODES
from quota_invoice.records.record import Status, recognized
from quota_invoice.records.request_texts import TO_UPLOADS
from quota_invoice.times import parse_time, utc_now

_PDF = ".pdf"
_BODY_TOO_LONG, _TOO_SMALL = "ModelArts.4104", "File.TooSmall"
_POLL_SECONDS = "2"
_EVENT_SECONDS = 4.0  # from an upload to the record that its event causes, usually
_LOOK_AGAIN_SECONDS = 0.5


def post_invoice(context: RequestContext) -> Response:
    """Read an invoice now.

    A file in the request or behind a URL is read once and stored nowhere. A stored object is
    processed as its event would be: content with a record is not read again.
    """
    wanted = parse_recognize_request(context.request)
    if wanted.key is not None:
        return _process_stored(context, wanted.key)
    if wanted.image is not None:
        reading = _read_image(context, wanted.image)
    else:
        file = _file_of_url(context, wanted.url or "")
        reading = context.recognizer.read(file, context.deadline)
    settings = context.settings
    record = recognized(
        None, reading, region=settings.region, confidence_below=settings.confidence_below
    )
    return Response(200, record)


def _read_image(context: RequestContext, image: str) -> Reading:
    """Read an image in Base64; if it is too large, the error names the way for large files."""
    try:
        return context.recognizer.read(File.sent(image), context.deadline)
    except ImageRefused as error:
        is_too_small = _TOO_SMALL in {error.code, error.file_code}
        is_too_large = isinstance(error, ImageTooLarge) and not is_too_small
        if is_too_large or error.code == _BODY_TOO_LONG:
            message, hint = failure_text(error)
            is_own = (error.file_code or error.code).startswith(OWN_CODES)
            problem = message.en if is_own else error.message
            error.message = f"{problem.rstrip('.')}: {FOR_LARGE_FILES}"
            error.hint = {
                "zh": f"{TO_UPLOADS.zh}{hint.zh}",
                "en": f"{TO_UPLOADS.en} {hint.en}",
            }
        raise


def get_invoice(context: RequestContext) -> Response:
    """Return an input's record or failure record; 202 while there is neither.

    If the input is gone, its record stands in one with the status ``gone``.
    """
    first, *others = context.rest
    keys = [context.settings.layout.requested_key(first)]
    for text in others:  # the same path, still encoded: rarely a key, and often too long for one
        with contextlib.suppress(UnusableKey):
            keys.append(context.settings.layout.requested_key(text))
    for key in keys:
        with about(key):
            record = status_record(context, key)
            record = record and present_record(context, record)
        if record:
            pending = record["status"] == Status.PENDING.value
            headers = {"retry-after": _POLL_SECONDS} if pending else {}
            return Response(202 if pending else 200, record, headers, tagged=not pending, key=key)
    raise _unknown(keys[0])


def _process_stored(context: RequestContext, text: str) -> Response:
    key = context.settings.layout.requested_key(text)
    with about(key):
        record = _record_of_own_event(context, key)
        if record["status"] == Status.PENDING.value:
            context.pipeline.record(context.bucket, key, context.deadline)
            record = _known_record(context, key)
        if record["status"] == Status.PENDING.value:
            raise ObjectChanging(key)
        if record["status"] == Status.GONE.value:
            raise _gone(context, key)
        if record["status"] == Status.FAILED.value:
            raise _refusal(record)
        record = present_record(context, record)
    return Response(200, record, {"content-location": context.record_path(key)}, key=key)


def _known_record(context: RequestContext, key: str) -> dict[str, Any]:
    record = status_record(context, key)
    if record is None:
        raise _unknown(key)
    return record


def _record_of_own_event(context: RequestContext, key: str) -> dict[str, Any]:
    """Return the status record of an object, after waiting for its upload's own event.

    An object that was uploaded a moment ago is probably being read: a second reading would be paid
    for as well.
    """
    while True:
        record = _known_record(context, key)
        is_pending = record["status"] == Status.PENDING.value
        has_time = context.deadline.remaining_for_retries() > _EVENT_SECONDS
        if not (is_pending and has_time and _is_young(record["source"]["uploaded_at"])):
            return record
        time.sleep(_LOOK_AGAIN_SECONDS)


def _is_young(uploaded_at: str | None) -> bool:
    uploaded = parse_time(uploaded_at)
    # The bucket's clock may be ahead.
    return uploaded is not None and abs((utc_now() - uploaded).total_seconds()) < _EVENT_SECONDS


def _file_of_url(context: RequestContext, url: str) -> File:
    settings = context.settings
    parts = url_check.parse_url(url)
    if settings.bucket and url_check.is_of_bucket(parts, settings.bucket, settings.obs_endpoint):
        raise UrlRefused("url is one of this bucket's own: give the key of the object instead")
    # The lookup of a host name can take long.
    deadline = context.deadline.at_most(context.deadline.remaining_for_retries())
    run_before(deadline, lambda: url_check.check_host(parts, settings.url_hosts))
    return File.at(url, is_pdf=parts.path.lower().endswith(_PDF))


def _refusal(failure: dict[str, Any]) -> ImageRefused:
    """Return the error that a failure record holds; in schema 1, the message is one text."""
    error = failure.get("error")
    error = error if isinstance(error, dict) else {}
    message, chinese, hint = error.get("message"), "", error.get("hint")
    if isinstance(message, dict):
        chinese = str(message.get("zh") or "")
        message = error.get("service_message") or message.get("en")
    refusal = ImageRefused(
        str(error.get("code") or "Image.Refused"), str(message or "the image cannot be read")
    )
    refusal.message_zh = chinese
    if isinstance(hint, dict) and hint.keys() >= {"zh", "en"}:
        refusal.hint = {language: str(hint[language]) for language in ("zh", "en")}
    return refusal


def _gone(context: RequestContext, key: str) -> NotFound:
    path = context.record_path(key)
    return NotFound(f"{key} is gone: GET {path} returns its record", "Invoice.Gone")


def _unknown(key: str) -> NotFound:
    error = NotFound(f"nothing is known of {key}", "Invoice.Unknown")
    error.key = key
    return error
