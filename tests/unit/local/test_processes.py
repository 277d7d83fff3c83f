"""Ports for the servers of subprocesses."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from local.processes import reserve_ports


def test_a_reserved_port_is_given_once_and_is_free_for_a_server() -> None:
    with ExitStack() as stack:
        reserved = [stack.enter_context(marker) for _ in range(50) for marker in reserve_ports(8)]
        ports = [marker.getsockname()[1] for marker in reserved]
        assert len(set(ports)) == 400
        assert max(ports) < 32_768  # outgoing connections begin there
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", ports[0]))
