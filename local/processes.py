"""Subprocesses that never outlive this process, their environment and their ports."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_GUARD = Path(__file__).with_name("process_guard.py")
_STOP_SECONDS = 10.0
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
        remove: paths to remove after the command has ended; without a command, when this process
            ends.
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
        for path in remove:
            guard += ["--remove", str(path)]
        self._popen = subprocess.Popen(  # noqa: S603 - only commands of this project
            [*guard, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if piped else output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,  # Ctrl-C at the terminal reaches only the parent
        )

    @property
    def stdout(self) -> IO[bytes]:
        """The standard output of a piped command."""
        if self._popen.stdout is None:
            raise ValueError("the output of this process is not piped")
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
            self._popen.kill()  # the kernel then kills the command
            self._popen.wait()
        if self._popen.stdout:
            self._popen.stdout.close()


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
