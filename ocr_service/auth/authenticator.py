"""Authenticates requests by token or by signature, and checks their project."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ocr_service.auth import signature
from ocr_service.auth.keyring import Credentials, Keyring
from ocr_service.auth.tokens import Tokens, utc_now
from ocr_service.errors import TOKEN_EMPTY, WRONG_PROJECT, WRONG_SIGNATURE, ApiError


@dataclass(frozen=True)
class Caller:
    """A caller whose headers are accepted.

    Attributes:
        key: the access key, or the name of the token's owner.
        verify: checks the project, and the body's SHA-256 in hex unless the caller is proven.
        is_proven: whether the headers alone authenticate the caller.

    Raises (``verify``):
        ApiError: a wrong signature, or the wrong project.
    """

    key: str
    verify: Callable[[str], None]
    is_proven: bool


class Authenticator:
    """Authenticates in two steps, so that no body is read that the headers already rule out."""

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

    def authenticate(self, message: signature.Message, project: str) -> Caller:
        """Check the headers.

        Raises:
            ApiError: wrong or missing credentials.
        """
        authorization = message.header("authorization") or b""
        signed = authorization.startswith(signature.ALGORITHM.encode())
        if signed or (authorization and message.header("x-auth-token") is None):
            return self._by_signature(message, project)
        return self._by_token(message, project)

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

    def _by_signature(self, message: signature.Message, project: str) -> Caller:
        claimed = signature.parse(message, self._clock())
        security_token = (message.header("x-security-token") or b"").decode("latin-1").strip()
        found = self.credentials(claimed.access_key, security_token)

        def verify(sha256: str) -> None:
            signature.verify(claimed, message, sha256, found.secret_key)
            self._check_project(project)

        return Caller(found.access_key, verify, is_proven=False)

    def _by_token(self, message: signature.Message, project: str) -> Caller:
        token = message.header("x-auth-token")
        if token is None:
            raise ApiError(TOKEN_EMPTY)
        owner, own_project = self._tokens.check(token.decode("latin-1").strip())

        def verify(_sha256: str) -> None:
            self._check_project(own_project or project)
            self._check_project(project)

        return Caller(owner, verify, is_proven=True)

    def _check_project(self, project: str) -> None:
        if project != self._project:
            raise ApiError(WRONG_PROJECT)
