"""The settings of the service, from environment variables, files and command line."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path  # pydantic reads the annotations when the class is made
from typing import Annotated, Any

import httpx
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

_PREFIX = "QUOTA_OCR_"
_MIN_TOKEN_SECRET = 32
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s/:@?#\[\]]+)(?::([0-9]{1,5}))?")
LAST_PORT = 65535
SECRETS = ("sk", "token", "password", "token_secret")
"""Settings whose value may stand in a file, which ``QUOTA_OCR_…_FILE`` names."""


class SettingsError(ValueError):
    """Invalid settings; ``problems`` has one line for each, with the name of its variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _hosts(value: object) -> object:
    """Return the hosts in a text. A Chinese one has the form xn--…, as in the URL of a request.

    Raises:
        ValueError: one is neither ``host`` nor ``host:port``.
    """
    return (
        [*map(_host, value.replace(",", " ").lower().split())] if isinstance(value, str) else value
    )


def _host(text: str) -> str:
    found = _HOST.fullmatch(text)
    if not found or int(found[2] or 0) > LAST_PORT:
        raise ValueError("each is host or host:port, as in a URL")
    if found[1].isascii():
        return text
    try:
        host = httpx.URL(f"http://{found[1]}").raw_host.decode("ascii")
    except httpx.InvalidURL:
        raise ValueError("one is no name of a host") from None
    return f"{host}:{found[2]}" if found[2] else host


def _certificate_problems(values: Mapping[str, Any]) -> list[str]:
    """Return the problems of the files for TLS, which exist."""
    problems = []
    try:
        if path := values.get("ca_file"):
            ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        problems.append(f"{_PREFIX}CA_FILE: no PEM file of certificates")
    try:
        if path := values.get("tls_cert"):
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, values.get("tls_key"))
    except (OSError, ValueError):
        problems.append(f"{_PREFIX}TLS_CERT and {_PREFIX}TLS_KEY: no certificate and its key")
    return problems


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
    token_secret: str = Field(default="", repr=False)
    """Authenticates the tokens of the token endpoint; instances with the same one accept each
    other's tokens."""
    key_file: Path | None = None
    """Credentials that change at run time: the file is read again after each change."""
    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=LAST_PORT)
    """0 selects a free one, which the line on stdout shows."""
    tls_cert: Path | None = None
    tls_key: Path | None = Field(default=None, repr=False)
    """PEM files; with both, the service uses HTTPS."""
    ca_file: Path | None = None
    """PEM file of additional certificate authorities for HTTPS URLs of images."""
    allow_hosts: Annotated[frozenset[str], BeforeValidator(_hosts)] = frozenset()
    """Hosts with private addresses that may be used: ``host`` or ``host:port`` as in the URL."""
    max_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for downloading an image, from name resolution to last byte."""
    body_seconds: float = Field(default=30, gt=0, le=300)
    """Seconds for a client to send a body, and to read responses."""
    decode_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds of processor time for decoding an image."""
    page_seconds: float = Field(default=3, gt=0, le=300)
    """Seconds of processor time for decoding a page of a PDF."""
    head_seconds: float = Field(default=10, gt=0, le=300)
    """Seconds for a client to send the headers."""
    drain_seconds: float = Field(default=5, ge=0, le=300)
    """Seconds between SIGTERM and the end of accepting requests; ``/readyz`` is false meanwhile."""
    stop_seconds: int = Field(default=20, ge=1, le=300)
    """Seconds for current requests to finish when the service stops."""
    token_seconds: int = Field(default=24 * 3600, ge=1, le=24 * 3600)
    """Lifetime of a token from the token endpoint; 24 hours in IAM."""
    concurrency: int = Field(default=16, ge=1, le=1000)
    """Concurrent requests before ModelArts.4401; each may have a body of 16 MiB. A key with less
    than its share of them gets up to as many more."""
    rate_per_minute: int = Field(default=0, ge=0)
    """Requests per minute and key before APIG.0308; 0 sets no limit."""
    connections: int = Field(default=512, ge=1, le=10000)
    """Open connections; at this number, a new one takes the place of another one."""
    address_connections: int = Field(default=256, ge=1, le=10000)
    """Open connections of one IP address; at this number as above."""
    workers: int = Field(default=3, ge=1, le=64)
    """Images read at the same time; the largest take about 250 MB each. One more than there are
    cores keeps these busy while an image is decoded."""

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
        problems = _read_secrets(found)
        problems += [f"{_PREFIX}{name.upper()} is unknown" for name in sorted(found.keys() - known)]
        found = {name: value for name, value in found.items() if name in known}
        found |= {name: value for name, value in overrides.items() if value is not None}
        problems += _problems_together(found)
        try:
            settings = cls(**found)
        except ValidationError as error:
            problems += [
                f"{_PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()
            ]
        if problems:
            raise SettingsError(problems)
        return settings


def _read_secrets(found: dict[str, Any]) -> list[str]:
    """Replace the names of files by their content; return the problems."""
    problems = []
    for name in SECRETS:
        path = found.pop(f"{name}_file", "")
        if path and name in found:
            problems.append(f"set only one of {_PREFIX}{name.upper()} and its _FILE")
        elif path:
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError):
                problems.append(f"{_PREFIX}{name.upper()}_FILE: the file cannot be read")
            else:
                if not found[name]:
                    problems.append(f"{_PREFIX}{name.upper()}_FILE: the file is empty")
    return problems


def _problems_together(values: Mapping[str, Any]) -> list[str]:
    """Return the problems of settings that depend on each other, or on files."""
    problems = [
        f"{_PREFIX}{one.upper()} and {_PREFIX}{other.upper()} go together"
        for one, other in (("ak", "sk"), ("user", "password"), ("tls_cert", "tls_key"))
        if bool(values.get(one)) != bool(values.get(other))
    ]
    if not any(values.get(name) for name in ("ak", "token", "key_file", "user")):
        names = ", ".join(_PREFIX + name for name in ("AK", "TOKEN", "KEY_FILE", "USER"))
        problems.append(f"no client could authenticate: set one of {names}")
    missing = [
        f"{_PREFIX}{name.upper()}: no such file"
        for name in ("tls_cert", "tls_key", "ca_file")
        if (path := values.get(name)) and not Path(path).is_file()
    ]
    problems += missing or _certificate_problems(values)
    if 0 < len(values.get("token_secret", "")) < _MIN_TOKEN_SECRET:
        problems.append(f"{_PREFIX}TOKEN_SECRET: at least {_MIN_TOKEN_SECRET} characters")
    return problems
