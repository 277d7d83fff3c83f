"""Asks who is told of failures and alarms, once per stage."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import typer
import yaml

from ops.errors import OpsError
from ops.stage import DECLINED, Stage

_VARIABLE = "alarm_email"
_LINE = re.compile(rf"^{_VARIABLE}[ \t]*:.*\n?", re.MULTILINE)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")  # the template's rule


def ask_for_alarm_email(stage: Stage, choices: Path) -> bool:
    """Ask for the address if the stage has none, and write the answer to the stage's file.

    Without a terminal, and with the stand-in, print how to set or decline it.

    Returns:
        Whether the stage's file was changed.

    Raises:
        OpsError: the answer is no address, or the file cannot be changed.
    """
    if stage.variables.get(_VARIABLE):
        return False
    path = choices / f"{stage.name}.yaml"
    if stage.stand_in or not sys.stdin.isatty():
        sys.stderr.write(
            f"Nobody is told of failures: set {_VARIABLE} in {path.name} to an e-mail address, "
            f"or decline with {_VARIABLE}: {DECLINED}\n"
        )
        return False
    answer = typer.prompt(f"E-mail address for failures and alarms ({DECLINED} to decline)").strip()
    if answer != DECLINED and not _ADDRESS.fullmatch(answer):
        raise OpsError(f"{answer} is not an e-mail address")
    _write(path, answer)
    return True


def _write(path: Path, answer: str) -> None:
    former = path.read_text(encoding="utf-8")
    kept = _LINE.sub("", former)
    line = f"{_VARIABLE}: {answer}\n"
    text = f"{kept}{'' if kept.endswith(chr(10)) else chr(10)}{line}"
    try:
        understood = yaml.safe_load(text)[_VARIABLE] == answer
    except (yaml.YAMLError, KeyError, TypeError):
        understood = False
    if not understood:  # the file is written in another way than a line per variable
        raise OpsError(f"add this line to {path.name}: {line.strip()}")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OpsError(f"{path.name} cannot be written: {error.strerror}") from None
