"""Who the operator is, and where bucket and function are: read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

_NEEDED = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_PROJECT_ID", "BUCKET", "FUNCTION_URN")


@dataclass(frozen=True)
class Account:
    """All that a backfill needs to know.

    Attributes:
        settings: the function's own: bucket, prefixes, endpoints.
        credentials: the operator's keys.
        project_id: the function's project.
        function_urn: the function.
        functiongraph: address of FunctionGraph; the region's by default.
    """

    settings: Settings
    credentials: Credentials
    project_id: str
    function_urn: str
    functiongraph: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Account:
        """Read and check everything.

        Args:
            environment: ``HW_ACCESS_KEY``, ``HW_SECRET_KEY``, ``HW_SECURITY_TOKEN`` (of temporary
                keys), ``HW_PROJECT_ID``, ``HW_REGION_NAME``, ``FUNCTION_URN``,
                ``FUNCTIONGRAPH_ENDPOINT``, and the function's settings by their names.

        Raises:
            ConfigurationError: something is missing or makes no sense; all of it is named.
        """
        problems = [f"{name}: not set" for name in _NEEDED if not environment.get(name)]
        project_id = environment.get("HW_PROJECT_ID", "")

        def lookup(name: str) -> str | None:
            return environment.get("HW_REGION_NAME" if name == "REGION" else name)

        try:
            settings = Settings.read(lookup, project_id or "unknown")
        except ConfigurationError as error:
            raise ConfigurationError([*problems, *error.problems]) from None
        if problems:
            raise ConfigurationError(problems)
        region = settings.region
        return cls(
            settings=settings,
            credentials=Credentials(
                environment["HW_ACCESS_KEY"],
                environment["HW_SECRET_KEY"],
                environment.get("HW_SECURITY_TOKEN", ""),
            ),
            project_id=project_id,
            function_urn=environment["FUNCTION_URN"],
            functiongraph=environment.get("FUNCTIONGRAPH_ENDPOINT")
            or f"https://functiongraph.{region}.myhuaweicloud.com",
        )
