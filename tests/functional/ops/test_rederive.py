"""The command that applies the present rules to the records of a bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.cloud import Cloud
from tests.functional.conftest import Objects, Run
from tests.functional.ops.conftest import operate
from tests.support.announce import announce

KEY, RECORD = "incoming/2026/a.png", "results/2026/a.png.json"


def rederive(environment: dict[str, str], *options: str) -> Any:
    return operate("ops.rederive", environment, *options)


def test_a_record_of_former_rules_is_written_again(
    cloud: Cloud, run: Run, objects: Objects, image: bytes, tmp_path: Path
) -> None:
    run.invoke(announce(KEY, objects.put(KEY, image)))
    present = objects.record(RECORD)
    former = {**present, "rules": {"version": "2", "run": [], "not_run": []}}
    objects.put(RECORD, json.dumps(former).encode())
    env = tmp_path / "up.env"
    env.write_text("".join(f"{name}={value}\n" for name, value in cloud.environment().items()))

    dry = rederive({}, "--env", str(env), "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "1 records: 1 renumbered" in dry.stdout
    assert objects.record(RECORD) == former
    done = rederive(cloud.environment(), "--prefix", "2026/")
    assert (done.returncode, done.stderr) == (0, "")
    assert objects.record(RECORD) == present
    assert "1 records: 1 unchanged" in rederive(cloud.environment()).stdout
    assert cloud.environment()["HW_SECRET_KEY"] not in dry.stdout + done.stdout


def test_missing_variables_and_files_are_named() -> None:
    missing = rederive({})
    assert missing.returncode == 1
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY", "BUCKET"):
        assert f"{name}: not set" in missing.stdout
    assert (
        "none.env cannot be read: start the local cloud" in rederive({}, "--env", "none.env").stdout
    )
