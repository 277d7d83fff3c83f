"""A deployed stage, with the clients that the checks need."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from huaweicloudsdkfunctiongraph.v2 import FunctionGraphClient
from obs import ObsClient

from ops.credentials.resolver import get_credentials
from ops.errors import OpsError
from ops.remote.deliveries import Deliveries
from ops.remote.deployed import deployed_settings
from ops.remote.smoke import RIGHTS_SECONDS, smoke, wait_for_deliveries
from ops.sdk.clients import bucket_client, stage_client
from ops.stage import ROOT, Stage
from quota_invoice.obs.store import ObsStore
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

SAMPLE = ROOT / "samples" / "shanghai-10-yuan-clean.png"
_RECORD_SECONDS = 120


@dataclass(frozen=True)
class LiveStage:
    """A deployed stage.

    Attributes:
        stage: the stage.
        outputs: its outputs.
        code: the zip that was deployed.
        engine: the name of the engine for plans; empty for the usual one.
        environment: has the key of an API caller, ``API_APP_KEY`` and ``API_APP_SECRET``.
        on_wait: takes a line for people while a check waits.
    """

    stage: Stage
    outputs: Mapping[str, Any]
    code: Path
    engine: str
    environment: Mapping[str, str]
    on_wait: Callable[[str], None]

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return str(self.outputs["bucket"])

    @property
    def urn(self) -> str:
        """The URN of the function."""
        return str(self.outputs["function_urn"])

    def variable(self, name: str) -> str:
        """Return the value of a variable of the template: the stage's choice, or the default."""
        default = self.stage.template["variable"][name]["default"]
        return str(self.stage.variables.get(name, default))

    @cached_property
    def settings(self) -> Settings:
        """The function's settings."""
        return deployed_settings(self.stage, self.outputs)

    @cached_property
    def credentials(self) -> Credentials:
        """The operator's credentials."""
        return get_credentials(self.stage.environment).credentials

    @cached_property
    def bucket_client(self) -> ObsClient:
        """A client of the SDK."""
        return bucket_client(self.stage)

    @cached_property
    def store(self) -> ObsStore:
        """The bucket as the function sees it, with the operator's credentials."""
        return ObsStore.connect(self.settings, self.credentials)

    @cached_property
    def functiongraph(self) -> Any:  # noqa: ANN401 - the SDK has no types
        """A client of FunctionGraph."""
        return stage_client(FunctionGraphClient, self.stage, "fgs", "functiongraph", self.urn)

    @property
    def deliveries(self) -> Deliveries:
        """The invocations that one upload caused; the sample is uploaded once for all checks.

        Raises:
            OpsError: no record was found in time, or a service refused a request.
        """
        if isinstance(self._deliveries, OpsError):
            raise self._deliveries
        return self._deliveries

    @cached_property
    def _deliveries(self) -> Deliveries | OpsError:
        try:
            return self._upload()
        except OpsError as error:
            return error

    def _upload(self) -> Deliveries:
        started = time.monotonic()
        found = smoke(
            self.stage,
            self.outputs,
            SAMPLE,
            _RECORD_SECONDS,
            keep=False,
            rights_seconds=RIGHTS_SECONDS,
            tell=self.on_wait,
        )
        minutes = (time.monotonic() - started) / 60 + 1
        return wait_for_deliveries(self.stage, self.outputs, found.key, minutes)

    def scratch_key(self, name: str) -> str:
        """Return a key for an object of a check: no input, and the bucket lets it expire."""
        return f"{self.settings.layout.progress_prefix}live-check/{int(time.time())}-{name}"
