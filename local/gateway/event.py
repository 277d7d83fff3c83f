"""API Gateway's event of an HTTP request, and the function's response to it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

_STATUSES = range(200, 600)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class BadResponseError(ValueError):
    """The function's response is invalid; the message names the reason."""


@dataclass(frozen=True)
class Request:
    """An HTTP request: path and query percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Iterable[tuple[str, str]]
    body: bytes
    request_id: str


@dataclass(frozen=True)
class FunctionResponse:
    """The function's response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def gateway_event(request: Request) -> dict[str, Any]:
    """Return API Gateway's event of a request to an API whose path is a wildcard at the root.

    The body is always Base64; the path parameter has an empty name; the first of repeated headers
    and query parameters counts. Percent-encoded path parameters are an assumption.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers:
        headers.setdefault(name, value)
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query.setdefault(name, value)
    return {
        "body": base64.b64encode(request.body).decode(),
        "isBase64Encoded": True,
        "httpMethod": request.method,
        "path": request.path,
        "headers": {**headers, "x-request-id": request.request_id},
        "pathParameters": {"": request.path.removeprefix("/")},
        "queryStringParameters": query,
        "requestContext": {"apiId": "local", "requestId": request.request_id, "stage": "RELEASE"},
    }


def parse_response(value: object) -> FunctionResponse:
    """Parse the function's response.

    Raises:
        BadResponseError: one of the four members is missing or invalid.
    """
    if not isinstance(value, Mapping):
        raise BadResponseError("it is not an object")
    missing = {"statusCode", "headers", "body", "isBase64Encoded"} - value.keys()
    if missing:
        raise BadResponseError(f"it lacks {', '.join(sorted(missing))}")
    status, headers, body = value["statusCode"], value["headers"], value["body"]
    if not isinstance(status, int) or isinstance(status, bool) or status not in _STATUSES:
        raise BadResponseError("statusCode is not an HTTP status")
    if not isinstance(headers, Mapping):
        raise BadResponseError("headers is not an object")
    if not isinstance(body, str) or not isinstance(value["isBase64Encoded"], bool):
        raise BadResponseError("body is not a string, or isBase64Encoded not a boolean")
    try:
        content = base64.b64decode(body, validate=True) if value["isBase64Encoded"] else None
        content = body.encode() if content is None else content
    except ValueError:  # also of a body that UTF-8 cannot encode
        raise BadResponseError("body is not Base64, or not Unicode") from None
    lines = [(str(name).lower(), str(text)) for name, text in headers.items()]
    if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(text) for name, text in lines):
        raise BadResponseError("a header is not valid in HTTP")
    return FunctionResponse(status, lines, content)
