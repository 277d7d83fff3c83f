"""Ports for the servers of subprocesses, their guards, and the parts that must run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.errors import CloudError
from local.processes import GuardedProcess, Parts, plain_environment, remove_at_end, reserve_ports
from tests.support.paths import ROOT


def test_a_reserved_port_is_given_once_and_is_free_for_a_server() -> None:
    with ExitStack() as stack:
        reserved = [stack.enter_context(marker) for _ in range(50) for marker in reserve_ports(8)]
        ports = [marker.getsockname()[1] for marker in reserved]
        assert len(set(ports)) == 400
        assert max(ports) < 32_768  # outgoing connections begin there
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", ports[0]))


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_a_command_that_ends_by_itself_keeps_its_files_until_it_is_stopped(
    tmp_path: Path, code: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "object").write_bytes(b"content")
    with (tmp_path / "log").open("wb") as log:
        process = GuardedProcess(
            [sys.executable, "-c", code],
            env=plain_environment(),
            cwd=tmp_path,
            output=log,
            piped=True,
            remove=[data],
        )
        assert process.stdout.read() == b""  # until command and guard have ended
        with pytest.raises(CloudError, match="^the store ended unexpectedly$"):
            Parts({"the log": lambda: True, "the store": process.is_running}).watch()
        assert (data / "object").read_bytes() == b"content"
        process.stop()
        assert not data.exists()


def test_files_are_removed_at_the_stop_even_if_their_guard_was_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with (tmp_path / "log").open("wb") as log:
        removal = remove_at_end(data, log)
    os.kill(removal.pid, signal.SIGKILL)
    with pytest.raises(CloudError, match="^the guard ended unexpectedly$"):
        Parts({"the guard": removal.is_running}).watch()
    assert data.exists()
    removal.stop()
    assert not data.exists()


# Each alarm raises KeyboardInterrupt, as Ctrl-C does.
INTERRUPTED = """
import contextlib, signal, sys
from pathlib import Path
from local.processes import remove_at_end

folder = Path(sys.argv[1])
signal.signal(signal.SIGALRM, signal.default_int_handler)
with (folder / "log").open("wb") as log:
    removal = remove_at_end(folder / "data", log)
for number in range(500):
    with contextlib.suppress(KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.0002 + number * 1e-7)
        while removal.is_running():
            pass
signal.setitimer(signal.ITIMER_REAL, 0)
removal.stop()
print("is running" if removal.is_running() else "stopped")
"""


def test_the_stop_ends_wherever_ctrl_c_came(tmp_path: Path) -> None:
    """In a process of its own: an interrupt may come while native objects are freed."""
    done = subprocess.run(  # noqa: S603 - the program above
        [sys.executable, "-c", INTERRUPTED, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,  # seconds; a lock that stays locked is waited for forever
        check=False,
    )
    assert (done.stdout, done.stderr) == ("stopped\n", "")
