"""The operators' commands, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

SECONDS = 60


def operate(module: str, environment: Mapping[str, str], *options: str | Path) -> Any:
    """Run a command with these variables alone, and wait for its end."""
    return subprocess.run(  # noqa: S603 - this project's command
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
