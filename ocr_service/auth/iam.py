"""The token endpoint, in the shape of IAM's `POST /v3/auth/tokens`.

Two ways to say who one is: `password` (user, password; the domain is not looked at) and `hw_ak_sk`
(an access key with its secret, `X-Security-Token` with temporary ones). The scope must be a
project, by id or by any name, for the token to be of use; as in IAM, without it the token has no
project, and the service answers ModelArts.0212.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ocr_service.auth.authenticator import Authenticator
from ocr_service.contract.errors import WRONG_PROJECT, WRONG_SIGNATURE, ApiError
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
    """Who asks, and for which project."""

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
    """What the token is good for; the token itself stands in the header `X-Subject-Token`."""

    token: _Token


class Identities:
    """Knows who may have a token."""

    def __init__(self, settings: Settings, authenticator: Authenticator) -> None:
        self._settings = settings
        self._authenticator = authenticator

    def check(self, body: TokenRequestBody, security_token: str) -> datetime | None:
        """Give the end of the caller's own key, where it has one.

        Raises:
            ApiError: the caller is unknown.
        """
        identity = body.auth.identity
        if isinstance(identity, _ByAccessKey):
            return self._check_key(identity.hw_ak_sk, security_token)
        self._check_password(identity.password.user)
        return None

    def project(self, body: TokenRequestBody) -> str | None:
        """Give the project that the token shall be for, None where none was asked for.

        Raises:
            ApiError: it is not the service's.
        """
        project = body.auth.scope.project if body.auth.scope else None
        if project is None or (project.id is None and project.name is None):
            return None
        if project.id not in (None, self._settings.project):
            raise ApiError(WRONG_PROJECT)
        return self._settings.project

    def _check_password(self, user: _User) -> None:
        same = [
            hmac.compare_digest(given.encode(), expected.encode())
            for given, expected in (
                (user.name, self._settings.user),
                (user.password, self._settings.password),
            )
        ]
        if not (all(same) and self._settings.user):
            raise ApiError(WRONG_SIGNATURE, "The username or password is wrong.")

    def _check_key(self, given: _AccessKey, security_token: str) -> datetime | None:
        found = self._authenticator.credentials(given.access.key, security_token)
        if not hmac.compare_digest(found.secret_key.encode(), given.secret.key.encode()):
            raise ApiError(WRONG_SIGNATURE, "the secret key is wrong")
        return found.expires_at


def answer(body: TokenRequestBody, project: str | None, start: datetime, end: datetime) -> Any:  # noqa: ANN401 - JSON
    """Give the body of the answer."""
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
