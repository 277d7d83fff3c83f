"""Issues and verifies tokens for ``X-Auth-Token``.

A token contains its owner, expiry time and project, authenticated by HMAC-SHA256. So no token is
stored. Several instances of the service accept each other's tokens if they have the same secret;
without one, a restart invalidates all tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from ocr_service import errors
from ocr_service.errors import ApiError

_SHAPE = re.compile(r"[A-Za-z0-9+/=_.-]{1,8192}", re.ASCII)
"""IAM's tokens are Base64; tokens of this service add a dot and the URL-safe characters."""

_FIXED_OWNER = "fixed"
"""The key of callers with the fixed token, in limits and log lines."""


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(timezone.utc)


class Tokens:
    """Issues and verifies tokens.

    ``fixed`` is a token that never expires, and ``secret`` the key of the HMAC, unless empty.
    """

    def __init__(
        self,
        life: timedelta,
        fixed: str = "",
        clock: Callable[[], datetime] = utc_now,
        secret: str = "",
    ) -> None:
        self._life = life
        self._fixed = fixed.encode()
        self._clock = clock
        self._secret = secret.encode() or secrets.token_bytes(32)

    def issue(
        self, project: str | None, until: datetime | None = None, owner: str = ""
    ) -> tuple[str, datetime]:
        """Return a token for a project or for none, and its expiry time, at most ``until``."""
        end = self._clock() + self._life
        end = min(end, until) if until else end
        claims = {
            "owner": owner,
            "project": project,
            "end": end.timestamp(),
            "id": secrets.token_hex(8),
        }
        body = base64.urlsafe_b64encode(json.dumps(claims).encode())
        return f"{body.decode()}.{self._mac(body)}", end

    def check(self, token: str) -> tuple[str, str | None]:
        """Return the token's owner and project; None for the fixed token, which has all projects.

        Raises:
            ApiError: the token is invalid, expired or without a project.
        """
        if not token:
            raise ApiError(errors.TOKEN_EMPTY)
        if self._fixed and hmac.compare_digest(token.encode(), self._fixed):
            return _FIXED_OWNER, None
        if not _SHAPE.fullmatch(token):
            raise ApiError(errors.TOKEN_UNPARSABLE)
        body, _, mac = token.partition(".")
        if not hmac.compare_digest(self._mac(body.encode()), mac):
            raise ApiError(errors.TOKEN_WRONG)
        return self._claims(body)

    def _claims(self, body: str) -> tuple[str, str]:
        claims = json.loads(base64.urlsafe_b64decode(body))  # authenticated, so the format is known
        if claims["end"] <= self._clock().timestamp():
            raise ApiError(errors.TOKEN_EXPIRED)
        if claims["project"] is None:
            raise ApiError(errors.TOKEN_WITHOUT_PROJECT)
        return str(claims["owner"]), str(claims["project"])

    def _mac(self, body: bytes) -> str:
        return hmac.new(self._secret, body, hashlib.sha256).hexdigest()
