"""Why a stage cannot be worked on, and how a command tells of it."""

from __future__ import annotations

from collections.abc import Callable

import typer
from rich.console import Console
from rich.markup import escape


class OpsError(Exception):
    """Something is missing or went wrong; one line for each thing that does.

    Args:
        problems: the lines.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def run_command(command: Callable[[], None], console: Console) -> None:
    """Run a command; what is wrong is named in lines, not in a traceback.

    Raises:
        typer.Exit: it did not come to a good end.
    """
    try:
        command()
    except OpsError as error:
        for problem in error.problems:
            console.print(f"[bold red]error:[/] {escape(problem)}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
