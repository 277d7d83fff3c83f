"""Tokens for `X-Auth-Token`: issued by the token endpoint, checked at every call.

A token carries its own end and project under a seal (HMAC-SHA256) whose secret lives as long as the
process. So nothing has to be stored, memory does not grow with the number of tokens, and a restart
ends all of them.
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

from ocr_service.contract.errors import (
    TOKEN_EMPTY,
    TOKEN_EXPIRED,
    TOKEN_UNPARSABLE,
    TOKEN_WITHOUT_PROJECT,
    TOKEN_WRONG,
    ApiError,
)

_SHAPE = re.compile(r"[A-Za-z0-9+/=_.-]{1,8192}", re.ASCII)
"""IAM's tokens are Base64; ours add a point and the URL-safe letters."""


def utc_now() -> datetime:
    """Give the time, with its zone."""
    return datetime.now(timezone.utc)


class Tokens:
    """Issues and checks tokens; `fixed` is one more that is always good, unless empty."""

    def __init__(
        self, life: timedelta, fixed: str = "", clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._life = life
        self._fixed = fixed.encode()
        self._clock = clock
        self._seal = secrets.token_bytes(32)

    def issue(self, project: str | None, until: datetime | None = None) -> tuple[str, datetime]:
        """Make a token for a project (None: for none) and tell its end, `until` at the latest."""
        end = self._clock() + self._life
        end = min(end, until) if until else end
        claims = {"project": project, "end": end.timestamp(), "id": secrets.token_hex(8)}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode())
        return f"{body.decode()}.{self._mac(body)}", end

    def check(self, token: str) -> str | None:
        """Give the project that the token is for; None where it is the fixed one: any.

        Raises:
            ApiError: with a ModelArts code that says what is wrong with it.
        """
        if not token:
            raise ApiError(TOKEN_EMPTY)
        if self._fixed and hmac.compare_digest(token.encode(), self._fixed):
            return None
        if not _SHAPE.fullmatch(token):
            raise ApiError(TOKEN_UNPARSABLE)
        body, _, mac = token.partition(".")
        if not hmac.compare_digest(self._mac(body.encode()), mac):
            raise ApiError(TOKEN_WRONG)
        return self._project(body)

    def _project(self, body: str) -> str:
        claims = json.loads(base64.urlsafe_b64decode(body))  # sealed by us, so it has our shape
        if claims["end"] <= self._clock().timestamp():
            raise ApiError(TOKEN_EXPIRED)
        if claims["project"] is None:
            raise ApiError(TOKEN_WITHOUT_PROJECT)
        return str(claims["project"])

    def _mac(self, body: bytes) -> str:
        return hmac.new(self._seal, body, hashlib.sha256).hexdigest()
