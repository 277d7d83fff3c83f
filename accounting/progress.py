"""The progress bar of long commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Notice = Callable[[str, int, "int | None"], None]
"""Takes the name of a step, the number of objects done, and the number of all if it is known."""


@contextmanager
def progress_bar(console: Console) -> Iterator[Notice]:
    """Show the present step, and give a function that takes its progress."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")

        def notice(step: str, done: int, total: int | None) -> None:
            bar.update(task, description=step, completed=done, total=total)

        yield notice


def ignore_progress(step: str, done: int, total: int | None) -> None:
    """Take the progress of a short run, and show nothing."""
