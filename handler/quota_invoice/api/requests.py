"""What callers may say: the bodies of requests and the parameters of addresses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from quota_invoice.errors import BodyTooLarge, RequestRefused
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.json_values import no_constant

LARGEST_BODY = 4 << 20
"""Bytes. Encoded and wrapped into an event that is 5.6 of the 6 MB that a gateway hands over; what
is larger yet the gateway itself refuses, and cannot say where else to go."""
LONGEST_MARKER = 1024  # characters, as many as the longest key can have
LONGEST_NAME = 200
"""Characters of a file's name."""
STATUSES = ("recognized", "failed", "pending")
MOST_ENTRIES = 1000
_FEW_ENTRIES = 100
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
_NOT_A_NAME = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, repr=False)
class Order:
    """What is to be read: an image in base64, the address of one, or a stored input's key."""

    image: str | None = None
    url: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Announcement:
    """A file that is to be uploaded: its name, and the Content-Type that will come with it."""

    name: str
    content_type: str | None


@dataclass(frozen=True)
class PageWish:
    """Which page of the inputs is wanted.

    Attributes:
        prefix: what their keys begin with.
        status: which of them alone; None for all.
        after: the key that they come after; empty for the first.
        limit: how many at most.
    """

    prefix: str
    status: str | None
    after: str
    limit: int


def order_of(request: ApiRequest) -> Order:
    """Read the body of a request to have something read.

    Raises:
        RequestRefused: it makes no sense.
    """
    members = _object(request, {"image", "url", "key"})
    if len(members) != 1:
        raise RequestRefused("the body must have one of image, url and key")
    [(name, value)] = members.items()
    if not isinstance(value, str) or not value:
        raise RequestRefused(f"{name} must be a string, and say something")
    if name == "image" and not value.isascii():
        raise RequestRefused("image must be in base64")
    return Order(**{name: value})


def announcement_of(request: ApiRequest) -> Announcement:
    """Read the body of a request for an address to upload to.

    Raises:
        RequestRefused: it makes no sense.
    """
    members = _object(request, {"name", "content_type"})
    name, content_type = members.get("name"), members.get("content_type", "")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise RequestRefused(f"name must be a string of 1 to {LONGEST_NAME} characters")
    if _NOT_A_NAME.search(name) or name in {".", ".."}:
        raise RequestRefused("name must be a file's, without a folder")
    if not isinstance(content_type, str) or (content_type and not _is_media_type(content_type)):
        raise RequestRefused("content_type must be such as image/jpeg")
    return Announcement(name, content_type or None)


def page_of(request: ApiRequest) -> PageWish:
    """Read the parameters of a request for a page.

    Raises:
        RequestRefused: they make no sense.
    """
    query = request.query
    status, limit = query.get("status"), query.get("limit", str(_FEW_ENTRIES))
    if status is not None and status not in STATUSES:
        raise RequestRefused(f"status must be one of {', '.join(STATUSES)}")
    sound = limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST_ENTRIES))
    if not sound or not 1 <= int(limit) <= MOST_ENTRIES:
        raise RequestRefused(f"limit must be a number from 1 to {MOST_ENTRIES}")
    after = query.get("after", "")
    if len(after) > LONGEST_MARKER or "\0" in after:
        raise RequestRefused(f"after is a key: at most {LONGEST_MARKER} characters, and no NUL")
    return PageWish(query.get("prefix", ""), status, after, int(limit))


def _is_media_type(text: str) -> bool:
    return _MEDIA_TYPE.fullmatch(text) is not None


def _object(request: ApiRequest, known: set[str]) -> dict[str, Any]:
    if len(request.body) > LARGEST_BODY:
        raise BodyTooLarge(LARGEST_BODY)
    try:
        found = json.loads(request.body, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise RequestRefused("the body is not JSON", "Request.NotJson") from None
    if not isinstance(found, dict):
        raise RequestRefused("the body is not a JSON object", "Request.NotJson")
    if not found.keys() <= known:
        raise RequestRefused(f"the body may have {', '.join(sorted(known))} and nothing else")
    return found
