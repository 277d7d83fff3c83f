"""Answers: their JSON and headers, in the shape that API Gateway wants."""

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

NOT_MODIFIED = 304
_TOO_MANY, _UNAVAILABLE = 429, 503
_ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_PREFLIGHT = {
    # What callers authenticate with at the gateway, beside what this API itself looks at.
    "access-control-allow-headers": "authorization, content-type, if-none-match, x-apig-appcode, "
    "x-auth-token, x-sdk-date, x-security-token",
    "access-control-max-age": "600",
}
_EXPOSED = "etag, location, retry-after, server-timing, x-request-id"


@dataclass(frozen=True)
class Answer:
    """What is answered, before it is put into the gateway's shape.

    Attributes:
        status: of HTTP.
        document: what the JSON says; None for no body at all.
        headers: by their names in lower case, beside those that every answer has.
        tagged: whether it has an ETag, for callers who ask again.
    """

    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = False


def refusal(error: QuotaInvoiceError, request_id: str) -> Answer:
    """Give the answer that an error is: its code, its message, and the id to find the log by."""
    message = error.message
    if error.internal:
        message = "the function could not do this; its log says why, under this request_id"
    headers = {}
    if error.status in {_TOO_MANY, _UNAVAILABLE}:
        headers["retry-after"] = str(max(1, math.ceil(max(error.retry_after, error.pause))))
    if isinstance(error, RequestRefused) and error.allowed:
        headers["allow"] = ", ".join(error.allowed)
    body = {"error_code": error.code, "error_msg": message, "request_id": request_id}
    return Answer(error.status, body, headers)


def preflight(methods: tuple[str, ...]) -> Answer:
    """Answer OPTIONS: which methods there are, for people and for browsers."""
    allowed = ", ".join(methods)
    return Answer(
        204, None, {"allow": allowed, "access-control-allow-methods": allowed, **_PREFLIGHT}
    )


def shaped(
    answer: Answer, request: ApiRequest, origins: AbstractSet[str], timing: str
) -> dict[str, Any]:
    """Put an answer into the shape that API Gateway wants, with all four of its members.

    Args:
        answer: what to say.
        request: to whom.
        origins: of web pages that may read it.
        timing: value of the Server-Timing header.
    """
    headers = {**_ALWAYS, **answer.headers, "server-timing": timing}
    status, text = answer.status, ""
    if answer.document is not None:
        headers["content-type"] = "application/json"
        # What was read may hold half of a surrogate pair: as an escape it is JSON all the same.
        text = json.dumps(answer.document, ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode()
    if answer.tagged:
        headers["etag"] = _etag(text)
        if _is_known(headers["etag"], request.headers.get("if-none-match", "")):
            del headers["content-type"]
            status, text = NOT_MODIFIED, ""
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
    """Compare as RFC 9110 has it for If-None-Match: weakly, with any of a list, or with ``*``.

    >>> _is_known('"a"', 'W/"a", "b"'), _is_known('"a"', "*"), _is_known('"a"', "")
    (True, True, False)
    """
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in known or "*" in known


def _for_origin(
    headers: Mapping[str, str], origin: str, origins: AbstractSet[str]
) -> Mapping[str, str]:
    """Let web pages of the origins that are allowed read the answer, and no others."""
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
