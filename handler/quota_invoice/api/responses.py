"""Responses: JSON and headers, in the shape that API Gateway requires."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from quota_invoice.errors import QuotaInvoiceError, RequestRefused
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.records.failure_texts import failure_text
from quota_invoice.records.file_texts import OWN_CODES

_NOT_MODIFIED = 304
_TOO_MANY, _SERVER_ERROR, _UNAVAILABLE = 429, 500, 503
_ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_PREFLIGHT = {
    # The headers by which callers authenticate at the gateway, and those that this API reads.
    "access-control-allow-headers": "authorization, content-type, if-none-match, x-apig-appcode, "
    "x-auth-token, x-sdk-date, x-security-token",
    "access-control-max-age": "600",
}
_EXPOSED = "etag, location, retry-after, server-timing, x-request-id"


@dataclass(frozen=True)
class Response:
    """A response, before it gets the gateway's shape.

    Attributes:
        status: the HTTP status.
        body: the value that becomes JSON; None for no body.
        headers: by name in lower case, besides those of every response.
        tagged: whether it has an ETag, for conditional requests.
        key: the input that it is about, for the log; empty if there is none.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = False
    key: str = ""


def error_response(error: QuotaInvoiceError, request_id: str) -> Response:
    """Return an error's response: its code, its message, and the id that finds the log.

    A refusal also has its cause in Chinese, and the next step in both languages; of other errors,
    the texts hold for a failure record only, after attempts over days.
    """
    message = error.message
    if error.internal:
        message = "the function could not do this; its log says why, under this request_id"
    headers = {}
    if error.status in {_TOO_MANY, _UNAVAILABLE}:
        headers["retry-after"] = str(math.ceil(max(error.retry_after, error.pause)))
    if isinstance(error, RequestRefused) and error.allowed:
        headers["allow"] = ", ".join(error.allowed)
    body: dict[str, Any] = {
        "error_code": error.code,
        "error_msg": message,
        "request_id": request_id,
    }
    if error.status < _SERVER_ERROR and error.status != _TOO_MANY:
        text = failure_text(error)
        if (error.file_code or error.code).startswith(OWN_CODES) and error.hint is None:
            body["error_msg"] = text.message.en
        body["error_msg_zh"] = error.message_zh or text.message.zh
        body["hint"] = dict(error.hint or text.hint._asdict())
    return Response(error.status, body, headers, key=error.key)


def preflight(methods: tuple[str, ...]) -> Response:
    """Return the response to OPTIONS: the path's methods, and CORS for browsers."""
    allowed = ", ".join(methods)
    return Response(
        204, None, {"allow": allowed, "access-control-allow-methods": allowed, **_PREFLIGHT}
    )


def for_gateway(
    response: Response, request: ApiRequest, origins: AbstractSet[str], timing: str
) -> dict[str, Any]:
    """Return a response in API Gateway's shape, with all four of its members.

    Args:
        response: the response.
        request: the request that it answers.
        origins: origins of web pages that may read it.
        timing: value of the Server-Timing header.
    """
    headers = {**_ALWAYS, **response.headers, "server-timing": timing}
    status, text = response.status, ""
    if response.body is not None:
        headers["content-type"] = "application/json"
        # OCR text may hold half of a surrogate pair, which is valid JSON as an escape.
        text = json.dumps(response.body, ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode()
    if response.tagged:
        headers["etag"] = _etag(text)
        if _is_known(headers["etag"], request.headers.get("if-none-match", "")):
            del headers["content-type"]
            status, text = _NOT_MODIFIED, ""
    if request.method == "HEAD":
        text = ""
    return {
        "statusCode": status,
        "headers": {**_for_origin(headers, request.headers.get("origin", ""), origins)},
        "body": text,
        "isBase64Encoded": False,
    }


def _etag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _is_known(etag: str, if_none_match: str) -> bool:
    """Compare as RFC 9110 requires for If-None-Match: weakly, with a list or ``*``.

    >>> _is_known('"a"', 'W/"a", "b"'), _is_known('"a"', "*"), _is_known('"a"', "")
    (True, True, False)
    """
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in known or "*" in known


def _for_origin(
    headers: Mapping[str, str], origin: str, origins: AbstractSet[str]
) -> Mapping[str, str]:
    """Return the headers with those of CORS, so that pages of allowed origins can read them."""
    if not origins:
        return {name: value for name, value in headers.items() if not name.startswith("access-")}
    if "*" in origins:
        allowed = "*"
    elif origin.lower() in origins:
        allowed = origin
    else:
        kept = {name: value for name, value in headers.items() if not name.startswith("access-")}
        return {**kept, "vary": "origin"}
    return {
        **headers,
        "access-control-allow-origin": allowed,
        "access-control-expose-headers": _EXPOSED,
        "vary": "origin",
    }
