"""Runs a command, and ends it as soon as the parent process is gone.

``python process_guard.py [--grace SECONDS] [--remove PATH …] [COMMAND …]``. Standard input is a
pipe that the parent holds open and never writes to: it closes when the parent ends, by kill -9 too.
Paths are removed only then: a command that ends by itself leaves all its files to the parent.
The command has its own session, so that Ctrl-C at the terminal reaches only the parent, which then
stops its parts in order.
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
from collections.abc import Callable, Iterable

_PR_SET_PDEATHSIG = 1  # from Linux's <sys/prctl.h>


def _kill_with_guard() -> Callable[[], None] | None:
    """Return a function that asks Linux to kill the child when the guard dies; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def request_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return request_signal


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
    """Run until the command ends or the parent is gone; return the exit code of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grace", type=float, default=5, help="seconds from SIGTERM to SIGKILL")
    parser.add_argument(
        "--remove", action="append", default=[], help="path to remove after the parent"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not arguments.command:
        _wait_for_parent()
        remove(arguments.remove)
        return 0
    child = subprocess.Popen(  # noqa: S603 - only commands of this project
        arguments.command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_kill_with_guard(),  # noqa: PLW1509 - no thread runs yet
    )
    signal.signal(signal.SIGTERM, lambda *_: _end(child, arguments.grace))
    parent_gone = threading.Event()

    def watch() -> None:
        _wait_for_parent()
        parent_gone.set()
        _end(child, arguments.grace)

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    if parent_gone.is_set():
        remove(arguments.remove)
    return code


def remove(paths: Iterable[str]) -> None:
    """Remove folders, files and sockets, those that exist."""
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - a socket or a file, if it still exists


def _wait_for_parent() -> None:
    # os.read, not sys.stdin: a thread that holds the lock of sys.stdin blocks the exit.
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass


if __name__ == "__main__":
    sys.exit(main())
