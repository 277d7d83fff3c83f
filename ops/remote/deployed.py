"""A deployed stage as the operators' commands see it: its outputs, and its function's settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.deploy.deployment import Deployment
from ops.errors import OpsError
from ops.sdk.clients import PROJECT_IN_URN
from ops.stage import Stage, read_stage, require_credentials
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.settings.settings import Settings


def deployed_stage(
    name: str, engine: str, states: Path, choices: Path
) -> tuple[Stage, dict[str, Any]]:
    """Read a stage and its outputs.

    Raises:
        OpsError: credentials are missing, or the stage is not deployed.
    """
    stage = read_stage(name, states, choices)
    require_credentials(stage.environment)
    return stage, Deployment.prepare(stage, None, engine).outputs()


def deployed_settings(stage: Stage, outputs: Mapping[str, Any]) -> Settings:
    """Return the settings of a stage's function.

    Stages of earlier versions have outputs for some prefixes only; the others have their defaults.

    Raises:
        OpsError: the stage sets an invalid value.
    """
    prefixes = {
        name: outputs.get(name, default) for name, default in DEFAULT_LAYOUT.prefixes.items()
    }
    values = {
        "REGION": stage.region,
        "BUCKET": outputs["bucket"],
        "OBS_ENDPOINT": stage.endpoints.get("obs", ""),
        **{name.upper(): value for name, value in prefixes.items()},
        **stage.settings,
    }
    parts = str(outputs["function_urn"]).split(":")
    if len(parts) <= PROJECT_IN_URN:
        raise OpsError(f"{outputs['function_urn']} is not the URN of a function")
    try:
        return Settings.read(values.get, parts[PROJECT_IN_URN])
    except ConfigurationError as error:
        raise OpsError(*error.problems) from None
