"""What the service is told at its start, by the environment or the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path  # pydantic reads the annotations when the class is made
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

PREFIX = "QUOTA_OCR_"


class SettingsError(ValueError):
    """The settings make no sense; `problems` has one line for each, by its environment name."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _words(value: object) -> object:
    return value.replace(",", " ").lower().split() if isinstance(value, str) else value


@dataclass(frozen=True, config=ConfigDict(hide_input_in_errors=True))
class Settings:
    """All settings; each is read from `QUOTA_OCR_` and its name in capitals.

    Who may call: `ak` and `sk`, a `token`, a `key_file` (see `keyring`), or `user` and `password`
    at the token endpoint. At least one of them must be set.
    """

    project: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    """The project id that must stand in the path."""
    ak: str = ""
    sk: str = Field(default="", repr=False)
    token: str = Field(default="", repr=False)
    """A fixed `X-Auth-Token`; it does not expire."""
    user: str = ""
    password: str = Field(default="", repr=False)
    key_file: Path | None = None
    """Keys minted at run time: re-read whenever it changes."""
    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=65535)
    """0 takes a free one; the line on stdout tells which."""
    tls_cert: Path | None = None
    tls_key: Path | None = Field(default=None, repr=False)
    """PEM files; with both, the service speaks https."""
    ca_file: Path | None = None
    """PEM file of further authorities to trust when an image's URL is https."""
    allow_hosts: Annotated[frozenset[str], BeforeValidator(_words)] = frozenset()
    """`host` or `host:port`, as written in the URL, that may be fetched from although private."""
    max_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for fetching a URL, from name resolution to last byte."""
    body_seconds: float = Field(default=30, gt=0, le=300)
    """Seconds for a caller to send its body, and to take answers."""
    decode_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds that an image, or a page of a PDF, may take to decode."""
    head_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for a caller to send its headers."""
    stop_seconds: int = Field(default=20, ge=1, le=300)
    """Seconds that requests under way are given when the service is told to stop."""
    token_seconds: int = Field(default=24 * 3600, ge=1, le=24 * 3600)
    """Life of a token of the token endpoint; IAM's is 24 hours."""
    concurrency: int = Field(default=16, ge=1, le=1000)
    """Requests under way before ModelArts.4401; each may hold a body of 16 MiB."""
    rate_per_minute: int = Field(default=0, ge=0)
    """Requests a minute before APIG.0308; 0 sets no limit."""
    connections: int = Field(default=512, ge=1, le=10000)
    """Open connections before ModelArts.4403."""
    workers: int = Field(default=2, ge=1, le=64)
    """Images read at the same time; one of the largest holds some 250 MB meanwhile."""

    @model_validator(mode="after")
    def _together(self) -> Settings:
        problems = [
            f"{PREFIX}{one.upper()} and {PREFIX}{other.upper()} go together"
            for one, other in (("ak", "sk"), ("user", "password"), ("tls_cert", "tls_key"))
            if bool(getattr(self, one)) != bool(getattr(self, other))
        ]
        if not (self.ak or self.token or self.key_file or self.user):
            names = ", ".join(PREFIX + name for name in ("AK", "TOKEN", "KEY_FILE", "USER"))
            problems.append(f"nobody could call: set one of {names}")
        problems += [
            f"{PREFIX}{name.upper()}: no such file"
            for name in ("tls_cert", "tls_key", "ca_file")
            if (path := getattr(self, name)) and not path.is_file()
        ]
        if problems:
            raise SettingsError(problems)
        return self

    @classmethod
    def read(cls, environ: Mapping[str, str], **given: Any) -> Settings:  # noqa: ANN401 - checked by pydantic
        """Read `environ`; what is `given` and not None goes before it. Empty values are unset.

        Raises:
            SettingsError: with every problem, by name and without values.
        """
        known = {field.name for field in fields(cls)}
        found: dict[str, Any] = {
            name[len(PREFIX) :].lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX) and value
        }
        problems = [f"{PREFIX}{name.upper()} is unknown" for name in sorted(found.keys() - known)]
        found = {name: value for name, value in found.items() if name in known}
        found |= {name: value for name, value in given.items() if value is not None}
        try:
            settings = cls(**found)
        except ValidationError as error:
            problems += [line for item in error.errors() for line in _lines(item)]
        if problems:
            raise SettingsError(problems)
        return settings


def _lines(item: Any) -> list[str]:  # noqa: ANN401 - pydantic's own shape
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, SettingsError):
        return cause.problems
    name = PREFIX + str(item["loc"][0]).upper() if item["loc"] else PREFIX
    return [f"{name}: {item['msg']}"]
