"""``python -m ops.live_check``: check the assumptions in a real account, and print a table."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.command_line import Choices, EngineName, Name, States, reports_errors
from ops.errors import OpsError
from ops.live_check.check import Check, Finding, Verdict
from ops.live_check.checks import CHECKS
from ops.live_check.live_stage import LiveStage
from ops.remote.deployed import deployed_stage
from ops.stage import CHOICES, STATES

console = Console(stderr=True, highlight=False, soft_wrap=True)
_COLOURS = {Verdict.HELD: "green", Verdict.NOT_HELD: "bold red", Verdict.UNKNOWN: "yellow"}


@reports_errors(console)
def main(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    only: Annotated[str, typer.Option(help="Names of checks, separated by commas.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
    code: Annotated[Path, typer.Option(help="The deployed zip.")] = Path("build/function.zip"),
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Check each assumption in a deployed stage; the exit code is 1 if one did not hold.

    This uploads one sample, which is removed, and sends two images to the OCR service.
    """
    chosen = _chosen(only)
    stage, outputs = deployed_stage(name, engine, states, choices)
    live = LiveStage(stage, outputs, code, engine, os.environ, console.print)
    findings: list[tuple[Check, Finding]] = []
    for check in chosen:
        with console.status(check.name):
            findings.append((check, check.run(live)))
    if as_json:
        sys.stdout.write(json.dumps(_as_json(findings), ensure_ascii=False, indent=2) + "\n")
    else:
        Console(highlight=False).print(_as_table(findings))
    if any(finding.verdict is Verdict.NOT_HELD for _, finding in findings):
        raise typer.Exit(1)


def _chosen(only: str) -> list[Check]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    unknown = set(names) - {check.name for check in CHECKS}
    if unknown:
        known = ", ".join(check.name for check in CHECKS)
        raise OpsError(f"there is no check {', '.join(sorted(unknown))}; there are {known}")
    return [check for check in CHECKS if not names or check.name in names]


def _as_json(findings: list[tuple[Check, Finding]]) -> list[dict[str, str]]:
    return [
        {
            "check": check.name,
            "assumed": check.assumed,
            "verdict": finding.verdict.value,
            "found": finding.text,
        }
        for check, finding in findings
    ]


def _as_table(findings: list[tuple[Check, Finding]]) -> Table:
    table = Table("check", "verdict", "found", show_lines=True)
    for check, finding in findings:
        verdict = f"[{_COLOURS[finding.verdict]}]{finding.verdict.value}"
        about = "" if finding.verdict is Verdict.HELD else f"\nassumed: {check.assumed}"
        table.add_row(check.name, verdict, escape(f"{finding.text}{about}"))
    return table


if __name__ == "__main__":
    typer.run(main)
