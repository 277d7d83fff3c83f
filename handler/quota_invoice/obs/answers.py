"""Reading what comes back from OBS, or in its place, by way of its SDK."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from quota_invoice.errors import StoreError


def etag_of_answer(body: Any, request: str) -> str:  # noqa: ANN401 - the SDK has no types
    """Give the ETag that each of the store's own answers has, in lower case, without quotes.

    Raises:
        StoreError: it has none: another answers in the store's place, such as a portal's page.
    """
    etag = getattr(body, "etag", None)
    if not etag:
        raise not_the_stores(request)
    return str(etag).strip('"').lower()


def not_the_stores(request: str) -> StoreError:
    """Make the error of an answer that another gave in the store's place."""
    return StoreError("Store.BadAnswer", f"{request}: the answer is not the store's")


def listed_time(text: str | None) -> str:
    """Give a listing's time in ISO 8601, UTC; the SDK turns those of OBS into local ones."""
    try:
        local = datetime.strptime(text or "", "%Y/%m/%d %H:%M:%S").astimezone()
    except ValueError:
        return text or ""
    return local.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def name_of(error: Exception) -> str:
    """Name a network failure without its text, which may hold a signed address."""
    kind = type(error).__name__
    return f"{kind} {error.strerror}" if isinstance(error, OSError) and error.strerror else kind


def utc(modified: str | None) -> str | None:
    """Turn an HTTP date into ISO 8601."""
    if not modified:
        return None
    try:
        moment = parsedate_to_datetime(modified).astimezone(timezone.utc)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z")
