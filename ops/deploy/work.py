"""What is done with a stage: validate, plan, apply, destroy, outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .changes import Change, changes_of
from .engine import Engine
from .errors import DeployError
from .render import CHECK, render
from .stage import Stage

BUCKET = "huaweicloud_obs_bucket.invoices[0]"
_PLAN = "plan.bin"


@dataclass(frozen=True)
class Work:
    """A stage that is rendered, and the engine to work on it with."""

    stage: Stage
    engine: Engine

    @classmethod
    def begin(cls, stage: Stage, code: Path, engine: str = "") -> Work:
        """Render a stage and choose the engine.

        Raises:
            DeployError: there is no engine.
        """
        return cls(stage, Engine.choose(render(stage, code), engine))

    def validate(self) -> None:
        """Check template and choices against the provider's schema; no request is made.

        Raises:
            DeployError: what is wrong with them.
        """
        self.engine.init("-backend=false")
        self.engine.run("validate", "-no-color")
        for _ in self.engine.events("test", f"-filter={CHECK}"):
            pass

    def migrate_state(self) -> None:
        """Take the state to where the stage keeps it now.

        Raises:
            DeployError: what keeps it from being taken there.
        """
        self.engine.init("-migrate-state", "-force-copy")

    def plan(self, *options: str) -> list[Change]:
        """Find out what there is to do, and keep it for ``apply``.

        Raises:
            DeployError: what keeps it from being planned.
        """
        self.engine.init()
        for _ in self.engine.events("plan", "-input=false", f"-out={_PLAN}", *options):
            pass
        (self.stage.folder / _PLAN).chmod(0o600)
        return changes_of(json.loads(self.engine.run("show", "-json", _PLAN)))

    def apply(self, done: Callable[[str, str], None]) -> None:
        """Do what was planned.

        Args:
            done: called with ``start``, ``complete`` or ``errored`` and a resource's address.

        Raises:
            DeployError: what went wrong; what was done before remains, and is in the state.
        """
        try:
            for event in self.engine.events("apply", "-input=false", _PLAN):
                kind = str(event.get("type", ""))
                if kind.startswith("apply_") and kind != "apply_progress":
                    done(kind.removeprefix("apply_"), event["hook"]["resource"]["addr"])
        finally:
            (self.stage.folder / _PLAN).unlink(missing_ok=True)

    def outputs(self) -> dict[str, Any]:
        """Give the stage's outputs.

        Raises:
            DeployError: there are none: it is not deployed.
        """
        self.engine.init()
        found = json.loads(self.engine.run("output", "-json"))
        if "function_urn" not in found:
            raise DeployError(f"{self.stage.name} is not deployed: make deploy")
        return {name: output["value"] for name, output in found.items()}

    def deployed(self) -> dict[str, dict[str, Any]]:
        """Give what is deployed: each resource's values, by its address."""
        self.engine.init()
        found = json.loads(self.engine.run("show", "-json")).get("values") or {}
        resources = found.get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"] for one in resources if one["mode"] == "managed"}

    def plan_destroy(self, kept: Sequence[str]) -> list[Change]:
        """Plan the removal of everything but what is kept."""
        gone = [address for address in self.deployed() if address not in kept] if kept else []
        return self.plan("-destroy", *(f"-target={address}" for address in gone))

    def allow_removal(self) -> list[Change]:
        """Plan that the bucket may be removed with what is in it, which destroying asks for."""
        return self.plan("-var=bucket_force_destroy=true", f"-target={BUCKET}")
