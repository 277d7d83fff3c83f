"""A stage: what was chosen for it, and where its state is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ops.errors import OpsError

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
CHOICES = ROOT / "stages"
STATES = CHOICES / ".state"  # not below build/, which `make clean` removes
CREDENTIALS = ("HW_ACCESS_KEY", "HW_SECRET_KEY")
# What a stage does not choose is taken from where the provider looks, too.
_ENVIRONMENT = {"region": "HW_REGION_NAME", "project_name": "HW_PROJECT_NAME"}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")
_STATE = {"bucket", "region", "endpoint", "key"}
_MADE = "code"  # a variable, and nobody's choice


@dataclass(frozen=True)
class Stage:
    """A stage, ready to be rendered.

    Attributes:
        name: the stage's.
        variables: values of the template's variables.
        template: the template.
        folder: where it is rendered to and, without remote state, its state lies.
        remote: where the remote state is: ``bucket``, ``region``, ``endpoint``, ``key``; or None.
    """

    name: str
    variables: dict[str, Any]
    template: dict[str, Any]
    folder: Path
    remote: dict[str, str] | None

    @property
    def endpoints(self) -> dict[str, str]:
        """Addresses of services that are not Huawei Cloud's own, by the provider's names."""
        return dict(self.variables.get("endpoints") or {})

    @property
    def region(self) -> str:
        """The stage's region."""
        chosen = self.variables.get("region")
        return str(chosen or self.template["variable"]["region"]["default"])


def read_stage(name: str, states: Path = STATES, choices: Path = CHOICES) -> Stage:
    """Read a stage.

    Raises:
        OpsError: there is no such stage, or what it chooses makes no sense; all of it is named.
    """
    if not _NAME.fullmatch(name):
        raise OpsError(f"{name!r} is no stage: up to 16 small letters, digits and hyphens")
    path = choices / f"{name}.yaml"
    if not path.is_file():
        raise OpsError(f"there is no {path.name} in {choices.name}/: copy dev.yaml there")
    template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    try:
        chosen = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise OpsError(f"{path.name}: {error}") from None
    if not isinstance(chosen, dict):
        raise OpsError(f"{path.name} is not a list of names and values")
    remote = chosen.pop("state", None)
    chosen.setdefault("stage", name)
    given = {variable: os.environ.get(name) for variable, name in _ENVIRONMENT.items()}
    chosen = {**{variable: value for variable, value in given.items() if value}, **chosen}
    problems = [*_problems(template["variable"], chosen, name), *_state_problems(remote)]
    if problems:
        raise OpsError(*(f"{path.name}: {problem}" for problem in problems))
    return Stage(name, chosen, template, states / name, remote)


def read_state_of(name: str, states: Path = STATES, choices: Path = CHOICES) -> Stage:
    """Read a stage whose state is to be looked at; in a bucket, it takes keys.

    Raises:
        OpsError: as ``read_stage`` and ``require_credentials`` do.
    """
    stage = read_stage(name, states, choices)
    if stage.remote:
        require_credentials()
    return stage


def require_credentials(environment: Mapping[str, str] = os.environ) -> None:
    """Raise if the environment holds no keys.

    Raises:
        OpsError: names those that are missing.
    """
    missing = [name for name in CREDENTIALS if not environment.get(name)]
    if missing:
        raise OpsError(*(f"{name} is not set in the environment" for name in missing))


def _problems(variables: Mapping[str, Any], chosen: Mapping[str, Any], name: str) -> list[str]:
    required = {variable for variable, about in variables.items() if "default" not in about}
    missing = [variable for variable in required if chosen.get(variable, "") == ""]
    empty = [variable for variable, value in chosen.items() if value is None]
    unknown = [variable for variable in chosen if variable not in variables or variable == _MADE]
    problems = [f"{variable} is missing" for variable in sorted(missing)]
    problems += [
        f"{variable} has no value; leave the line out for the default" for variable in empty
    ]
    problems += [f"{variable} is no variable of template.yaml to choose" for variable in unknown]
    if chosen["stage"] != name:
        problems.append(f"stage is {chosen['stage']}; it is the file's name by itself")
    return problems


def _state_problems(remote: object) -> list[str]:
    if remote is None:
        return []
    sound = (
        isinstance(remote, dict)
        and "bucket" in remote
        and remote.keys() <= _STATE
        and all(isinstance(value, str) for value in remote.values())
    )
    return [] if sound else [f"state has a bucket, and may have {', '.join(sorted(_STATE))}: texts"]
