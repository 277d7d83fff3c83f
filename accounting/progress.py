"""The progress bar of long commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_Row = TypeVar("_Row")
_EACH = 1000  # rows
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


def counted(rows: Iterable[_Row], step: str, total: int, notice: Notice) -> Iterator[_Row]:
    """Yield rows, and tell their number now and then."""
    for done, row in enumerate(rows):
        if done % _EACH == 0:
            notice(step, done, total)
        yield row
