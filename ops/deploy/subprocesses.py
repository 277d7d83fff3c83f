"""A program that is run to its end, whoever would rather stop it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

_STOPS = (signal.SIGINT, signal.SIGTERM)
_SAID = (
    "Stopping; what was begun is ended first …",
    "Once more breaks it off: what is being made then is in no state.",
    "Broken off.",
)


def read(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    told: Callable[[str], None],
) -> tuple[int, str]:
    """Run a program, and tell each line as it prints it.

    Whoever presses Ctrl-C waits until it has ended what it began: else what it is making in an
    account would be missing in its state. Who presses it three times does not.

    Returns:
        Its exit code, and what it complained of.

    Raises:
        OSError: it does not start.
        KeyboardInterrupt: after its end, if that was asked for.
    """
    stop = _Stop()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors, stop.heeded():
        with subprocess.Popen(  # noqa: S603 - whose command it is knows it
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C comes by us, and once: another would break it off
        ) as process:
            stop.passed_on_to(process)
            for line in process.stdout or ():
                told(line)
        errors.seek(0)
        complaints = errors.read()
    if stop.asked:
        raise KeyboardInterrupt
    return process.returncode, complaints


class _Stop:
    """Somebody's wish to stop, and the program that it is for.

    Attributes:
        asked: how often that was asked for.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._process: subprocess.Popen[str] | None = None
        self._unsent = [signal.SIGINT]  # taken from in one step, so that it is sent once

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Have this done with such wishes, not what is done usually."""
        former = {number: signal.signal(number, self._ask) for number in _STOPS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def passed_on_to(self, process: subprocess.Popen[str]) -> None:
        """Pass it on to a program, now if it was asked for before."""
        self._process = process
        self._pass_on()

    def _ask(self, *_: object) -> None:
        self.asked += 1
        sys.stderr.write(f"\n{_SAID[min(self.asked, len(_SAID)) - 1]}\n")
        self._pass_on()

    def _pass_on(self) -> None:
        if self._process is None or not self.asked:
            return
        with contextlib.suppress(IndexError):
            self._process.send_signal(self._unsent.pop())
        if self.asked >= len(_SAID):
            self._process.kill()
