"""The SDK's request signature, SDK-HMAC-SHA256, recomputed.

The canonical request is the one that `huaweicloudsdkcore.signer` builds: method, path (decoded,
encoded again part by part, ending in a slash), query (decoded, sorted, encoded), the signed
headers, their names, and the SHA-256 of the body. All of it is handled as bytes, as headers are.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote_to_bytes

from ocr_service.contract.errors import WRONG_SIGNATURE, ApiError

ALGORITHM = "SDK-HMAC-SHA256"
CLOCK_SKEW = timedelta(minutes=15)
"""How far the caller's clock may be off, as at the cloud's gateway."""
MUST_SIGN = {"host", "x-sdk-date"}

_AUTHORIZATION = re.compile(
    ALGORITHM + r" Access=([^,\s]{1,128}), ?SignedHeaders=([a-z0-9;-]{1,4096}),"
    r" ?Signature=([0-9a-f]{64})"
)
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Message:
    """The parts of an HTTP request that a signature covers, as they came over the wire."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]

    def only(self, name: str) -> bytes | None:
        """Give the header's value; None where it is missing.

        Raises:
            ApiError: it is there more than once, so that nobody knows which one was meant.
        """
        values = [value for key, value in self.headers if key.lower() == name.encode()]
        if len(values) > 1:
            raise ApiError(WRONG_SIGNATURE, f"header {name} is repeated")
        return values[0] if values else None


@dataclass(frozen=True)
class Claim:
    """What an Authorization header claims, not yet proven."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str
    time: str


def claim(message: Message, now: datetime) -> Claim:
    """Read the Authorization header.

    Raises:
        ApiError: it has another shape, leaves out what must be signed, or its time is off.
    """
    found = _AUTHORIZATION.fullmatch((message.only("authorization") or b"").decode("latin-1"))
    if not found:
        raise ApiError(WRONG_SIGNATURE, "the Authorization header has another shape")
    signed = tuple(found[2].split(";"))
    if not MUST_SIGN.issubset(signed):
        raise ApiError(WRONG_SIGNATURE, "host and x-sdk-date must be signed")
    return Claim(found[1], signed, found[3], _time(message, now))


def _time(message: Message, now: datetime) -> str:
    text = (message.only("x-sdk-date") or b"").decode("latin-1").strip()
    try:
        sent = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        raise ApiError(WRONG_SIGNATURE, "x-sdk-date has another shape") from None
    if abs(now - sent) > CLOCK_SKEW:
        raise ApiError(WRONG_SIGNATURE, "the signature expired")
    return text


def prove(claimed: Claim, message: Message, body_sha256: str, secret_key: str) -> None:
    """Recompute the signature with the key's secret and compare.

    Raises:
        ApiError: something was signed otherwise than it arrived, or by another secret.
    """
    declared = message.only("x-sdk-content-sha256")
    if declared is not None and declared.decode("latin-1").strip().lower() != body_sha256:
        # The SDK may declare UNSIGNED-PAYLOAD for uploads; here the body is always covered.
        raise ApiError(WRONG_SIGNATURE, "the body is not the one that was signed")
    text = "\n".join(
        (
            ALGORITHM,
            claimed.time,
            hashlib.sha256(_canonical(claimed, message, body_sha256)).hexdigest(),
        )
    )
    expected = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, claimed.signature):
        raise ApiError(WRONG_SIGNATURE, "verify aksk signature fail")


def _canonical(claimed: Claim, message: Message, body_sha256: str) -> bytes:
    headers = []
    for name in claimed.signed_headers:
        value = message.only(name)
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
    """Encode the path anew.

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
