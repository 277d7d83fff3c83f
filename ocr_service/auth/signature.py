"""Verifies the request signature of the SDK, SDK-HMAC-SHA256.

The canonical request is the one of ``huaweicloudsdkcore.signer``: method, path (decoded, encoded
again segment by segment, ending in a slash), query (decoded, sorted, encoded), the signed headers,
their names, and the SHA-256 of the body. All parts are bytes, as in the request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote_to_bytes

from ocr_service.errors import WRONG_SIGNATURE, ApiError

ALGORITHM = "SDK-HMAC-SHA256"
_CLOCK_SKEW = timedelta(minutes=15)
"""The maximum difference to the client's clock, as in the cloud's API Gateway."""
_MUST_SIGN = {"host", "x-sdk-date"}

_AUTHORIZATION = re.compile(
    ALGORITHM + r" Access=([^,\s]{1,128}), ?SignedHeaders=([a-z0-9;-]{1,4096}),"
    r" ?Signature=([0-9a-f]{64})"
)
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Message:
    """The parts of an HTTP request that a signature covers, unchanged."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]

    def header(self, name: str) -> bytes | None:
        """Return the value of a header, None without one.

        Raises:
            ApiError: the header is repeated, which makes it ambiguous.
        """
        values = [value for key, value in self.headers if key.lower() == name.encode()]
        if len(values) > 1:
            raise ApiError(WRONG_SIGNATURE, f"header {name} is repeated")
        return values[0] if values else None


@dataclass(frozen=True)
class Claim:
    """The content of an Authorization header, not verified yet."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str
    time: str


def parse(message: Message, now: datetime) -> Claim:
    """Parse the Authorization header.

    Raises:
        ApiError: it is malformed, lacks a required signed header, or its time is wrong.
    """
    found = _AUTHORIZATION.fullmatch((message.header("authorization") or b"").decode("latin-1"))
    if not found:
        raise ApiError(WRONG_SIGNATURE, "the Authorization header is malformed")
    signed = tuple(found[2].split(";"))
    if not _MUST_SIGN.issubset(signed):
        raise ApiError(WRONG_SIGNATURE, "host and x-sdk-date must be signed")
    return Claim(found[1], signed, found[3], _time(message, now))


def _time(message: Message, now: datetime) -> str:
    text = (message.header("x-sdk-date") or b"").decode("latin-1").strip()
    try:
        sent = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        raise ApiError(WRONG_SIGNATURE, "x-sdk-date is malformed") from None
    if abs(now - sent) > _CLOCK_SKEW:
        raise ApiError(WRONG_SIGNATURE, "the signature expired")
    return text


def verify(claimed: Claim, message: Message, body_sha256: str, secret_key: str) -> None:
    """Compute the signature with the secret key, and compare.

    Raises:
        ApiError: the request was changed, or was signed with another secret key.
    """
    declared = message.header("x-sdk-content-sha256")
    if declared is not None and declared.decode("latin-1").strip().lower() != body_sha256:
        # This includes UNSIGNED-PAYLOAD, which the SDK may declare for uploads.
        raise ApiError(WRONG_SIGNATURE, "the body is not the signed one")
    digest = hashlib.sha256(_canonical(claimed, message, body_sha256)).hexdigest()
    text = f"{ALGORITHM}\n{claimed.time}\n{digest}"
    expected = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, claimed.signature):
        raise ApiError(WRONG_SIGNATURE, "verify aksk signature fail")


def _canonical(claimed: Claim, message: Message, body_sha256: str) -> bytes:
    headers = []
    for name in claimed.signed_headers:
        value = message.header(name)
        if value is None:
            raise ApiError(WRONG_SIGNATURE, "a signed header is missing")
        headers.append(name.encode() + b":" + value.strip() + b"\n")
    return b"\n".join(
        (
            message.method.encode(),
            _canonical_path(message.path),
            _canonical_query(message.query),
            b"".join(headers),
            ";".join(claimed.signed_headers).encode(),
            body_sha256.encode(),
        )
    )


def _canonical_path(path: bytes) -> bytes:
    """Normalize the encoding of the path.

    >>> _canonical_path(b"/v2/a%20b~/%E7%A5%A8")
    b'/v2/a%20b~/%E7%A5%A8/'
    """
    encoded = "/".join(quote(part, safe="~") for part in unquote_to_bytes(path).split(b"/"))
    return (encoded if encoded.endswith("/") else encoded + "/").encode()


def _canonical_query(query: bytes) -> bytes:
    """Sort and encode the query.

    >>> _canonical_query(b"b=2&a=x+y&a=%2B&c")
    b'a=%2B&a=x%2By&b=2&c='
    """
    pairs = []
    for part in filter(None, query.split(b"&")):
        key, _, value = part.partition(b"=")
        pairs.append((unquote_to_bytes(key), unquote_to_bytes(value)))
    return "&".join(
        f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(pairs)
    ).encode()
