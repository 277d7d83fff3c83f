"""The environment in which commands reach a stage's bucket with the operator's credentials."""

from __future__ import annotations

from collections.abc import Mapping

from ops.credentials.resolver import get_credentials
from ops.stage import Stage
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.layout import PREFIXES


def accounting_environment(stage: Stage, credentials: Credentials) -> dict[str, str]:
    """Return the variables that name the stage's bucket, secrets included.

    Args:
        stage: the stage; its choices alone are needed, not its state.
        credentials: the operator's.
    """
    chosen = stage.variables
    prefixes = {name.upper(): str(chosen[name]) for name in PREFIXES if chosen.get(name)}
    endpoint = {"OBS_ENDPOINT": stage.endpoints["obs"]} if "obs" in stage.endpoints else {}
    settings = chosen.get("settings") or {}
    return {
        "HW_ACCESS_KEY": credentials.access_key,
        "HW_SECRET_KEY": credentials.secret_key,
        "HW_SECURITY_TOKEN": credentials.security_token,
        "HW_REGION_NAME": stage.region,
        "BUCKET": str(chosen["bucket"]),
        **prefixes,
        **endpoint,
        **{name: _text(value) for name, value in settings.items()},
    }


def stage_environment(stage: Stage, environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with the stage's bucket, its settings and the operator's credentials.

    Raises:
        OpsError: no source has credentials, or a source is incomplete.
    """
    credentials = get_credentials(environment).credentials
    return {**environment, **accounting_environment(stage, credentials)}


def _text(value: object) -> str:
    """Return a setting as Terraform writes it.

    >>> _text(True), _text(8)
    ('true', '8')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)
