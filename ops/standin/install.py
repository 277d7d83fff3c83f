"""A CLI configuration under which OpenTofu and Terraform use the stand-in."""

from __future__ import annotations

import json
import platform
import re
import shlex
import sys
import tempfile
from pathlib import Path

from ops.deploy.engine import ENGINES, Engine
from ops.errors import OpsError

ROOT = Path(__file__).parents[2]
VERSION = "1.97.0"
_SOURCE = "huaweicloud/huaweicloud"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def install(folder: Path, facts: Path) -> Path:
    """Make the configuration.

    Args:
        folder: where; it may exist.
        facts: the schema that the stand-in has.

    Returns:
        The file for ``TF_CLI_CONFIG_FILE``.
    """
    folder = folder.resolve()
    machine = platform.machine().lower()
    system = f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
    for address in _addresses():
        place = folder / address / VERSION / system
        place.mkdir(parents=True, exist_ok=True)
        program = place / f"terraform-provider-huaweicloud_v{VERSION}"
        command = shlex.join([sys.executable, "-m", "ops.standin", "serve", str(facts.resolve())])
        program.write_text(
            f"#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {command}\n", encoding="utf-8"
        )
        program.chmod(0o755)
    config = folder / "cli.tfrc"
    mirror = f'filesystem_mirror {{\n    path = "{folder}"\n  }}'
    config.write_text(f"provider_installation {{\n  {mirror}\n}}\n", encoding="utf-8")
    return config


def _addresses() -> set[str]:
    """Ask each engine that is here under which address it would look for the provider."""
    found: set[str] = set()
    configuration = {"terraform": {"required_providers": {"huaweicloud": {"source": _SOURCE}}}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")
        for engine in ENGINES:
            try:
                told = Engine.choose(folder, engine).run("providers")
            except OpsError:
                continue  # it is not here
            found.update(re.findall(rf"[\w.]+/{_SOURCE}", told))
    return found
