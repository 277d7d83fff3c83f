"""A stage: its choices for the template's variables, and the place of its state."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ops.credentials.resolver import get_credentials
from ops.errors import OpsError
from ops.former_state import move_former_state

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
CHOICES = ROOT / "stages"
STATES = CHOICES / ".state"  # not below build/, which `make clean` removes
_FORMER = ROOT / "deploy"  # earlier versions kept stage files and states here
# Defaults for variables that a stage does not set; the provider reads the same names.
_ENVIRONMENT = {
    "region": "HW_REGION_NAME",
    "project_name": "HW_PROJECT_NAME",
    "enterprise_project_id": "HW_ENTERPRISE_PROJECT_ID",
}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")
DECLINED = "none"  # the value of alarm_email by which an operator declines alarms
_STATE = {"bucket", "region", "endpoint", "key"}
_CODE = "code"  # the only variable that a stage cannot set
CA_FILE = "CA_FILE"
"""The function's setting that names a file of the function's environment."""


class UnknownStage(OpsError):
    """There is no stage of this name: all other problems wait until it is right."""


@dataclass(frozen=True)
class Stage:
    """A stage, ready to be rendered.

    Attributes:
        name: the stage's name.
        variables: values of the template's variables.
        template: the content of the template.
        folder: folder for the rendered files and, without remote state, for the state.
        remote: remote state: ``bucket``, ``region``, ``endpoint``, ``key``; None for local state.
        stand_in: the engine's configuration that uses the stand-in instead of an account: no
            command may then open a connection or need credentials. None for an account.
    """

    name: str
    variables: dict[str, Any]
    template: dict[str, Any]
    folder: Path
    remote: dict[str, str] | None
    stand_in: Path | None = None

    @property
    def endpoints(self) -> dict[str, str]:
        """Endpoints that differ from Huawei Cloud's own, by the provider's service names."""
        return dict(self.variables.get("endpoints") or {})

    @property
    def region(self) -> str:
        """The stage's region."""
        chosen = self.variables.get("region")
        return str(chosen or self.template["variable"]["region"]["default"])

    @property
    def environment(self) -> dict[str, str]:
        """The environment that credentials are found in, with the stage's IAM for an agency."""
        auth_url = str(self.variables.get("auth_url") or os.environ.get("HW_AUTH_URL", ""))
        return {**os.environ, "HW_AUTH_URL": auth_url, "HW_REGION_NAME": self.region}

    @property
    def settings(self) -> dict[str, str]:
        """More settings of the function, by their names, as the template gives them to it.

        ``CA_FILE`` is not among them: the operator's machine does not have that file.
        """
        chosen = self.variables.get("settings") or {}
        return {
            name: _text(value)
            for name, value in chosen.items()
            if value is not None and name != CA_FILE
        }

    def command(self, target: str, *options: str) -> str:
        """Return a command of make for this stage, for hints."""
        provider = ["PROVIDER=stand-in"] if self.stand_in else []
        return " ".join(["make", target, f"STAGE={self.name}", *provider, *options])


def read_stage(
    name: str, states: Path = STATES, choices: Path = CHOICES, stand_in: Path | None = None
) -> Stage:
    """Read a stage; with the default folder of states, move its former state there first.

    With the stand-in, the state is always local, and separate from the stage's own.

    Raises:
        UnknownStage: the stage does not exist.
        OpsError: its choices are invalid; lists every problem.
    """
    if not _NAME.fullmatch(name):
        raise UnknownStage(
            f"{name!r} is not a stage name: up to 16 small letters, digits and hyphens"
        )
    if stand_in and not stand_in.is_file():
        raise OpsError("the stand-in is not installed; PROVIDER=stand-in of make installs it")
    path = choices / f"{name}.yaml"
    if choices.resolve() == CHOICES and (_FORMER / path.name).is_file():
        raise OpsError(f"deploy/{path.name} is not read any more: move its choices to stages/")
    if not path.is_file():
        raise UnknownStage(
            f"there is no stage {name}: {choices.name}/ has {_stages(choices)}; "
            f"to add it: cp stages/dev.yaml stages/{path.name}"
        )
    # In C, it takes a seventh of the time.
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    chosen = _read_choices(path)
    remote = chosen.pop("state", None)
    found = {variable: os.environ.get(key) for variable, key in _ENVIRONMENT.items()}
    defaults = {variable: value for variable, value in found.items() if value}
    variables = {"stage": name, **defaults, **chosen}
    problems = [*_problems(template["variable"], variables, name), *_state_problems(remote)]
    if problems:
        raise OpsError(*(f"{path.name}: {problem}" for problem in problems))
    if states.resolve() == STATES:
        if stand_in:
            states = stand_in.parent / "states"
        else:
            move_former_state(_FORMER / ".state" / name, states / name)
    remote = None if stand_in else remote
    return Stage(name, variables, template, states / name, remote, stand_in)


def _text(value: object) -> str:
    """Return a setting as the engine converts it to a text.

    >>> _text(True), _text(0), _text("auto")
    ('true', '0', 'auto')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def require_credentials(environment: Mapping[str, str]) -> None:
    """Check that there are credentials, and print their source, which is no value of theirs.

    Raises:
        OpsError: no source has credentials, or a source is incomplete.
    """
    sys.stderr.write(f"Credentials: {get_credentials(environment).source}\n")


def _stages(choices: Path) -> str:
    """Return the names of the stages in a folder."""
    return ", ".join(sorted(path.stem for path in choices.glob("*.yaml"))) or "none"


def _read_choices(path: Path) -> dict[str, Any]:
    try:
        chosen = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise OpsError(f"{path.name}{place}: this is not YAML: {error.problem}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise OpsError(f"{path.name}: {' '.join(str(error).split())}") from None
    if not isinstance(chosen, dict):
        raise OpsError(f"{path.name} is not a mapping of names to values")
    return chosen


def _problems(variables: Mapping[str, Any], chosen: Mapping[str, Any], name: str) -> list[str]:
    required = [variable for variable, about in variables.items() if "default" not in about]
    missing = [variable for variable in required if chosen.get(variable, "") == ""]
    empty = [variable for variable, value in chosen.items() if value is None]
    unknown = [variable for variable in chosen if variable not in variables or variable == _CODE]
    problems = [f"{variable} is missing" for variable in sorted(missing)]
    problems += [f"{variable} has no value; omit the line for the default" for variable in empty]
    problems += [f"{variable} is not a variable of template.yaml" for variable in unknown]
    problems += [
        f"{variable} is not a mapping of names to values"
        for variable in ("endpoints", "settings")
        if not isinstance(chosen.get(variable) or {}, dict)
    ]
    if chosen["stage"] != name:
        problems.append(f"stage is {chosen['stage']}; omit it, the file's name sets it")
    return problems


def _state_problems(remote: object) -> list[str]:
    valid = remote is None or (
        isinstance(remote, dict)
        and "bucket" in remote
        and remote.keys() <= _STATE
        and all(isinstance(value, str) for value in remote.values())
    )
    return [] if valid else [f"state requires bucket and allows {sorted(_STATE)}, all strings"]
