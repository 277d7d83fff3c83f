"""The stand-in needs no account: no command opens a connection or reads a key."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ops.errors import OpsError
from ops.sdk.clients import bucket_client, stage_client
from ops.stage import read_stage
from tests.infra.conftest import SELDOM_COLLECTS
from tests.support.paths import ROOT

CREDENTIALS = ("HW_", "HUAWEICLOUD_", "OBS_", "AWS_", "TF_")
MARKS = (".ready", ".deploy", ".function")
CHOICES = {
    "bucket": "invoices",
    "state": {"bucket": "states"},
    "endpoints": {"fgs": "http://127.0.0.1:9"},
    "settings": {"OBS_ENDPOINT": "http://127.0.0.1:9", "OBS_PATH_STYLE": "true"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with packages, a checked zip, and a stage that names remote state."""
    pytest.importorskip("tf", reason="the stand-in's framework needs Python 3.11")
    folder = tmp_path / "发票 project"
    for name in ("ops", "stages", "locks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".state"))
    for name in ("Makefile", "template.yaml"):
        shutil.copy(ROOT / name, folder)
    (folder / "stages" / "mine.yaml").write_text(yaml.safe_dump(CHOICES), encoding="utf-8")
    environment = folder / ".venv"
    environment.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in MARKS:
            (environment / path.name).symlink_to(path)
    for name in MARKS:  # written last: make does not renew them
        (environment / name).write_text(f"{folder}\n", encoding="utf-8")
    (folder / "build").mkdir()
    for name in ("function.zip", "function.checked"):
        (folder / "build" / name).write_bytes(b"code")
    return folder


def make_without_network(project: Path, target: str, *variables: str) -> tuple[int, str]:
    """Run a target in a network namespace, in which no interface is up, and without credentials."""
    inherited = os.environ.items()
    environment = {name: value for name, value in inherited if not name.startswith(CREDENTIALS)}
    made = ("build/function.zip", "build/function.checked")
    command = ["unshare", "-rn", "make", *(f"--assume-old={name}" for name in made), target]
    run = subprocess.run(  # noqa: S603 - the arguments above
        [*command, "STAGE=mine", "PROVIDER=stand-in", *variables],
        cwd=project,
        env={**environment, **SELDOM_COLLECTS, "HOME": str(project)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def without_namespaces() -> bool:
    """Whether this system cannot make a network namespace."""
    found = shutil.which("unshare")
    return not found or bool(subprocess.run([found, "-rn", "true"], check=False).returncode)  # noqa: S603 - found above


needs_namespaces = pytest.mark.skipif(
    without_namespaces(), reason="this system has no network namespaces"
)


@needs_namespaces
def test_a_plan_needs_neither_network_nor_credentials(project: Path) -> None:
    code, output = make_without_network(project, "plan")
    assert code == 0, output
    assert "+ create   huaweicloud_obs_bucket.invoices[0]" in output
    assert "+ create   huaweicloud_fgs_function.function" in output


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
@needs_namespaces
def test_every_command_works_without_network_and_credentials(project: Path) -> None:
    code, output = make_without_network(project, "validate")
    assert (code, "template.yaml is valid" in output) == (0, True), output
    code, output = make_without_network(project, "deploy")
    assert code == 0, output
    assert "+ create   huaweicloud_obs_bucket.invoices[0]" in output
    assert "+ create   huaweicloud_fgs_function.function" in output
    assert "make smoke" not in output
    done, total = re.findall(r"(\d+)/(\d+)", output)[-1]  # of the progress bar
    assert done == total
    code, output = make_without_network(project, "outputs")
    assert (code, '"bucket": "invoices"' in output) == (0, True), output
    deployed = project / "build" / "stand-in" / "states"
    kept = shutil.copytree(deployed, project / "kept")
    code, output = make_without_network(project, "destroy", "YES=1")  # looks into no bucket
    assert (code, "stays" in output) == (0, False), output
    shutil.rmtree(deployed)
    kept.rename(deployed)
    code, output = make_without_network(project, "destroy", "DELETE_INVOICES=yes", "YES=1")
    assert code == 0, output
    assert "- remove   huaweicloud_obs_bucket.invoices[0]" in output
    assert "The stand-in removed nothing" in output
    code, output = make_without_network(project, "outputs")
    assert code != 0
    assert "mine is not deployed: make deploy STAGE=mine PROVIDER=stand-in" in output
    assert not (project / "stages" / ".state").exists()


@pytest.mark.parametrize("target", ["smoke", "logs", "invoke", "backfill", "migrate-state"])
def test_commands_on_a_deployed_function_refuse_the_stand_in(project: Path, target: str) -> None:
    run = subprocess.run(  # noqa: S603 - the arguments above
        ["make", target, "PROVIDER=stand-in", "EVENT=none"],  # noqa: S607 - make of the PATH
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert f"make {target} needs an account" in run.stderr


def test_no_client_connects_to_an_account_for_the_stand_in(tmp_path: Path) -> None:
    config = tmp_path / "cli.tfrc"
    config.touch()
    stage = read_stage("dev", tmp_path, stand_in=config)
    urn = f"urn:fss:region:{'0' * 32}:function:default:name:latest"
    with pytest.raises(OpsError, match="no account to connect to"):
        bucket_client(stage)
    with pytest.raises(OpsError, match="no account to connect to"):
        stage_client(None, stage, "fgs", "functiongraph", urn)


def test_a_missing_stand_in_is_not_replaced_by_an_account(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="stand-in is not installed"):
        read_stage("dev", tmp_path, stand_in=tmp_path / "none")
