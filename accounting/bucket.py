"""The bucket whose records are read, as the environment names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from accounting.errors import AccountingError
from quota_invoice.errors import ConfigurationError
from quota_invoice.obs.objects import Entry, ObjectStore
from quota_invoice.obs.store import ObsStore
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.layout import BucketLayout
from quota_invoice.settings.settings import Settings

_REQUIRED = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "BUCKET")
_NO_PROJECT = "none"  # no project's service is called


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the way to it.

    Attributes:
        name: its name.
        layout: its prefixes.
        store: reads it; several threads may use it.
    """

    name: str
    layout: BucketLayout
    store: ObjectStore

    def listing(self, prefix: str) -> Iterator[Entry]:
        """Yield the objects under a prefix."""
        return self.store.listing(self.name, prefix)


def open_bucket(environment: Mapping[str, str]) -> Bucket:
    """Return the bucket that the environment names; no request is sent.

    Args:
        environment: see ``read_access``.

    Raises:
        AccountingError: a value is missing or invalid; the message names all of them.
    """
    settings, credentials = read_access(environment)
    return Bucket(settings.bucket, settings.layout, ObsStore.connect(settings, credentials))


def read_access(environment: Mapping[str, str]) -> tuple[Settings, Credentials]:
    """Return the settings and the credentials by which the bucket is reached.

    Args:
        environment: ``HW_ACCESS_KEY``, ``HW_SECRET_KEY``, ``HW_SECURITY_TOKEN`` (for temporary
            credentials), ``HW_REGION_NAME``, and the function's settings by their names, of which
            ``BUCKET`` is required.

    Raises:
        AccountingError: a value is missing or invalid; the message names all of them.
    """
    problems = [f"{name}: not set" for name in _REQUIRED if not environment.get(name)]
    if problems:
        hint = "or name a bucket: LOCAL=1 is that of make up, STAGE=dev that of a stage"
        raise AccountingError("; ".join([*problems, hint]))

    def lookup(name: str) -> str | None:
        return environment.get("HW_REGION_NAME" if name == "REGION" else name)

    try:
        settings = Settings.read(lookup, environment.get("HW_PROJECT_ID") or _NO_PROJECT)
    except ConfigurationError as error:
        raise AccountingError("; ".join(error.problems)) from None
    token = environment.get("HW_SECURITY_TOKEN", "")
    return settings, Credentials(environment["HW_ACCESS_KEY"], environment["HW_SECRET_KEY"], token)


def read_environment(path: Path) -> dict[str, str]:
    """Return the variables of a file with a line ``NAME=value`` each, as ``make up`` writes it.

    Raises:
        AccountingError: there is no such file: the local cloud is not running.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        raise AccountingError(
            f"{path} cannot be read: start the local cloud in another terminal (make up)"
        ) from None
    return dict(line.split("=", 1) for line in lines if "=" in line)
