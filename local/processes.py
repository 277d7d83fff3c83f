"""Child processes that never outlive their parent, and the ports they listen on."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_GUARD = Path(__file__).with_name("guard.py")
_STOP_SECONDS = 10.0


class Process:
    """A running command behind a guard.

    Args:
        command: the program and its arguments; secrets belong into ``env``, since arguments can be
            seen by everyone on the machine.
        env: the whole environment of the command.
        cwd: its working folder.
        output: where its standard error goes, and its standard output unless ``piped``.
        piped: whether the standard output can be read from ``stdout``.
        remove: paths that go when the command has ended; without a command, when we have.
        grace: seconds that the command has to end well; 0 for none at all.
    """

    def __init__(  # noqa: PLR0913 - what a process takes
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        output: IO[bytes],
        piped: bool = False,
        remove: Sequence[Path] = (),
        grace: float = 5.0,
    ) -> None:
        guard = [sys.executable, "-I", "-S", str(_GUARD), "--grace", str(grace)]
        for path in remove:
            guard += ["--remove", str(path)]
        self._popen = subprocess.Popen(  # noqa: S603 - commands are our own
            [*guard, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if piped else output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            # Out of the terminal's foreground group: Ctrl-C is for the parent alone.
            start_new_session=True,
        )

    @property
    def stdout(self) -> IO[bytes]:
        """The command's standard output, if it was asked for."""
        if self._popen.stdout is None:
            message = "the output of this process is not piped"
            raise ValueError(message)
        return self._popen.stdout

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._popen.poll()

    def stop(self) -> None:
        """End the command and wait until it is gone."""
        if self._popen.stdin:
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
        try:
            self._popen.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()  # the guard's child dies with it
            self._popen.wait()
        if self._popen.stdout:
            self._popen.stdout.close()


def plain_environment(**more: str) -> dict[str, str]:
    """Give an environment without the caller's proxies, credentials and Python settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    # A netrc entry would replace the SDK's signature by a password.
    return {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "NETRC": os.devnull, **kept, **more}


def free_ports(count: int) -> list[int]:
    """Find loopback ports that nothing listens on; all are held until all are found."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(count):
            held = stack.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            ports.append(int(held.getsockname()[1]))
        return ports
