"""Runs a subprocess to its end, and forwards Ctrl-C to it only once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SECONDS_TO_HANDLER = 0.1
_NOTICES = (
    "Stopping after the current changes …",
    "Once more kills the engine: resources that it is creating will be missing in the state.",
    "Killed.",
)


def run_lines(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> tuple[int, str]:
    """Run a command and pass each line of its output to the callback.

    After the first Ctrl-C the command finishes its current changes: otherwise a resource that it is
    creating would be missing in the state. The third Ctrl-C kills it.

    Returns:
        The exit code and the content of standard error.

    Raises:
        OSError: the command does not start.
        KeyboardInterrupt: Ctrl-C was pressed; raised after the command's end.
    """
    interrupts = _Interrupts()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors, interrupts.handled():
        with subprocess.Popen(  # noqa: S603 - the caller chooses the command
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # the terminal would send each Ctrl-C to the command as well
        ) as process:
            interrupts.forward_to(process)
            with ThreadPoolExecutor(1) as pool:
                reading = pool.submit(_read_lines, process, on_line)
                # A signal handler does not run while this thread waits for a line of output.
                while not wait([reading], _SECONDS_TO_HANDLER).done:
                    pass
                reading.result()
        errors.seek(0)
        error_output = errors.read()
    if interrupts.count:
        raise KeyboardInterrupt
    return process.returncode, error_output


def _read_lines(process: subprocess.Popen[str], on_line: Callable[[str], None]) -> None:
    for line in process.stdout or ():
        on_line(line)


class _Interrupts:
    """Counts stop signals, and forwards them to a subprocess.

    Attributes:
        count: the number of signals so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._process: subprocess.Popen[str] | None = None
        self._unsent = [signal.SIGINT]  # pop() is atomic, so that it is sent only once

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        """Install the signal handlers, and restore the former ones at the end."""
        former = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def forward_to(self, process: subprocess.Popen[str]) -> None:
        """Forward signals to a process, including one that came before its start."""
        self._process = process
        self._forward()

    def _handle(self, *_: object) -> None:
        self.count += 1
        notice = f"\n{_NOTICES[min(self.count, len(_NOTICES)) - 1]}\n"
        os.write(2, notice.encode())  # sys.stderr refuses a handler that interrupts another one
        self._forward()

    def _forward(self) -> None:
        if self._process is None or not self.count:
            return
        with contextlib.suppress(IndexError):
            self._process.send_signal(self._unsent.pop())
        if self.count >= len(_NOTICES):
            self._process.kill()
