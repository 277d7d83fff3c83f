"""The bodies and parameters of callers' requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from quota_invoice.errors import BodyTooLarge, RequestRefused
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.json_values import parse_json
from quota_invoice.records.record import Status

LARGEST_BODY = 4 << 20
"""Bytes. In Base64, within an event, that is 5.6 MB of the 6 MB that a gateway accepts. The gateway
refuses larger bodies itself, without a hint at POST /uploads."""
LONGEST_MARKER = 1024  # characters; the longest key has as many
LONGEST_NAME = 200
"""Maximum characters of a file name."""
STATUSES = tuple(status.value for status in Status)
NEEDS_REVIEW, DUPLICATE = "needs_review", "duplicate"
FILTERS = (*STATUSES, NEEDS_REVIEW, DUPLICATE)
"""Values of ``status`` in a request; the last two are of inputs with such an invoice."""
INCLUDE = "record"
MOST_ENTRIES = 1000
_DEFAULT_ENTRIES = 100
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
# RFC 2397: the type may be left out, and may have parameters.
_DATA = "data:"
_DATA_URL = re.compile(r"(data:)?([^,;]{0,160};)?([^,;]{0,80};){0,8}\s*base64\s*,", re.IGNORECASE)
# Apart from the above: together they would try each of the blanks for each other one.
_BLANKS = re.compile(r"\A[\s\ufeff]*")
_NOT_A_NAME = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, repr=False)
class RecognizeRequest:
    """A request to read one of: an image in Base64, the URL of one, a stored input's key."""

    image: str | None = None
    url: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class UploadRequest:
    """A request for an upload URL: the file's name, and the Content-Type of the upload."""

    name: str
    content_type: str | None


@dataclass(frozen=True)
class ListRequest:
    """A request for a page of inputs.

    Attributes:
        prefix: the beginning of their keys.
        status: only inputs with this status, one of ``FILTERS``; None for all.
        after: the key after which the page begins; empty for the first page.
        limit: maximum number of entries.
        has_invoices: whether each entry has the invoices of its record.
    """

    prefix: str
    status: str | None
    after: str
    limit: int
    has_invoices: bool

    @property
    def needs_records(self) -> bool:
        """Whether the records of recognized inputs must be read."""
        return self.has_invoices or self.status in {NEEDS_REVIEW, DUPLICATE}


def parse_recognize_request(request: ApiRequest) -> RecognizeRequest:
    """Read the body of POST /invoices.

    Raises:
        RequestRefused: it is invalid.
    """
    members = _object(request, {"image", "url", "key"})
    if len(members) != 1:
        raise RequestRefused("the body must have one of image, url and key")
    [(name, value)] = members.items()
    if not isinstance(value, str) or not value:
        raise RequestRefused(f"{name} must be a string that is not empty")
    if name == "image":
        value = _without_data_url(value)
        if not value or not value.isascii() or value[: len(_DATA)].lower() == _DATA:
            raise RequestRefused(
                "image must be in Base64, with or without data:…;base64, before it"
            )
    return RecognizeRequest(**{name: value})


def parse_upload_request(request: ApiRequest) -> UploadRequest:
    """Read the body of POST /uploads.

    Raises:
        RequestRefused: it is invalid.
    """
    members = _object(request, {"name", "content_type"})
    name, content_type = members.get("name"), members.get("content_type", "")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise RequestRefused(f"name must be a string of 1 to {LONGEST_NAME} characters")
    if _NOT_A_NAME.search(name) or name in {".", ".."}:
        raise RequestRefused("name must be a file name, without a folder")
    if not isinstance(content_type, str) or (content_type and not _is_media_type(content_type)):
        raise RequestRefused("content_type must be of the form image/jpeg")
    return UploadRequest(name, content_type or None)


def parse_list_request(request: ApiRequest) -> ListRequest:
    """Read the parameters of GET /invoices.

    Raises:
        RequestRefused: they are invalid.
    """
    query = request.query
    status, limit = query.get("status"), query.get("limit", str(_DEFAULT_ENTRIES))
    if status is not None and status not in FILTERS:
        raise RequestRefused(f"status must be one of {', '.join(FILTERS)}")
    include = query.get("include")
    if include not in {None, INCLUDE}:
        raise RequestRefused(f"include must be {INCLUDE}")
    valid = limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST_ENTRIES))
    if not valid or not 1 <= int(limit) <= MOST_ENTRIES:
        raise RequestRefused(f"limit must be a number from 1 to {MOST_ENTRIES}")
    after = query.get("after", "")
    if len(after) > LONGEST_MARKER or "\0" in after:
        raise RequestRefused(f"after is a key: at most {LONGEST_MARKER} characters, and no NUL")
    return ListRequest(
        query.get("prefix", ""), status, after, int(limit), has_invoices=include == INCLUDE
    )


def _without_data_url(text: str) -> str:
    """Return the Base64 of a data URL; any other text as it is.

    >>> _without_data_url(" data:image/png;base64,iVBO"), _without_data_url(" iVBO")
    ('iVBO', ' iVBO')
    """
    found = _DATA_URL.match(_BLANKS.sub("", text, count=1))
    return found.string[found.end() :] if found else text


def _is_media_type(text: str) -> bool:
    return _MEDIA_TYPE.fullmatch(text) is not None


def _object(request: ApiRequest, known: set[str]) -> dict[str, Any]:
    if len(request.body) > LARGEST_BODY:
        raise BodyTooLarge(LARGEST_BODY)
    try:
        found = parse_json(request.body)
    except ValueError:
        raise RequestRefused("the body is not JSON", "Request.NotJson") from None
    if not isinstance(found, dict):
        raise RequestRefused("the body is not a JSON object", "Request.NotJson")
    if not found.keys() <= known:
        raise RequestRefused(f"the body may have {', '.join(sorted(known))} and nothing else")
    return found
