"""Access keys: where the service finds the secret that belongs to one.

The local cloud mints temporary keys while the service runs; it tells the service by a file of mode
0600 that is replaced as a whole (write beside it, then rename). Its shape is that of IAM's answer
for temporary keys, in a list; without `securitytoken` a key is permanent, without `expires_at` it
has no end:

    {"credentials": [{"access": "AK", "secret": "SK", "securitytoken": "ST",
                      "expires_at": "2026-01-31T08:00:00.000000Z"}]}

A file that others may read, that is too large or does not have this shape gives no keys at all.
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

LARGEST = 1 << 20
"""Bytes of a key file; a few thousand keys fit."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """An access key with its secret; with a security token it is a temporary one."""

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class Keyring(Protocol):
    """Whatever knows access keys."""

    def find(self, access_key: str) -> Credentials | None:
        """Return the credentials of an access key, expired or not; None where it is unknown."""


class StaticKeyring:
    """Keys that are known from the start."""

    def __init__(self, credentials: Iterable[Credentials]) -> None:
        self._known = {one.access_key: one for one in credentials}

    def find(self, access_key: str) -> Credentials | None:
        """See `Keyring.find`."""
        return self._known.get(access_key)


class FileKeyring:
    """The keys of a file that may change, appear and vanish at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] | None = None
        self._known = StaticKeyring(())

    def find(self, access_key: str) -> Credentials | None:
        """See `Keyring.find`."""
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
        if stat.S_IMODE(info.st_mode) & 0o077 or info.st_size > LARGEST:
            _log.error("key file ignored: it must have mode 0600 and at most 1 MiB")
            return ()
        try:
            content = _File.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            _log.error("key file ignored: it cannot be read or has another shape")
            return ()
        return [
            Credentials(one.access, one.secret, one.securitytoken, one.expires_at)
            for one in content.credentials
        ]


class Keyrings:
    """Several keyrings; the first that knows a key answers."""

    def __init__(self, *rings: Keyring) -> None:
        self._rings = rings

    def find(self, access_key: str) -> Credentials | None:
        """See `Keyring.find`."""
        return next((one for ring in self._rings if (one := ring.find(access_key))), None)


def write_key_file(path: Path, credentials: Iterable[Credentials]) -> None:
    """Replace the key file at `path` as a whole, readable by its owner only."""
    content = {"credentials": [_entry(one) for one in credentials]}
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        os.replace(beside, path)  # noqa: PTH105 - both names are in hand
    except BaseException:
        os.unlink(beside)  # noqa: PTH108 - as above
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
