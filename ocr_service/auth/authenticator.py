"""Authenticates requests by token or by signature, and checks their project."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

from ocr_service.auth import signature
from ocr_service.auth.keyring import Credentials, Keyring
from ocr_service.auth.tokens import Tokens, utc_now
from ocr_service.errors import TOKEN_EMPTY, WRONG_PROJECT, WRONG_SIGNATURE, ApiError


class Authenticator:
    """Authenticates in two steps, so that the body of an unauthenticated request is not read."""

    def __init__(
        self,
        project: str,
        keyring: Keyring,
        tokens: Tokens,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._project = project
        self._keyring = keyring
        self._tokens = tokens
        self._clock = clock

    def authenticate(self, message: signature.Message, project: str) -> Callable[[str], None]:
        """Check the headers; return a function that checks the body's SHA-256 in hex.

        Raises:
            ApiError: wrong or missing credentials; from the function: a wrong signature, or the
                wrong project.
        """
        authorization = message.header("authorization") or b""
        signed = authorization.startswith(signature.ALGORITHM.encode())
        if signed or (authorization and message.header("x-auth-token") is None):
            verify = self._by_signature(message)
        else:
            verify = self._by_token(message)

        def verify_body(sha256: str) -> None:
            verify(sha256)
            if project != self._project:
                raise ApiError(WRONG_PROJECT)

        return verify_body

    def credentials(self, access_key: str, security_token: str | None) -> Credentials:
        """Return the credentials of an access key.

        Raises:
            ApiError: the access key is unknown or expired, or the security token is wrong.
        """
        found = self._keyring.find(access_key)
        if found is None:
            raise ApiError(WRONG_SIGNATURE, "the access key is unknown")
        if found.expires_at is not None and found.expires_at <= self._clock():
            raise ApiError(WRONG_SIGNATURE, "the access key expired")
        expected, given = found.security_token or "", security_token or ""
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise ApiError(WRONG_SIGNATURE, "the security token does not belong to the access key")
        return found

    def _by_signature(self, message: signature.Message) -> Callable[[str], None]:
        claimed = signature.parse(message, self._clock())
        security_token = (message.header("x-security-token") or b"").decode("latin-1").strip()
        found = self.credentials(claimed.access_key, security_token)
        return lambda sha256: signature.verify(claimed, message, sha256, found.secret_key)

    def _by_token(self, message: signature.Message) -> Callable[[str], None]:
        token = message.header("x-auth-token")
        if token is None:
            raise ApiError(TOKEN_EMPTY)
        project = self._tokens.check(token.decode("latin-1").strip())
        if project is not None and project != self._project:
            raise ApiError(WRONG_PROJECT)
        return lambda _sha256: None
