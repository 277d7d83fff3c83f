"""Ports for the servers of subprocesses, their guards, and the parts that must run."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.errors import CloudError
from local.processes import GuardedProcess, Parts, plain_environment, remove_at_end, reserve_ports


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


def test_the_stop_ends_wherever_ctrl_c_came(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        removal = remove_at_end(tmp_path / "data", log)
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)  # raises KeyboardInterrupt
    try:
        for number in range(500):
            with contextlib.suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + number * 1e-7)
                while removal.is_running():
                    pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    stopping = threading.Thread(target=removal.stop, daemon=True)
    stopping.start()
    stopping.join(9)  # it kills the guard after ten seconds
    assert not stopping.is_alive()
    assert not removal.is_running()
