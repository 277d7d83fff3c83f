"""Requests to the review page whose paths are sent exactly as they are."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx

from accounting.review.app import ROUTES


def requests_of(key: str) -> list[tuple[str, str]]:
    """Return the method and the path of each route of all parts, with this text for a key."""
    return [
        (method, re.sub(r"\{[^}]*\}", lambda _: key, route.path))
        for route in ROUTES
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def ask(url: str, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Send a request without body, and return its answer; redirects are not followed."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.putrequest(method, path)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.putheader("content-length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        content = answer.read()
        return httpx.Response(answer.status, headers=answer.getheaders(), content=content)
    finally:
        connection.close()
