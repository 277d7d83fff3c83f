"""What is done with a stage: validate, plan, apply, destroy, outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.deploy.changes import Change, read_changes
from ops.deploy.engine import Engine
from ops.deploy.render import CHECK, render
from ops.deploy.settings_check import check_settings
from ops.errors import OpsError
from ops.stage import Stage

BUCKET = "huaweicloud_obs_bucket.invoices[0]"
_PLAN = "plan.bin"


@dataclass(frozen=True)
class Deployment:
    """A stage that is rendered, and the engine to work on it with."""

    stage: Stage
    engine: Engine

    @classmethod
    def prepare(cls, stage: Stage, code: Path | None, engine: str = "") -> Deployment:
        """Render a stage, with the zip if that is to be deployed, and choose the engine.

        Raises:
            OpsError: there is no engine.
        """
        return cls(stage, Engine.choose(render(stage, code), engine))

    def validate(self) -> None:
        """Check template and choices against the provider's schema; no request is made.

        Raises:
            OpsError: what is wrong with them.
        """
        self.engine.init("-backend=false")
        self.engine.run("validate", "-no-color")
        plan: dict[str, Any] = {}

        def told(event: dict[str, Any]) -> None:
            plan.update(event.get("test_plan", {}))

        self.engine.follow("test", "-verbose", f"-filter={CHECK}", told=told)
        check_settings(plan)

    def migrate_state(self) -> None:
        """Take the state to where the stage keeps it now.

        Raises:
            OpsError: what keeps it from being taken there.
        """
        self.engine.init("-migrate-state", "-force-copy")

    def plan(self, *options: str) -> list[Change]:
        """Find out what there is to do, and keep it for ``apply``.

        Raises:
            OpsError: what keeps it from being planned.
        """
        self.engine.init()
        self.engine.follow("plan", "-input=false", f"-out={_PLAN}", *options)
        (self.stage.folder / _PLAN).chmod(0o600)
        plan = json.loads(self.engine.run("show", "-json", _PLAN))
        check_settings(plan)
        return read_changes(plan)

    def apply(self, done: Callable[[str, str], None]) -> None:
        """Do what was planned.

        Args:
            done: called with ``start``, ``complete`` or ``errored`` and a resource's address.

        Raises:
            OpsError: what went wrong; what was done before remains, and is in the state.
        """

        def told(event: dict[str, Any]) -> None:
            kind = str(event.get("type", ""))
            if kind.startswith("apply_") and kind != "apply_progress":
                done(kind.removeprefix("apply_"), event["hook"]["resource"]["addr"])

        try:
            self.engine.follow("apply", "-input=false", _PLAN, told=told)
        finally:
            (self.stage.folder / _PLAN).unlink(missing_ok=True)

    def outputs(self) -> dict[str, Any]:
        """Give the stage's outputs.

        Raises:
            OpsError: there are none: it is not deployed.
        """
        missing = OpsError(f"{self.stage.name} is not deployed: make deploy")
        if not self.stage.remote and not (self.stage.folder / "terraform.tfstate").exists():
            raise missing  # before the provider is fetched
        self.engine.init()
        found = json.loads(self.engine.run("output", "-json"))
        if "function_urn" not in found:
            raise missing
        return {name: output["value"] for name, output in found.items()}

    def deployed(self) -> dict[str, dict[str, Any]]:
        """Give what is deployed: each resource's values, by its address."""
        self.engine.init()
        found = json.loads(self.engine.run("show", "-json")).get("values") or {}
        resources = found.get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"] for one in resources if one["mode"] == "managed"}

    def plan_destroy(self, deployed: Iterable[str], kept: Sequence[str]) -> list[Change]:
        """Plan the removal of everything that is deployed but what is kept."""
        gone = [address for address in deployed if address not in kept]
        if not gone:
            return []  # without targets it would be everything
        return self.plan("-destroy", *(f"-target={address}" for address in gone if kept))
