"""Terminal output of the benchmarks."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn

# A log file has no width of its own; 120 columns fit every table.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def progress_bar(time_column: ProgressColumn) -> Progress:
    """Return a progress bar that disappears at the end."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), time_column
    return Progress(*columns, console=console, transient=True)
