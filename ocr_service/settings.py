"""The settings of the service, from environment variables and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path  # pydantic reads the annotations when the class is made
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

_PREFIX = "QUOTA_OCR_"


class SettingsError(ValueError):
    """Invalid settings; ``problems`` has one line for each, with the name of its variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _words(value: object) -> object:
    return value.replace(",", " ").lower().split() if isinstance(value, str) else value


@dataclass(frozen=True, config=ConfigDict(hide_input_in_errors=True))
class Settings:
    """All settings; the variable of a setting is ``QUOTA_OCR_`` and its name in capitals.

    At least one way of authentication must be set: ``ak`` and ``sk``, ``token``, ``key_file`` (see
    ``auth.keyring``), or ``user`` and ``password`` for the token endpoint.
    """

    project: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    """The project id in the URL path."""
    ak: str = ""
    sk: str = Field(default="", repr=False)
    token: str = Field(default="", repr=False)
    """A fixed ``X-Auth-Token``; it does not expire."""
    user: str = ""
    password: str = Field(default="", repr=False)
    key_file: Path | None = None
    """Credentials that change at run time: the file is read again after each change."""
    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=65535)
    """0 selects a free one, which the line on stdout shows."""
    tls_cert: Path | None = None
    tls_key: Path | None = Field(default=None, repr=False)
    """PEM files; with both, the service uses HTTPS."""
    ca_file: Path | None = None
    """PEM file of additional certificate authorities for HTTPS URLs of images."""
    allow_hosts: Annotated[frozenset[str], BeforeValidator(_words)] = frozenset()
    """Hosts with private addresses that may be used: ``host`` or ``host:port`` as in the URL."""
    max_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for downloading an image, from name resolution to last byte."""
    body_seconds: float = Field(default=30, gt=0, le=300)
    """Seconds for a client to send a body, and to read responses."""
    decode_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for decoding an image or a page of a PDF."""
    head_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for a client to send the headers."""
    stop_seconds: int = Field(default=20, ge=1, le=300)
    """Seconds for current requests to finish when the service stops."""
    token_seconds: int = Field(default=24 * 3600, ge=1, le=24 * 3600)
    """Lifetime of a token from the token endpoint; 24 hours in IAM."""
    concurrency: int = Field(default=16, ge=1, le=1000)
    """Concurrent requests before ModelArts.4401; each may have a body of 16 MiB."""
    rate_per_minute: int = Field(default=0, ge=0)
    """Requests per minute before APIG.0308; 0 sets no limit."""
    connections: int = Field(default=512, ge=1, le=10000)
    """Open connections before ModelArts.4403."""
    workers: int = Field(default=2, ge=1, le=64)
    """Images read at the same time; the largest take about 250 MB each."""

    @model_validator(mode="after")
    def _together(self) -> Settings:
        problems = [
            f"{_PREFIX}{one.upper()} and {_PREFIX}{other.upper()} go together"
            for one, other in (("ak", "sk"), ("user", "password"), ("tls_cert", "tls_key"))
            if bool(getattr(self, one)) != bool(getattr(self, other))
        ]
        if not (self.ak or self.token or self.key_file or self.user):
            names = ", ".join(_PREFIX + name for name in ("AK", "TOKEN", "KEY_FILE", "USER"))
            problems.append(f"no client could authenticate: set one of {names}")
        problems += [
            f"{_PREFIX}{name.upper()}: no such file"
            for name in ("tls_cert", "tls_key", "ca_file")
            if (path := getattr(self, name)) and not path.is_file()
        ]
        if problems:
            raise SettingsError(problems)
        return self

    @classmethod
    def read(cls, environ: Mapping[str, str], **overrides: Any) -> Settings:  # noqa: ANN401 - checked by pydantic
        """Read ``environ``; ``overrides`` other than None take precedence. Empty values are unset.

        Raises:
            SettingsError: with every problem, by name and without values.
        """
        known = {field.name for field in fields(cls)}
        found: dict[str, Any] = {
            name[len(_PREFIX) :].lower(): value
            for name, value in environ.items()
            if name.startswith(_PREFIX) and value
        }
        problems = [f"{_PREFIX}{name.upper()} is unknown" for name in sorted(found.keys() - known)]
        found = {name: value for name, value in found.items() if name in known}
        found |= {name: value for name, value in overrides.items() if value is not None}
        try:
            settings = cls(**found)
        except ValidationError as error:
            problems += [line for item in error.errors() for line in _problems(item)]
        if problems:
            raise SettingsError(problems)
        return settings


def _problems(item: Any) -> list[str]:  # noqa: ANN401 - pydantic's own shape
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, SettingsError):
        return cause.problems
    name = _PREFIX + str(item["loc"][0]).upper() if item["loc"] else _PREFIX
    return [f"{name}: {item['msg']}"]
