"""``python -m ops.remote``: invoke, logs and smoke test of a deployed stage."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ops.command_line import Choices, EngineName, Name, States, command_group, reports_errors
from ops.remote.deployed import deployed_stage
from ops.stage import CHOICES, STATES, read_stage
from quota_invoice.records.record import Status

app = command_group("Work with a deployed stage: invoke it, read its log, process a sample.")
console = Console(stderr=True, highlight=False, soft_wrap=True)
_SAMPLE = Path("samples/shanghai-10-yuan-clean.png")


@app.command("invoke")
@reports_errors(console)
def invoke_command(
    name: Name,
    event: Annotated[Path, typer.Argument(help="An event as a JSON file.")],
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Send one event to the deployed function; print its result and the end of its log."""
    from ops.remote.invoke import invoke, read_event  # noqa: PLC0415 - --help without the SDKs

    content = read_event(event)
    stage, outputs = deployed_stage(name, engine, states, choices)
    invocation = invoke(stage, str(outputs["function_urn"]), content)
    console.rule(f"log of {invocation.request_id}")
    console.print(escape(invocation.log.rstrip()))
    console.rule("result")
    sys.stdout.write(json.dumps(invocation.result, ensure_ascii=False) + "\n")
    if isinstance(invocation.result, dict) and "errorType" in invocation.result:
        raise typer.Exit(1)


@app.command()
@reports_errors(console)
def logs(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    follow: Annotated[bool, typer.Option(help="Continue until Ctrl-C.")] = False,  # noqa: FBT002 - a flag
    minutes: Annotated[float, typer.Option(help="Age of the oldest line.")] = 15,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Print the deployed function's log."""
    from ops.remote.tail import log_lines  # noqa: PLC0415 - as above

    stage, outputs = deployed_stage(name, engine, states, choices)
    for line in log_lines(stage, outputs, minutes, follow=follow):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@app.command("smoke")
@reports_errors(console)
def smoke_command(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    sample: Annotated[Path, typer.Option(help="An image.")] = _SAMPLE,
    seconds: Annotated[float, typer.Option(help="Maximum wait for the record.")] = 120,
    keep: Annotated[bool, typer.Option(help="Keep the sample and its record.")] = False,  # noqa: FBT002 - a flag
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Upload one sample to the deployed stage; print its record, the times and the invocations."""
    from ops.remote.smoke import (  # noqa: PLC0415 - as above
        RIGHTS_SECONDS,
        smoke,
        wait_for_deliveries,
    )

    stage, outputs = deployed_stage(name, engine, states, choices)
    started = time.monotonic()
    with console.status("waiting for the record"):
        found = smoke(
            stage,
            outputs,
            sample,
            seconds,
            keep=keep,
            rights_seconds=RIGHTS_SECONDS,
            tell=lambda text: console.print(escape(text)),
        )
    with console.status("waiting for the log, one to two minutes"):
        minutes = (time.monotonic() - started) / 60 + 1
        deliveries = wait_for_deliveries(stage, outputs, found.key, minutes)
    ocr = found.record.get("ocr") or {}
    console.print(
        f"upload   {found.key}: {found.upload_seconds:.1f} s\n"
        f"record   {found.record_key}: {found.record_seconds:.1f} s later\n"
        f"OCR      {ocr.get('elapsed_ms', '–')} ms, attempts: {ocr.get('attempts', '–')}, "
        f"request {ocr.get('request_id', '–')}\n"
        f"events   uploads: {found.uploads}, invocations: {deliveries.of_key}; "
        f"{deliveries.conclusion}"
    )
    sys.stdout.write(json.dumps(found.record, ensure_ascii=False, indent=2) + "\n")
    if found.record.get("status") != Status.RECOGNIZED:
        raise typer.Exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@reports_errors(console)
def accounting(context: typer.Context, name: Name, choices: Choices = CHOICES) -> None:
    """Run a command for accountants on a stage's bucket: accounting dev ledger --out l.xlsx."""
    from ops.remote.accounting_access import stage_environment  # noqa: PLC0415 - as above

    environment = stage_environment(read_stage(name, choices=choices))
    command = [sys.executable, "-m", "accounting", *context.args]
    # In place of this process: Ctrl-C and SIGTERM reach a server, which then stops in order.
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own module


if __name__ == "__main__":
    app(prog_name="python -m ops.remote")
