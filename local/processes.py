"""Subprocesses that never outlive this process, their environment and their ports."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from local.errors import CloudError
from local.process_guard import remove as remove_paths

_GUARD = Path(__file__).with_name("process_guard.py")
_STOP_SECONDS = 10.0
_WATCH_SECONDS = 0.2
_SERVER_PORTS = range(20_000, 32_768)  # below the ports that systems give to outgoing connections


class GuardedProcess:
    """A command that a guard process ends together with this process.

    Args:
        command: the program and its arguments; secrets belong in ``env``, since every user of the
            machine can see arguments.
        env: the complete environment of the command.
        cwd: its working folder.
        output: receives standard error, and standard output unless ``piped``.
        piped: whether standard output can be read from ``stdout``.
        remove: paths to remove when this process ends or calls ``stop``, after the command has
            ended; a command that ends by itself removes nothing.
        grace: seconds between SIGTERM and SIGKILL; 0 for SIGKILL at once.
    """

    def __init__(  # noqa: PLR0913 - the arguments of a subprocess
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
        self._remove = [str(path) for path in remove]
        for path in self._remove:
            guard += ["--remove", path]
        self._popen = subprocess.Popen(  # noqa: S603 - only commands of this project
            [*guard, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if piped else output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,  # Ctrl-C at the terminal reaches only the parent
        )
        # A thread of its own waits, since Ctrl-C interrupts the main one. Inside ``poll`` or
        # ``wait``, Ctrl-C can leave a lock locked: each later call would wait for it forever.
        self._waiting = threading.Thread(target=self._popen.wait, daemon=True)
        self._waiting.start()

    @property
    def stdout(self) -> IO[bytes]:
        """The standard output of a piped command."""
        if self._popen.stdout is None:
            raise ValueError("the output of this process is not piped")
        return self._popen.stdout

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._popen.returncode

    @property
    def pid(self) -> int:
        """The process id of the guard."""
        return self._popen.pid

    def is_running(self) -> bool:
        """Whether command and guard run."""
        return self.exit_code is None

    def stop(self) -> None:
        """End the command, wait until it is gone, and remove its paths, even without its guard."""
        if self._popen.stdin:
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
        self._waiting.join(_STOP_SECONDS)
        if self.is_running():
            self._popen.kill()  # the kernel then kills the command
            self._waiting.join()
        if self._popen.stdout:
            self._popen.stdout.close()
        remove_paths(self._remove)


class Parts:
    """The parts of a cloud that must run: without one, uploads would wait for records in vain.

    They are not started again: the store loses the notifications that it has not yet sent, and the
    function has given up the images that it tried meanwhile. Only a new start sends all inputs
    again.

    Args:
        checks: for each part its name, and whether it runs.
    """

    def __init__(self, checks: Mapping[str, Callable[[], bool]]) -> None:
        self._checks = dict(checks)

    def add(self, name: str, is_running: Callable[[], bool]) -> None:
        """Add a part."""
        self._checks[name] = is_running

    def watch(self) -> None:
        """Wait until a part ends.

        Raises:
            CloudError: always; the message names the part.
        """
        while all(is_running() for is_running in self._checks.values()):
            time.sleep(_WATCH_SECONDS)
        ended = [name for name, is_running in self._checks.items() if not is_running()]
        raise CloudError(f"{' and '.join(ended)} ended unexpectedly")


def remove_at_end(path: Path, output: IO[bytes]) -> GuardedProcess:
    """Start a process that removes a path when it is stopped or this process ends."""
    path = path.resolve()
    return GuardedProcess(
        [], env=plain_environment(), cwd=path.parent, output=output, remove=[path]
    )


def plain_environment(**variables: str) -> dict[str, str]:
    """Return an environment without the caller's proxies, credentials and Python settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    # An entry in ~/.netrc would replace the signature of the OCR SDK.
    defaults = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "NETRC": os.devnull}
    return {**defaults, **kept, **variables}


def reserve_ports(count: int) -> list[socket.socket]:
    """Reserve loopback TCP ports for the servers of a subprocess.

    No other caller gets a reserved port, nor does an outgoing connection, whose ports are higher.

    Returns:
        UDP sockets with the numbers of the ports; each marks its port as reserved until it closes.

    Raises:
        OSError: too few ports are free.
    """
    reserved: list[socket.socket] = []
    for port in random.sample(_SERVER_PORTS, len(_SERVER_PORTS)):
        marker = socket.socket(type=socket.SOCK_DGRAM)
        try:
            marker.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            marker.close()
            continue
        reserved.append(marker)
        if len(reserved) == count:
            return reserved
    raise OSError(f"fewer than {count} ports are free")
