"""The two services behind a proxy: the operation and key of a request, canned responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local.faults.wire import Request

OPERATIONS = (
    "recognize",
    "classify",
    "identify",
    "get",
    "head",
    "put",
    "delete",
    "list",
    "fetch",
)
"""Operations with faults. ``identify`` is a GET of the first bytes of an object; ``fetch`` is the
OCR service's download of an image by signed URL."""

_RANGE = b"\r\nrange: bytes=0-"
_HTML = b"<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
_GATEWAY = b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
_JSON = b'{"status": "ok", "data": []}'
Canned = Mapping[str, tuple[int, str, bytes]]
"""Status, media type and body of a response, by fault."""


@dataclass(frozen=True)
class Service:
    """A kind of service.

    Attributes:
        operation: returns the operation of a request and its object's key; an unknown operation or
            key is empty.
        canned: the proxy's own responses.
    """

    operation: Callable[[Request], tuple[str, str]]
    canned: Canned


def _bucket_operation(request: Request) -> tuple[str, str]:
    parts = urlsplit(request.target)
    _, _, key = unquote(parts.path)[1:].partition("/")
    if request.method == "GET":
        if not key:
            return "list", key
        if {"X-Amz-Signature", "Signature"} & parse_qs(parts.query).keys():
            return "fetch", key
        return ("identify" if _RANGE in request.raw.lower() else "get"), key
    operation = {"HEAD": "head", "PUT": "put", "DELETE": "delete"}.get(request.method, "")
    return operation, key


def _ocr_operation(request: Request) -> tuple[str, str]:
    operations = {"quota-invoice": "recognize", "auto-classification": "classify"}
    operation = operations.get(urlsplit(request.target).path.rpartition("/")[2], "")
    try:
        body: Any = json.loads(request.body)
    except ValueError:
        return operation, ""
    url = body.get("url") if isinstance(body, dict) else None
    path = unquote(urlsplit(url).path) if isinstance(url, str) else ""
    return operation, path[1:].partition("/")[2]


def _error(status: int, code: str, message: str) -> tuple[int, str, bytes]:
    body = json.dumps({"error_code": code, "error_msg": message})
    return status, "application/json", body.encode()


def _xml(status: int, code: str, message: str) -> tuple[int, str, bytes]:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, "application/xml", body.encode()


# API Gateway rejects credentials and rates (APIG); ModelArts.4505 is an error of the service.
_UNAUTHENTICATED = "Incorrect IAM authentication information: "
OCR = Service(
    _ocr_operation,
    {
        "429": _error(429, "APIG.0308", "The throttling threshold has been reached."),
        "500": _error(500, "ModelArts.4505", "Internal error."),
        "503": (503, "text/html", _GATEWAY),
        "html": (200, "text/html", _HTML),
        "json": (200, "application/json", _JSON),
        "expired": _error(401, "APIG.0301", _UNAUTHENTICATED + "the security token has expired"),
        "skew": _error(401, "APIG.0301", _UNAUTHENTICATED + "the request's time is too skewed"),
    },
)
BUCKET = Service(
    _bucket_operation,
    {
        "429": _xml(429, "TooManyRequests", "Too many requests."),
        "500": _xml(500, "InternalError", "We encountered an internal error. Please try again."),
        "503": _xml(503, "SlowDown", "Please reduce your request rate."),
        "html": (200, "text/html", _HTML),
        "json": (200, "application/json", _JSON),
        "expired": _xml(403, "ExpiredToken", "The provided token has expired."),
        "skew": _xml(403, "RequestTimeTooSkewed", "The request's time differs too much."),
    },
)
