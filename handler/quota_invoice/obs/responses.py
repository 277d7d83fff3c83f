"""Values from OBS's responses, and the errors of responses that are not OBS's."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from quota_invoice.errors import (
    InvocationError,
    ObjectUnavailable,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from quota_invoice.obs.objects import Source
from quota_invoice.times import format_time

_BUSY = {429, 503}  # OBS limits the rate of requests with either
_REFUSED = {401, 403}
_SERVER_ERROR = 500
_WHOLE_SIZE = re.compile(r"bytes 0-[0-9]{1,19}/([0-9]{1,19})")
_LONGEST_ETAG = 100  # characters; a multipart upload's has 38
_LONGEST_CODE = 64
_LONGEST_ID = 200


def is_success(status: int) -> bool:
    """Whether an HTTP status is a success."""
    return status // 100 == 2  # noqa: PLR2004 - the class of statuses


def etag_of_response(body: Any, request: str) -> str:  # noqa: ANN401 - the SDK has no types
    """Return the ETag of a response, in lower case, without quotes; every response of OBS has one.

    Raises:
        StoreError: it has none: another server responds in OBS's place, such as a portal.
    """
    etag = getattr(body, "etag", None)
    if not etag or len(etag) > _LONGEST_ETAG:
        raise foreign_response(request)
    return str(etag).strip('"').lower()


def source_of(bucket: str, key: str, body: Any, request: str) -> Source:  # noqa: ANN401 - the SDK has no types
    """Return the object that a response's headers describe.

    Raises:
        StoreError: the response is not from OBS.
    """
    version = body.versionId or None
    if version and len(version) > _LONGEST_ID:
        raise foreign_response(request)
    return Source(
        bucket,
        key,
        etag=etag_of_response(body, request),
        size=int(body.contentLength or 0),
        # An object from the time before its bucket had versions has the version "null".
        version_id=None if version == "null" else version,
        uploaded_at=utc(body.lastModified),
    )


def whole_size(content_range: str | None) -> int | None:
    """Return the object's size that a Content-Range from its first byte names, else None.

    >>> whole_size("bytes 0-4095/81920"), whole_size("bytes 0-4095/*")
    (81920, None)
    """
    found = _WHOLE_SIZE.fullmatch(content_range or "")
    return int(found[1]) if found else None


def error_of_response(
    response: Any,  # noqa: ANN401 - the SDK has no types
    request: str,
    reason: str,
    *,
    is_input: bool,
) -> InvocationError:
    """Return the error of a response that is not a success.

    Args:
        response: the SDK's.
        request: the request, for the message.
        reason: the response's own message, without secrets.
        is_input: whether the request was for an input rather than the function's own objects.
    """
    code = str(response.errorCode or response.status)[:_LONGEST_CODE]
    message = f"{request}: {response.status} {reason}"
    request_id = str(response.requestId)[:_LONGEST_ID] if response.requestId else None
    if response.status in _REFUSED and code == "InvalidObjectState":
        return ObjectUnavailable("Object.Archived", message, request_id)
    if response.status in _REFUSED and code == "AccessDenied" and is_input:
        refusal = ObjectUnavailable("Object.AccessDenied", message, request_id)
        refusal.is_outage = True  # the right to read inputs may be missing as a whole
        return refusal
    return _kind_of(response.status, code)(f"Store.{code}", message, request_id)


def _kind_of(status: int, code: str) -> type[StoreError]:
    if status in _BUSY:
        return StoreBusy
    if status in _REFUSED or code == "NoSuchBucket":
        return StoreRefused
    # OBS documents its errors 5xx as worth another attempt.
    return StoreUnreachable if status >= _SERVER_ERROR else StoreError


def foreign_response(request: str) -> StoreError:
    """Return the error of a response that did not come from OBS."""
    return StoreError("Store.BadAnswer", f"{request}: the response is not from the object store")


def listed_time(text: str | None) -> str:
    """Return a listing's time in ISO 8601, UTC; the SDK converts OBS's times to local ones."""
    try:
        local = datetime.fromisoformat((text or "").replace("/", "-")).astimezone()
    except ValueError:
        return text or ""
    return format_time(local)


def name_of(error: Exception) -> str:
    """Return the name of a network failure without its text, which may hold a signed URL."""
    kind = type(error).__name__
    return f"{kind} {error.strerror}" if isinstance(error, OSError) and error.strerror else kind


@lru_cache(maxsize=64)  # an object's time is asked for more than once
def utc(modified: str | None) -> str | None:
    """Return an HTTP date in ISO 8601; None if it is not a date."""
    if not modified:
        return None
    try:
        return format_time(parsedate_to_datetime(modified))
    except (ValueError, OverflowError):
        return None
