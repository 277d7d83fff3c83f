"""The operator's account, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.credentials.resolver import get_credentials
from ops.credentials.sources import FoundCredentials
from ops.errors import OpsError
from ops.stage import CHOICES, STATES
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

_REQUIRED = ("BUCKET", "FUNCTION_URN")


@dataclass(frozen=True)
class Account:
    """The bucket, the function and the credentials of a backfill.

    Attributes:
        settings: the function's settings: bucket, prefixes, endpoints.
        credentials: the operator's credentials.
        source: the place where they were found.
        project_id: the function's project.
        function_urn: the URN of the function.
        functiongraph: endpoint of FunctionGraph; by default that of the region.
    """

    settings: Settings
    credentials: Credentials
    source: str
    project_id: str
    function_urn: str
    functiongraph: str

    @property
    def target(self) -> dict[str, str]:
        """The names of the bucket and of the function, for the progress file."""
        return {
            "endpoint": self.settings.obs_endpoint,
            "project": self.project_id,
            "bucket": self.settings.bucket,
            "function": self.function_urn,
        }

    @classmethod
    def read(cls, environment: Mapping[str, str], found: FoundCredentials | None = None) -> Account:
        """Read and check the account.

        Args:
            environment: the variables of :mod:`ops.credentials`, ``HW_PROJECT_ID`` (unless the
                source of the credentials names it), ``HW_REGION_NAME``, ``FUNCTION_URN``,
                ``FUNCTIONGRAPH_ENDPOINT``, and the function's settings by their names.
            found: the credentials; None to find them in the environment.

        Raises:
            ConfigurationError: a value is missing or invalid; lists every problem.
        """
        problems = [f"{name}: not set" for name in _REQUIRED if not environment.get(name)]
        project_id = environment.get("HW_PROJECT_ID", "")
        try:
            found = found or get_credentials(environment)
            project_id = project_id or found.project_id
        except OpsError as error:
            problems += error.problems
        if not project_id:
            problems.append("HW_PROJECT_ID: not set")

        def lookup(name: str) -> str | None:
            return environment.get("HW_REGION_NAME" if name == "REGION" else name)

        try:
            settings = Settings.read(lookup, project_id or "unknown")
        except ConfigurationError as error:
            raise ConfigurationError([*problems, *error.problems]) from None
        if problems or not found:
            raise ConfigurationError(problems)
        return cls(
            settings=settings,
            credentials=found.credentials,
            source=found.source,
            project_id=project_id,
            function_urn=environment["FUNCTION_URN"],
            functiongraph=environment.get("FUNCTIONGRAPH_ENDPOINT")
            or f"https://functiongraph.{settings.region}.myhuaweicloud.com",
        )


def stage_account(name: str, engine: str) -> Account:
    """Read and check the account of a deployed stage.

    Raises:
        OpsError: the stage is unknown or not deployed, or its credentials are missing.
        ConfigurationError: a value of the stage is invalid.
    """
    # These need the packages for deploying; without a stage, the command does not.
    from ops.remote.accounting_access import stage_environment  # noqa: PLC0415
    from ops.remote.deployed import deployed_stage  # noqa: PLC0415
    from ops.sdk.clients import PROJECT_IN_URN  # noqa: PLC0415

    stage, outputs = deployed_stage(name, engine, STATES, CHOICES)
    urn = str(outputs["function_urn"])
    variables = {
        **stage_environment(stage),
        "HW_PROJECT_ID": urn.split(":")[PROJECT_IN_URN],
        "FUNCTION_URN": urn,
        "FUNCTIONGRAPH_ENDPOINT": stage.endpoints.get("fgs", ""),
    }
    # The variables have the credentials of the agency, which must not be assumed once more.
    return Account.read(variables, get_credentials(stage.environment))
