"""Values from OBS's responses, and the errors of responses that are not OBS's."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from quota_invoice.errors import StoreError


def is_success(status: int) -> bool:
    """Whether an HTTP status is a success."""
    return status // 100 == 2  # noqa: PLR2004 - the class of statuses


def etag_of_response(body: Any, request: str) -> str:  # noqa: ANN401 - the SDK has no types
    """Return the ETag of a response, in lower case, without quotes; every response of OBS has one.

    Raises:
        StoreError: it has none: another server responds in OBS's place, such as a portal.
    """
    etag = getattr(body, "etag", None)
    if not etag:
        raise foreign_response(request)
    return str(etag).strip('"').lower()


def foreign_response(request: str) -> StoreError:
    """Return the error of a response that did not come from OBS."""
    return StoreError("Store.BadAnswer", f"{request}: the response is not from the object store")


def listed_time(text: str | None) -> str:
    """Return a listing's time in ISO 8601, UTC; the SDK converts OBS's times to local ones."""
    try:
        local = datetime.strptime(text or "", "%Y/%m/%d %H:%M:%S").astimezone()
    except ValueError:
        return text or ""
    return local.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def name_of(error: Exception) -> str:
    """Return the name of a network failure without its text, which may hold a signed URL."""
    kind = type(error).__name__
    return f"{kind} {error.strerror}" if isinstance(error, OSError) and error.strerror else kind


def utc(modified: str | None) -> str | None:
    """Return an HTTP date in ISO 8601; None if it is not a date."""
    if not modified:
        return None
    try:
        moment = parsedate_to_datetime(modified).astimezone(timezone.utc)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z")
