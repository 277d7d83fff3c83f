"""The environment in which commands reach a stage's bucket with the operator's credentials."""

from __future__ import annotations

from contextlib import suppress

from ops.credentials.resolver import get_credentials
from ops.stage import CA_FILE, Stage
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.layout import PREFIXES
from quota_invoice.settings.settings import Settings


def stage_environment(stage: Stage) -> dict[str, str]:
    """Return this process's environment with the variables that name the stage's bucket.

    Secrets are included. Settings of another bucket, such as those of ``make up``, are not; a file
    of certificates is the operator's own.

    Args:
        stage: the stage; its choices alone are needed, not its state.

    Raises:
        OpsError: no source has credentials, a source is incomplete, or IAM refuses the agency.
    """
    credentials, chosen = get_credentials(stage.environment).credentials, stage.variables
    others, names = stage.environment, _names_of_settings()
    prefixes = {name.upper(): str(chosen[name]) for name in PREFIXES if chosen.get(name)}
    endpoint = {"OBS_ENDPOINT": stage.endpoints["obs"]} if "obs" in stage.endpoints else {}
    return {
        **{name: value for name, value in others.items() if name not in names},
        "HW_ACCESS_KEY": credentials.access_key,
        "HW_SECRET_KEY": credentials.secret_key,
        "HW_SECURITY_TOKEN": credentials.security_token,
        "HW_REGION_NAME": stage.region,
        "BUCKET": str(chosen["bucket"]),
        **prefixes,
        **endpoint,
        **stage.settings,
    }


def _names_of_settings() -> set[str]:
    names: set[str] = set()
    with suppress(ConfigurationError):
        Settings.read(names.add)  # it asks for each setting by its name
    return names - {CA_FILE}
