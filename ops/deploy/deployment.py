"""The operations on a stage: validate, plan, apply, destroy, outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ops.credentials.resolver import find_credentials
from ops.deploy.changes import Change, read_changes
from ops.deploy.engine import Engine, no_credentials
from ops.deploy.render import CHECK, render
from ops.deploy.settings_check import check_settings
from ops.errors import OpsError
from ops.stage import Stage

BUCKET = "huaweicloud_obs_bucket.invoices[0]"
_PLAN = "plan.bin"
# What init says if the state is elsewhere; of an error in the new place it says nothing of it.
_MOVED = re.compile(
    "backend configuration changed|can't ask for approval|state migration", re.IGNORECASE
)


@dataclass(frozen=True)
class Deployment:
    """A rendered stage and the engine that works on it.

    Each method raises an ``OpsError`` with the error messages of the engine if it fails.
    """

    stage: Stage
    engine: Engine

    @classmethod
    def prepare(cls, stage: Stage, code: Path | None, engine: str = "") -> Deployment:
        """Render a stage, with the zip if the command deploys it, and choose the engine."""
        chosen = Engine.choose(render(stage, code), engine)
        if stage.stand_in:
            return cls(
                stage, replace(chosen, credentials=no_credentials, cli_config=stage.stand_in)
            )
        credentials = partial(find_credentials, stage.environment)
        return cls(stage, replace(chosen, credentials=credentials))

    def validate(self) -> None:
        """Check template and choices against the provider's schema; sends no request."""
        engine = replace(self.engine, credentials=no_credentials)
        engine.init("-backend=false")
        engine.run("validate", "-no-color")
        plan: dict[str, Any] = {}

        def on_event(event: dict[str, Any]) -> None:
            plan.update(event.get("test_plan", {}))

        engine.run_json("test", "-verbose", f"-filter={CHECK}", on_event=on_event)
        check_settings(plan)

    def migrate_state(self) -> None:
        """Move the state to the place that the stage names; its errors are the engine's own."""
        self.engine.init("-migrate-state", "-force-copy")

    def plan(self, *options: str) -> list[Change]:
        """Plan the changes, and keep the plan for ``apply``."""
        self._opened.run_json("plan", "-input=false", f"-out={_PLAN}", *options)
        (self.stage.folder / _PLAN).chmod(0o600)
        plan = json.loads(self.engine.run("show", "-json", _PLAN))
        check_settings(plan)
        return read_changes(plan)

    def apply(self, on_step: Callable[[str, str], None]) -> None:
        """Apply the plan; after a failure, the state contains the changes that succeeded.

        Args:
            on_step: called with ``start``, ``complete`` or ``errored`` and a resource's address.
        """

        def on_event(event: dict[str, Any]) -> None:
            kind = str(event.get("type", ""))
            if kind.startswith("apply_") and kind != "apply_progress":
                on_step(kind.removeprefix("apply_"), event["hook"]["resource"]["addr"])

        try:
            self.engine.run_json("apply", "-input=false", _PLAN, on_event=on_event)
        finally:
            (self.stage.folder / _PLAN).unlink(missing_ok=True)

    def outputs(self) -> dict[str, Any]:
        """Return the stage's outputs; a stage that is not deployed is an error."""
        missing = OpsError(f"{self.stage.name} is not deployed: {self.stage.command('deploy')}")
        if not self.stage.remote and not (self.stage.folder / "terraform.tfstate").exists():
            raise missing  # before the provider is fetched
        found = json.loads(self._opened.run("output", "-json"))
        if "function_urn" not in found:
            raise missing
        return {name: output["value"] for name, output in found.items()}

    def deployed_resources(self) -> dict[str, dict[str, Any]]:
        """Return the values of each deployed resource, by address."""
        found = json.loads(self._opened.run("show", "-json")).get("values") or {}
        resources = found.get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"] for one in resources if one["mode"] == "managed"}

    def plan_destroy(self, deployed: Iterable[str], kept: Sequence[str]) -> list[Change]:
        """Plan the removal of all deployed resources except the kept ones."""
        removed = [address for address in deployed if address not in kept]
        if not removed:
            return []  # without targets the engine would remove everything
        return self.plan("-destroy", *(f"-target={address}" for address in removed if kept))

    @cached_property
    def _opened(self) -> Engine:
        """The engine, after it has fetched the provider and opened the state.

        Raises:
            OpsError: the state is in another place than the stage names.
        """
        try:
            self.engine.init()
        except OpsError as error:
            if not _MOVED.search(str(error)):
                raise
            raise OpsError(
                f"the state of {self.stage.name} is not in the place that its file names: "
                f"{self.stage.command('migrate-state')} moves it there"
            ) from None
        return self.engine
