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
        (method, re.sub(r"\{key[^}]*\}", lambda _: key, route.path))
        for route in ROUTES
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def ask(
    url: str,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    content: bytes = b"",
) -> httpx.Response:
    """Send a request, and return its answer; redirects are not followed.

    A header ``host`` is a second one.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.putrequest(method, path)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(content)))
        connection.endheaders(content)
        answer = connection.getresponse()
        return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    finally:
        connection.close()
