"""Looks up credentials by access key.

The local cloud creates temporary credentials while the service runs. It passes them in a key file
of mode 0600, which it replaces atomically (write a temporary file, then rename). The format is that
of IAM's response for temporary credentials, in a list. Permanent credentials have no
``securitytoken`` and no ``expires_at``:

    {"credentials": [{"access": "AK", "secret": "SK", "securitytoken": "ST",
                      "expires_at": "2026-01-31T08:00:00.000000Z"}]}

A file that is readable by others, too large or in another format is ignored completely.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

_MAX_BYTES = 1 << 20  # a few thousand credentials fit

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """Access key and secret key; temporary credentials also have a security token."""

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class Keyring(Protocol):
    """Finds credentials."""

    def find(self, access_key: str) -> Credentials | None:
        """Return the credentials of an access key, expired or not; None for an unknown one."""


class StaticKeyring:
    """A fixed set of credentials."""

    def __init__(self, credentials: Iterable[Credentials]) -> None:
        self._known = {one.access_key: one for one in credentials}

    def find(self, access_key: str) -> Credentials | None:
        """See ``Keyring.find``."""
        return self._known.get(access_key)


class FileKeyring:
    """The credentials in a file that may appear, change and disappear at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] | None = None
        self._known = StaticKeyring(())

    def find(self, access_key: str) -> Credentials | None:
        """See ``Keyring.find``."""
        try:
            info = self._path.stat()
        except OSError:
            self._seen, self._known = None, StaticKeyring(())
            return None
        now = (info.st_ino, info.st_mtime_ns, info.st_size, info.st_mode)
        if now != self._seen:
            self._seen, self._known = now, StaticKeyring(self._load(info))
        return self._known.find(access_key)

    def _load(self, info: os.stat_result) -> Iterable[Credentials]:
        if stat.S_IMODE(info.st_mode) & 0o077 or info.st_size > _MAX_BYTES:
            _log.error("key file ignored: it must have mode 0600 and at most 1 MiB")
            return ()
        try:
            content = _File.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            _log.error("key file ignored: it cannot be read or has the wrong format")
            return ()
        return [
            Credentials(one.access, one.secret, one.securitytoken, one.expires_at)
            for one in content.credentials
        ]


class Keyrings:
    """Several keyrings, tried in order."""

    def __init__(self, *rings: Keyring) -> None:
        self._rings = rings

    def find(self, access_key: str) -> Credentials | None:
        """See ``Keyring.find``."""
        return next((one for ring in self._rings if (one := ring.find(access_key))), None)


def write_key_file(path: Path, credentials: Iterable[Credentials]) -> None:
    """Replace the key file at ``path`` atomically, readable only by its owner."""
    content = {"credentials": [_entry(one) for one in credentials]}
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=path.name
    )  # mkstemp sets mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content))  # much faster than json.dump
        os.replace(temporary, path)  # noqa: PTH105 - both are plain paths
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108 - as above
        raise


def _entry(one: Credentials) -> dict[str, str | None]:
    end = one.expires_at and one.expires_at.astimezone(timezone.utc)
    return {
        "access": one.access_key,
        "secret": one.secret_key,
        "securitytoken": one.security_token,
        "expires_at": end.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if end else None,
    }


class _Entry(BaseModel):
    access: str = Field(min_length=1)
    secret: str = Field(min_length=1)
    securitytoken: str | None = None
    expires_at: AwareDatetime | None = None


class _File(BaseModel):
    credentials: list[_Entry]
