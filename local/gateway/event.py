"""Between HTTP and the function: the event of a request, and the answer that the function gives."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

_STATUSES = range(200, 600)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class BadAnswerError(ValueError):
    """The function's answer is none that the gateway takes; says why."""


@dataclass(frozen=True)
class Request:
    """A request as it came: path and query still encoded, names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: Iterable[tuple[str, str]]
    body: bytes
    request_id: str


@dataclass(frozen=True)
class Answer:
    """What the function answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def event_of(request: Request) -> dict[str, Any]:
    """Give API Gateway's event of a request to an API whose path is a wildcard from the root on.

    The body is in base64, the empty one, too; the wildcard's part comes under the empty name. Of
    what is repeated, the first counts. That path parameters are still encoded is a guess.
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


def answer_of(value: object) -> Answer:
    """Read the function's answer.

    Raises:
        BadAnswerError: one of the four members is missing, or is not what it should be.
    """
    if not isinstance(value, Mapping):
        raise BadAnswerError("it is no object")
    missing = {"statusCode", "headers", "body", "isBase64Encoded"} - value.keys()
    if missing:
        raise BadAnswerError(f"it lacks {', '.join(sorted(missing))}")
    status, headers, body = value["statusCode"], value["headers"], value["body"]
    if not isinstance(status, int) or isinstance(status, bool) or status not in _STATUSES:
        raise BadAnswerError("statusCode is no status of HTTP")
    if not isinstance(headers, Mapping):
        raise BadAnswerError("headers is no object")
    if not isinstance(body, str) or not isinstance(value["isBase64Encoded"], bool):
        raise BadAnswerError("body is no string, or isBase64Encoded neither true nor false")
    try:
        content = base64.b64decode(body, validate=True) if value["isBase64Encoded"] else None
    except binascii.Error:
        raise BadAnswerError("body is not in base64") from None
    lines = [(str(name).lower(), str(text)) for name, text in headers.items()]
    if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(text) for name, text in lines):
        raise BadAnswerError("a header is none that HTTP knows")
    return Answer(status, lines, body.encode() if content is None else content)
