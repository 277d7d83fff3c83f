"""The cloud whose status is shown: a deployed stage, or the local one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounting.bucket import read_environment
from accounting.errors import AccountingError
from ops.backfill.account import Account
from ops.errors import OpsError
from ops.status.sweeps import last_line
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

Digest = Callable[[], str]
SweepLine = Callable[[], "dict[str, Any] | None"]


@dataclass(frozen=True)
class Target:
    """A cloud.

    Attributes:
        name: its name, for people.
        settings: the function's settings.
        credentials: the operator's.
        schedule: the schedule of sweeps; None if nothing starts them, as in the local cloud.
        digest: returns the digest of the deployed code; None where the code is not deployed.
        sweep_line: returns the log's last line of a sweep, or None.
    """

    name: str
    settings: Settings
    credentials: Credentials
    schedule: str | None
    digest: Digest | None
    sweep_line: SweepLine


def local_target(env_file: Path) -> Target:
    """Return the local cloud that ``make up`` runs.

    Raises:
        OpsError: it does not run, or its file has no valid settings.
    """
    try:
        account = Account.read(read_environment(env_file))
    except AccountingError as error:
        raise OpsError(str(error)) from None
    except ConfigurationError as error:
        raise OpsError(*error.problems) from None
    log = env_file.with_suffix(".log")
    return Target(
        "the local cloud",
        account.settings,
        account.credentials,
        None,
        None,
        lambda: last_line(_lines_of(log)),
    )


def _lines_of(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def stage_target(name: str, engine: str, states: Path, choices: Path) -> Target:
    """Return a deployed stage.

    Raises:
        OpsError: credentials are missing, or the stage is not deployed.
    """
    from huaweicloudsdkfunctiongraph.v2 import (  # noqa: PLC0415 - the local cloud does without
        FunctionGraphClient,
        ShowFunctionConfigRequest,
    )

    from ops.credentials.resolver import get_credentials  # noqa: PLC0415 - as above
    from ops.remote.deployed import deployed_settings, deployed_stage  # noqa: PLC0415 - as above
    from ops.remote.tail import found_lines  # noqa: PLC0415 - as above
    from ops.sdk.clients import stage_client  # noqa: PLC0415 - as above
    from ops.sdk.errors import readable_errors  # noqa: PLC0415 - as above

    stage, outputs = deployed_stage(name, engine, states, choices)
    urn = str(outputs["function_urn"])

    def digest() -> str:
        client = stage_client(FunctionGraphClient, stage, "fgs", "functiongraph", urn)
        with readable_errors("FunctionGraph"):
            config = client.show_function_config(ShowFunctionConfigRequest(function_urn=urn))
        return str(config.digest or "").lower()

    return Target(
        f"stage {name}",
        deployed_settings(stage, outputs),
        get_credentials(stage.environment).credentials,
        _schedule(stage.template["variable"], stage.variables),
        digest,
        lambda: last_line(found_lines(stage, outputs, "sweep", hours=24)),
    )


def _schedule(variables: Mapping[str, Any], chosen: Mapping[str, Any]) -> str | None:
    return str(chosen.get("sweep_schedule", variables["sweep_schedule"]["default"])) or None
