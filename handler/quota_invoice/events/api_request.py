"""What API Gateway's event says of an HTTP request; ``events`` hands it on.

    {"httpMethod": "POST", "path": "/invoices", "headers": {…}, "pathParameters": {…},
     "queryStringParameters": {…}, "body": "…", "isBase64Encoded": true,
     "requestContext": {"requestId": "…", …}}

Only the body is encoded, and not even that in test events; an empty or a plain one may be said to
be. Whether the path still is percent-encoded is not documented, and a wildcard's part of it comes
under any name, the empty one too.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from quota_invoice.json_values import member, text_of


@dataclass(frozen=True, repr=False)
class ApiRequest:
    """A request that a caller made of the API.

    It has no ``repr``: headers hold the caller's credentials, bodies his invoices.

    Attributes:
        method: in capitals.
        paths: what its path may be, likeliest first: each decoded, and as it stood in the event.
            Beside the whole path, which may begin with what the API is mounted at, that is the
            part that a wildcard stands for.
        headers: by their names in lower case.
        query: its parameters, decoded; of one that is repeated, the first.
        body: its bytes, decoded; empty if there are none.
        request_id: the gateway's id of it, or None.
    """

    method: str
    paths: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    request_id: str | None


def request_of(event: object) -> ApiRequest | None:
    """Read API Gateway's event; None if it is none."""
    method = text_of(member(event, "httpMethod"))
    if method is None:
        return None
    headers = {name.lower(): value for name, value in _texts(member(event, "headers"))}
    return ApiRequest(
        method=method.upper(),
        paths=tuple((unquote(path), path) for path in dict.fromkeys(_paths(event))),
        headers=headers,
        query=dict(_texts(member(event, "queryStringParameters"))),
        body=_body(member(event, "body"), encoded=member(event, "isBase64Encoded") is True),
        request_id=text_of(member(member(event, "requestContext"), "requestId")),
    )


def _paths(event: object) -> Iterator[str]:
    whole = text_of(member(event, "path"))
    if whole:
        yield "/" + whole.lstrip("/")
    for _, value in _texts(member(event, "pathParameters")):
        # A parameter that is not the path's end is none of a wildcard.
        if value.strip("/") and (whole is None or unquote(whole).endswith(unquote(value))):
            yield "/" + value.lstrip("/")


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """Give the members of an object that are texts, of those that are lists the first."""
    for name, found in value.items() if isinstance(value, Mapping) else ():
        first = found[0] if isinstance(found, list) and found else found
        if isinstance(name, str) and isinstance(first, str):
            yield name, first


def _body(value: object, *, encoded: bool) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        return json.dumps(value).encode()  # the console lets people write it so
    # A lone surrogate is no text; whoever parses the body will say so.
    plain = value.encode("utf-8", "surrogatepass")
    if not encoded:
        return plain
    try:
        return b64decode(plain, validate=True)
    except binascii.Error:
        return plain  # said to be encoded, and is not
