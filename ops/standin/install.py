"""Writes a configuration for ``TF_CLI_CONFIG_FILE`` that makes engines use the stand-in."""

from __future__ import annotations

import json
import platform
import re
import shlex
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from ops.deploy.engine import ENGINES, SOURCE, Engine, no_credentials
from ops.errors import OpsError
from ops.stage import ROOT

_VERSION = "1.97.0"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def install(folder: Path) -> Path:
    """Write the provider's program and the configuration; return its file.

    Raises:
        OpsError: this Python has no release of the stand-in's framework.
    """
    if not find_spec("tf"):
        raise OpsError("the stand-in needs Python 3.11 or newer: make PYTHON=python3.12 …")
    folder = folder.resolve()
    machine = platform.machine().lower()
    system = f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
    command = shlex.join([sys.executable, "-m", "ops.standin", "serve"])
    for address in _provider_addresses():
        program = (
            folder / address / _VERSION / system / f"terraform-provider-huaweicloud_v{_VERSION}"
        )
        program.parent.mkdir(parents=True, exist_ok=True)
        script = f"#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {command}\n"
        program.write_text(script, encoding="utf-8")
        program.chmod(0o755)
    config = folder / "cli.tfrc"
    mirror = f'filesystem_mirror {{\n    path = "{folder}"\n  }}'
    config.write_text(f"provider_installation {{\n  {mirror}\n}}\n", encoding="utf-8")
    return config


def _provider_addresses() -> set[str]:
    """Return the provider's full address in the registry of each installed engine."""
    found: set[str] = set()
    configuration = {"terraform": {"required_providers": {"huaweicloud": {"source": SOURCE}}}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")
        for engine in ENGINES:
            try:
                chosen = replace(Engine.choose(folder, engine), credentials=no_credentials)
                output = chosen.run("providers")
            except OpsError:
                continue  # this engine is not installed
            found.update(re.findall(rf"[\w.]+/{SOURCE}", output))
    return found
