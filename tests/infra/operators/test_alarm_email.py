"""``make deploy`` asks who is told of failures, and notes the answer in the stage's file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
import yaml

from ops.deploy.alarm_email import ask_for_alarm_email
from ops.deploy.render import render
from ops.errors import OpsError
from ops.stage import Stage, read_stage


class Terminal(io.StringIO):
    """Standard input that is a terminal, with the lines that a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "test.yaml"
    found.write_text("# ours\nbucket: invoices # a comment", encoding="utf-8")
    return found


def read(path: Path, **options: Path) -> Stage:
    return read_stage("test", path.parent / "states", path.parent, **options)


def ask(monkeypatch: pytest.MonkeyPatch, path: Path, typed: str) -> bool:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    return ask_for_alarm_email(read(path), path.parent)


@pytest.mark.parametrize("former", ["", "\nalarm_email: ''\n", "\nalarm_email:  ''\nretries: 2\n"])
def test_the_answer_is_noted_and_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, path: Path, former: str
) -> None:
    path.write_text(path.read_text(encoding="utf-8") + former, encoding="utf-8")
    assert ask(monkeypatch, path, "a@b.example\n")
    assert read(path).variables["alarm_email"] == "a@b.example"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ours\nbucket: invoices # a comment\n")
    assert text.count("alarm_email") == 1
    assert not ask(monkeypatch, path, "")


def test_alarms_are_declined_by_name(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    assert ask(monkeypatch, path, "none\n")
    assert not ask(monkeypatch, path, "")
    folder = render(read(path), None)
    rendered = json.loads((folder / "stage.auto.tfvars.json").read_text(encoding="utf-8"))
    assert rendered["alarm_email"] == ""


def test_another_answer_changes_nothing(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    former = path.read_text(encoding="utf-8")
    with pytest.raises(OpsError, match="nobody is not an e-mail address"):
        ask(monkeypatch, path, "nobody\n")
    assert path.read_text(encoding="utf-8") == former


def test_a_file_that_is_written_in_another_way_is_not_changed(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    path.write_text("{bucket: invoices}\n", encoding="utf-8")
    with pytest.raises(OpsError, match="add this line to test.yaml: alarm_email: a@b.example"):
        ask(monkeypatch, path, "a@b.example\n")
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == {"bucket": "invoices"}


@pytest.mark.parametrize("stand_in", [False, True])
def test_without_a_person_to_ask_one_line_says_how_to_set_it(
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    stand_in: bool,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("a@b.example\n") if stand_in else io.StringIO())
    stage = read(path, **({"stand_in": path} if stand_in else {}))
    assert not ask_for_alarm_email(stage, path.parent)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "set alarm_email in test.yaml" in line
    assert "alarm_email: none" in line


def test_a_file_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(OpsError, match="test.yaml cannot be written: Permission denied"):
        ask(monkeypatch, path, "a@b.example\n")
