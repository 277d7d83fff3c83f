"""The cloud on a laptop: never deployed."""

from __future__ import annotations

import sys
from types import TracebackType


def end_interrupts_with_a_line() -> None:
    """Print one line, and no traceback, if Ctrl-C comes while a command loads its packages."""
    former = sys.excepthook

    def show(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.stderr.write("stopped\n")
        else:
            former(kind, error, traceback)

    sys.excepthook = show


end_interrupts_with_a_line()  # before other imports of a command, which take seconds
