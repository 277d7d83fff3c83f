"""The token endpoint, compatible with IAM's ``POST /v3/auth/tokens``.

It supports the methods ``password`` (the domain is ignored) and ``hw_ak_sk`` (access key and secret
key; temporary credentials also need ``X-Security-Token``). The scope is a project, by id or by any
name. As in IAM, a token without a project can be issued, but the service rejects it with
ModelArts.0212.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ocr_service.auth.authenticator import Authenticator
from ocr_service.errors import WRONG_PROJECT, WRONG_SIGNATURE, ApiError
from ocr_service.settings import Settings

Text = Annotated[str, Field(max_length=1024)]


class _Key(BaseModel):
    key: Text


class _AccessKey(BaseModel):
    access: _Key
    secret: _Key


class _Domain(BaseModel):
    name: Text | None = None
    id: Text | None = None


class _User(BaseModel):
    name: Text
    password: Text
    domain: _Domain | None = None


class _Password(BaseModel):
    user: _User


class _ByPassword(BaseModel):
    methods: tuple[Literal["password"]]
    password: _Password


class _ByAccessKey(BaseModel):
    methods: tuple[Literal["hw_ak_sk"]]
    hw_ak_sk: _AccessKey


class _Project(BaseModel):
    id: Text | None = None
    name: Text | None = None


class _Scope(BaseModel):
    project: _Project | None = None
    domain: _Domain | None = None


class _Auth(BaseModel):
    identity: _ByPassword | _ByAccessKey
    scope: _Scope | None = None


class TokenRequestBody(BaseModel):
    """The identity and the project of the client."""

    auth: _Auth


class _TokenProject(BaseModel):
    id: str
    name: str


class _Token(BaseModel):
    methods: list[str]
    issued_at: str
    expires_at: str
    project: _TokenProject | None = None


class TokenResponse(BaseModel):
    """The scope of the token; the token itself is in the header ``X-Subject-Token``."""

    token: _Token


class IdentityVerifier:
    """Decides who gets a token."""

    def __init__(self, settings: Settings, authenticator: Authenticator) -> None:
        self._settings = settings
        self._authenticator = authenticator

    def check(self, body: TokenRequestBody, security_token: str) -> datetime | None:
        """Verify the client; return the expiry time of temporary credentials.

        Raises:
            ApiError: the credentials are wrong.
        """
        identity = body.auth.identity
        if isinstance(identity, _ByAccessKey):
            return self._check_key(identity.hw_ak_sk, security_token)
        self._check_password(identity.password.user)
        return None

    def owner(self, body: TokenRequestBody) -> str:
        """Return the access key or the user name, of a client that ``check`` verified."""
        identity = body.auth.identity
        if isinstance(identity, _ByAccessKey):
            return identity.hw_ak_sk.access.key
        return identity.password.user.name

    def project(self, body: TokenRequestBody) -> str | None:
        """Return the requested project, or None without one.

        Raises:
            ApiError: the service has another project.
        """
        project = body.auth.scope.project if body.auth.scope else None
        if project is None or (project.id is None and project.name is None):
            return None
        if project.id not in (None, self._settings.project):
            raise ApiError(WRONG_PROJECT)
        return self._settings.project

    def _check_password(self, user: _User) -> None:
        same_name = hmac.compare_digest(user.name.encode(), self._settings.user.encode())
        same = hmac.compare_digest(user.password.encode(), self._settings.password.encode())
        if not (same_name and same and self._settings.user):
            raise ApiError(WRONG_SIGNATURE, "The username or password is wrong.")

    def _check_key(self, given: _AccessKey, security_token: str) -> datetime | None:
        found = self._authenticator.credentials(given.access.key, security_token)
        if not hmac.compare_digest(found.secret_key.encode(), given.secret.key.encode()):
            raise ApiError(WRONG_SIGNATURE, "the secret key is wrong")
        return found.expires_at


def token_body(body: TokenRequestBody, project: str | None, start: datetime, end: datetime) -> Any:  # noqa: ANN401 - JSON
    """Return the body of the response."""
    name = body.auth.scope.project.name if body.auth.scope and body.auth.scope.project else None
    token = _Token(
        methods=list(body.auth.identity.methods),
        issued_at=_stamp(start),
        expires_at=_stamp(end),
        project=_TokenProject(id=project, name=name or project) if project else None,
    )
    return TokenResponse(token=token).model_dump(exclude_none=True)


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
