"""Schemathesis checks the API against its own description, through the gateway."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import plain_environment
from tests.functional.conftest import Objects
from tests.functional.handler.api.test_api_calls import Client, client

__all__ = ["client"]  # a fixture
EXAMPLES = os.environ.get("API_EXAMPLES", "25")
SEED = os.environ.get("API_SEED", "1")
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.exhaustive
@pytest.mark.timeout(900)
def test_schemathesis_finds_no_deviation(
    client: Client, objects: Objects, image: bytes, tmp_path: Path
) -> None:
    objects.put("incoming/2026/a.jpg", image)
    objects.put("incoming/2026/b.jpg", b"no picture")
    for key in ("2026/a.jpg", "2026/b.jpg"):
        client.post("/invoices", {"key": key})
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(CONFIG), "run", f"{client.url}/openapi.json"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure"),
    ]
    done = subprocess.run(  # noqa: S603 - the command is our own
        command,
        check=False,
        cwd=tmp_path,
        env=plain_environment(NO_COLOR="1"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cases = re.search(r"(\d+) generated", done.stdout)
    assert cases, done.stdout
    assert int(cases[1]) > 100
    assert objects.keys("results/") == ["results/2026/a.jpg.json"]
