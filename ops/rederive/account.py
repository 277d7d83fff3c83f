"""The bucket whose records get the present rules, and the function's settings for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.stage import Stage
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.layout import DEFAULT_LAYOUT
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


def stage_environment(stage: Stage, outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the function's settings in a deployed stage, by their names."""
    endpoint = {"OBS_ENDPOINT": stage.endpoints["obs"]} if "obs" in stage.endpoints else {}
    prefixes = {
        name.upper(): str(outputs[name]) for name in DEFAULT_LAYOUT.prefixes if name in outputs
    }
    chosen = {name: str(value) for name, value in (stage.variables.get("settings") or {}).items()}
    named = {"BUCKET": str(outputs["bucket"]), "HW_REGION_NAME": stage.region}
    return {**chosen, **prefixes, **endpoint, **named}


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
