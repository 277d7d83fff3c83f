"""The bucket whose records get the present rules, and the function's settings for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.credentials.resolver import get_credentials
from ops.errors import OpsError
from ops.remote.accounting_access import accounting_environment
from ops.stage import Stage
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

_REQUIRED = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "BUCKET")
_NO_PROJECT = "none"  # no project's service is called


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a file of lines ``NAME=value``, such as ``make up`` writes.

    Raises:
        OpsError: there is no such file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        raise OpsError(f"there is no {path}: does `make up` run?") from None
    return dict(line.split("=", 1) for line in lines if "=" in line)


def stage_environment(stage: Stage, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the stage's bucket, its settings and the operator's credentials.

    Raises:
        OpsError: no source has credentials, or a source is incomplete.
    """
    return {
        **environment,
        **accounting_environment(stage, get_credentials(environment).credentials),
    }


def read_account(environment: Mapping[str, str]) -> tuple[Settings, Credentials]:
    """Return the function's settings, and the operator's credentials.

    Args:
        environment: ``HW_ACCESS_KEY``, ``HW_SECRET_KEY``, ``HW_SECURITY_TOKEN`` (for temporary
            credentials), ``HW_REGION_NAME``, and the function's settings by their names.

    Raises:
        OpsError: a value is missing or invalid; names all of them.
    """
    problems = [f"{name}: not set" for name in _REQUIRED if not environment.get(name)]

    def lookup(name: str) -> str | None:
        return environment.get("HW_REGION_NAME" if name == "REGION" else name)

    try:
        settings = Settings.read(lookup, _NO_PROJECT)
    except ConfigurationError as error:
        problems += error.problems
    if problems:
        raise OpsError(*problems)
    access_key, secret_key = environment["HW_ACCESS_KEY"], environment["HW_SECRET_KEY"]
    return settings, Credentials(access_key, secret_key, environment.get("HW_SECURITY_TOKEN", ""))
