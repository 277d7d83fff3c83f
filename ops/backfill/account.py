"""The operator's account, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.sdk.clients import read_credentials
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

_REQUIRED = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_PROJECT_ID", "BUCKET", "FUNCTION_URN")


@dataclass(frozen=True)
class Account:
    """The bucket, the function and the credentials of a backfill.

    Attributes:
        settings: the function's settings: bucket, prefixes, endpoints.
        credentials: the operator's credentials.
        project_id: the function's project.
        function_urn: the URN of the function.
        functiongraph: endpoint of FunctionGraph; by default that of the region.
    """

    settings: Settings
    credentials: Credentials
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
    def read(cls, environment: Mapping[str, str]) -> Account:
        """Read and check the account.

        Args:
            environment: ``HW_ACCESS_KEY``, ``HW_SECRET_KEY``, ``HW_SECURITY_TOKEN`` (for temporary
                credentials), ``HW_PROJECT_ID``, ``HW_REGION_NAME``, ``FUNCTION_URN``,
                ``FUNCTIONGRAPH_ENDPOINT``, and the function's settings by their names.

        Raises:
            ConfigurationError: a value is missing or invalid; lists every problem.
        """
        problems = [f"{name}: not set" for name in _REQUIRED if not environment.get(name)]
        project_id = environment.get("HW_PROJECT_ID", "")

        def lookup(name: str) -> str | None:
            return environment.get("HW_REGION_NAME" if name == "REGION" else name)

        try:
            settings = Settings.read(lookup, project_id or "unknown")
        except ConfigurationError as error:
            raise ConfigurationError([*problems, *error.problems]) from None
        if problems:
            raise ConfigurationError(problems)
        return cls(
            settings=settings,
            credentials=read_credentials(environment),
            project_id=project_id,
            function_urn=environment["FUNCTION_URN"],
            functiongraph=environment.get("FUNCTIONGRAPH_ENDPOINT")
            or f"https://functiongraph.{settings.region}.myhuaweicloud.com",
        )
