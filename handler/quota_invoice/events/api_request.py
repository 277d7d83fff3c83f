"""An HTTP request, as API Gateway's event describes it.

    {"httpMethod": "POST", "path": "/invoices", "headers": {…}, "pathParameters": {…},
     "queryStringParameters": {…}, "body": "…", "isBase64Encoded": true,
     "requestContext": {"requestId": "…", …}}

The body is Base64 only if it was sent by the gateway; a test event may hold a plain one and still
say that it is encoded. The documentation does not say whether the path is percent-encoded. A
wildcard's part of the path may come under any parameter name, the empty one included.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from quota_invoice.json_values import member, text_of


class ApiRequest(NamedTuple):
    """A caller's request.

    Its ``repr`` says nothing: headers hold the caller's credentials, bodies the caller's invoices.

    Attributes:
        method: in capitals.
        paths: the paths that it may mean, most likely first; each decoded, and as it stands in the
            event. Besides the whole path, which may begin with the API's mount point, that is the
            part that a wildcard stands for.
        headers: by name in lower case.
        query: decoded parameters; the first value of one that is repeated.
        body: decoded bytes; empty if there is none.
        request_id: the gateway's id of the request, or None.
    """

    method: str
    paths: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    request_id: str | None

    def __repr__(self) -> str:  # noqa: D105 - as above
        return object.__repr__(self)


def parse_api_request(event: object) -> ApiRequest | None:
    """Read API Gateway's event; None if it is another event."""
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
        # A wildcard's part is always at the end of the path.
        if value.strip("/") and (whole is None or unquote(whole).endswith(unquote(value))):
            yield "/" + value.lstrip("/")


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """Yield the members of an object that are texts; the first element of those that are lists."""
    for name, found in value.items() if isinstance(value, Mapping) else ():
        first = found[0] if isinstance(found, list) and found else found
        if isinstance(name, str) and isinstance(first, str):
            yield name, first


def _body(value: object, *, encoded: bool) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        return json.dumps(value).encode()  # the console accepts a body as JSON
    # The body's parser refuses half of a surrogate pair.
    plain = value.encode("utf-8", "surrogatepass")
    if not encoded:
        return plain
    try:
        return b64decode(plain, validate=True)
    except binascii.Error:
        return plain  # it is not encoded although the event says so
