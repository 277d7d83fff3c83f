"""Runs a command and ends it as soon as whoever started the guard is gone.

`python guard.py [--grace SECONDS] [--remove PATH …] [COMMAND …]`. The guard's standard input is a
pipe that its parent holds open and never writes to: it closes with the parent, however that ended,
a kill -9 included. The command is in a session of its own, so that a Ctrl-C at the terminal reaches
the parent alone, which then stops things in their order.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # from Linux's <sys/prctl.h>


def _die_with_guard() -> Callable[[], None] | None:
    """Give what makes the child end even when the guard itself is killed; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


def _end(child: subprocess.Popen[bytes], grace: float) -> None:
    if grace:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def main() -> int:
    """Run until the command ends or the parent is gone; give the command's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--grace", type=float, default=5, help="seconds to end well; 0 for none at all"
    )
    parser.add_argument(
        "--remove", action="append", default=[], help="path to remove when the command has ended"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not arguments.command:
        _wait_for_parent()
        _remove(arguments.remove)
        return 0
    child = subprocess.Popen(  # noqa: S603 - the command is our own
        arguments.command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_guard(),  # noqa: PLW1509 - no thread has been started yet
    )
    signal.signal(signal.SIGTERM, lambda *_: _end(child, arguments.grace))

    def watch() -> None:
        _wait_for_parent()
        _end(child, arguments.grace)

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    _remove(arguments.remove)
    return code


def _remove(paths: list[str]) -> None:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - a socket's file, or nothing any more


def _wait_for_parent() -> None:
    # os.read, not sys.stdin: a thread that holds a buffered reader's lock blocks the exit.
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass


if __name__ == "__main__":
    sys.exit(main())
