"""The Python environment: made once, never made in a folder that is not ours, never emptied."""

from __future__ import annotations

import venv
from pathlib import Path

import pytest

from ops.environment import main, prepare


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "发票 project"
    folder.mkdir()
    return folder


@pytest.fixture
def empty_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty module takes the place of pip, which takes seconds to install."""
    create = venv.create

    def create_with_empty_pip(folder: Path, *, with_pip: bool, symlinks: bool) -> None:
        create(folder, symlinks=symlinks)
        [packages] = folder.glob("lib/python*/site-packages")
        if with_pip:
            (packages / "pip.py").touch()

    monkeypatch.setattr(venv, "create", create_with_empty_pip)


@pytest.fixture
def made(project: Path, empty_pip: None) -> Path:  # noqa: ARG001 - it changes the next call
    """The environment of the project, with a file of a process that runs on it."""
    folder = project / ".venv"
    assert prepare(folder, project) == ""
    (folder / ".ready").write_text(f"{project}\n", encoding="utf-8")
    (folder / "in-use").touch()
    return folder


@pytest.mark.exhaustive
def test_an_environment_is_made_in_an_empty_folder(project: Path) -> None:
    folder = project / ".venv"
    assert prepare(folder, project) == ""
    assert (folder / "bin" / "pip").exists()


def test_an_environment_is_kept(project: Path, made: Path) -> None:
    assert prepare(made, project) == ""
    assert (made / "in-use").exists()


def test_a_folder_with_other_content_is_refused_and_kept(project: Path) -> None:
    folder = project / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"photo")
    assert "is not an environment of this project" in prepare(folder, project)
    assert [path.name for path in folder.iterdir()] == ["a.jpg"]
    assert "photos is a file" not in main(str(folder))
    assert "a.jpg is a file" in main(str(folder / "a.jpg"))


def test_the_environment_of_another_tool_is_refused(project: Path) -> None:
    folder = project / "theirs"
    folder.mkdir()
    (folder / "pyvenv.cfg").touch()
    assert "is not an environment of this project" in prepare(folder, project)
    assert (folder / "pyvenv.cfg").exists()


def test_the_environment_of_another_folder_is_refused(
    project: Path, made: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert prepare(made, other) == (
        f"{made} is the environment of {project}; name another folder: VENV=…"
    )
    assert (made / "in-use").exists()


def test_a_moved_project_makes_its_environment_anew(project: Path, made: Path) -> None:
    moved = project.rename(project.with_name("moved"))
    assert prepare(moved / made.name, moved) == ""
    assert not (moved / made.name / "in-use").exists()
    assert (moved / made.name / "bin" / "python").exists()


def test_an_interrupted_installation_continues(project: Path, made: Path) -> None:
    (made / ".ready").unlink()
    assert prepare(made, project) == ""
    assert (made / "in-use").exists()
    (made / "bin" / "python").unlink()
    assert prepare(made, project) == ""
    assert (made / "bin" / "python").exists()
