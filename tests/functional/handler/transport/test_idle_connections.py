"""Kept connections: used again while they are young, and given up once one of them failed."""

from __future__ import annotations

import itertools
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import certifi
import pytest

from quota_invoice.deadline import Deadline
from quota_invoice.errors import ServiceUnavailable
from quota_invoice.obs.connections import IdleConnections
from quota_invoice.sockets import (
    AUTHORITIES,
    LONGEST_IDLE,
    Exchange,
    KeptConnections,
    bounded_tls,
    connect,
    exchange,
)
from tests.support.hostile import Peer, hostile, ocr_at, recognize, response, store_at
from tests.support.tls import Authority, resolving
from tests.support.waiting import replaced_here

HOST = "service.cn-north-4.test"

FOUND = response("200 OK", b"{}", 'ETag: "e"')
RESULT = response("200 OK", b'{"result": {"amount": "1"}}')


def answers(peer: Peer) -> None:
    while request := peer.request():
        peer.send(RESULT if request.startswith(b"POST") else FOUND)


def test_requests_share_a_connection() -> None:
    with hostile(answers) as server:
        store, ocr = store_at(server.url), ocr_at(server.url)
        for _ in range(3):
            store.read("invoices", "results/a.json")
            recognize(ocr)
        assert [len(peer.requests) for peer in server.peers] == [3, 3]


def test_requests_with_tls_share_a_connection_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.context(tmp_path, f"*.{HOST}", HOST)
    with hostile(answers, tls) as server, resolving(HOST):
        url, ca_file = f"https://{HOST}:{server.port}", str(authority.ca_file)
        store = store_at(url, OBS_PATH_STYLE="false", CA_FILE=ca_file)
        ocr = ocr_at(url, CA_FILE=ca_file)
        for _ in range(3):
            store.read("invoices", "results/a.json")
            recognize(ocr)
        assert [len(peer.requests) for peer in server.peers] == [3, 3]


def test_a_certificate_of_an_unknown_authority_ends_the_request(tmp_path: Path) -> None:
    tls = Authority(tmp_path).context(tmp_path, HOST)
    with (
        hostile(answers, tls) as server,
        resolving(HOST),
        pytest.raises(ServiceUnavailable, match=r"^Service.Certificate: "),
    ):
        recognize(ocr_at(f"https://{HOST}:{server.port}"))


def test_authorities_in_a_folder_are_loaded_when_a_server_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "cacert.pem"))
    (tmp_path / AUTHORITIES).mkdir()
    context = bounded_tls.__wrapped__(None)
    assert (context.cert_store_stats()["x509"], context.check_hostname) == (0, True)


def test_a_kept_connection_replaces_those_that_are_too_old() -> None:
    class Fake:
        is_young = True
        is_closed = False

        def is_usable(self) -> bool:
            return self.is_young

        def close(self) -> None:
            self.is_closed = True

    idle: Any = IdleConnections()
    first, second, failed = Fake(), Fake(), Fake()
    idle.put_nowait(first)
    first.is_young = failed.is_young = False
    for connection in (second, failed):
        idle.put_nowait(connection)
    assert [each.is_closed for each in (first, second, failed)] == [True, False, True]
    assert (idle.get(), idle.empty()) == (second, True)


def test_a_kept_connection_that_another_thread_takes_is_not_closed() -> None:
    class Taken:
        is_closed = False

        def is_usable(self) -> bool:
            if not idle.empty():
                idle.get()
            return False

        def close(self) -> None:
            self.is_closed = True

    idle: Any = IdleConnections()
    taken, failed = Taken(), Taken()
    vars(idle)["_connections"].append(taken)
    idle.put_nowait(failed)
    assert (taken.is_closed, failed.is_closed) == (False, True)


@pytest.mark.parametrize("clock", ["monotonic", "time"])
def test_an_old_connection_is_not_used_again(clock: str) -> None:
    # While an instance is frozen, either clock may stand still.
    with hostile(answers) as server:
        store, ocr = store_at(server.url), ocr_at(server.url)
        store.read("invoices", "results/a.json")
        recognize(ocr)
        now = getattr(time, clock)
        with replaced_here(time, clock, lambda: now() + LONGEST_IDLE):
            store.read("invoices", "results/a.json")
            recognize(ocr)
        assert [len(peer.requests) for peer in server.peers] == [1, 1, 1, 1]
        assert all(peer.closed.wait(5) for peer in server.peers[:2])


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    def answers_once(peer: Peer) -> None:
        request = peer.request()
        peer.send(RESULT if request.startswith(b"POST") else FOUND)

    with hostile(answers_once) as server:
        store, ocr = store_at(server.url), ocr_at(server.url)
        for number in range(1, 4):
            store.read("invoices", "results/a.json")
            recognize(ocr)
            # Each request came once: none was lost on a closed connection.
            assert server.methods().count("GET") == server.methods().count("POST") == number
            time.sleep(0.05)  # the end of the connection arrives


def test_one_dead_connection_costs_one_attempt_however_many_were_kept() -> None:
    at_once = Barrier(6)
    dead = []

    def forgets(peer: Peer) -> None:
        """Answer the first requests; later ones on these connections end without a response."""
        for count in itertools.count():
            if not peer.request():
                return
            if count and peer.number < at_once.parties:
                dead.append(peer.number)
                return
            if not count and peer.number < at_once.parties:
                at_once.wait(5)  # so that each has a connection of its own
            peer.send(FOUND)

    with hostile(forgets) as server:
        store = store_at(server.url, OBS_TIMEOUT_SECONDS="10")
        with ThreadPoolExecutor(at_once.parties) as pool:
            list(pool.map(lambda _: store.read("invoices", "a"), range(at_once.parties)))
        assert len(server.peers) == at_once.parties
        store.read("invoices", "a")
        assert len(dead) == 1
        assert len(server.peers) == at_once.parties + 1


def test_a_connection_whose_reading_failed_is_not_used_again() -> None:
    with hostile(Peer.wait) as server, exchange(0.05, 1, KeptConnections()):
        opened = connect("127.0.0.1", server.port)
        assert opened.is_usable()
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # nothing waits for more
        with pytest.raises(TimeoutError):
            opened.recv_into(bytearray(1))
        assert not opened.is_usable()
        opened.close()


def test_an_exchange_without_a_second_left_is_over() -> None:
    bounds = Exchange(Deadline(0.0, 0.0, clock=lambda: 0.0), 1, KeptConnections())
    assert (bounds.is_over(), bounds.status) == (True, 0)
    # A socket whose timeout is 0 would not wait at all.
    with pytest.raises(TimeoutError):
        bounds.remaining()


def test_a_response_that_was_not_read_to_its_end_closes_its_connection() -> None:
    large = response("200 OK", b"x" * 3_000_000, 'ETag: "e"')

    def answers_large(peer: Peer) -> None:
        while peer.request() and peer.send(large):
            pass

    with hostile(answers_large) as server:
        store = store_at(server.url)
        for _ in range(2):
            found = store.identify("invoices", "incoming/a.jpg")
            assert found is not None
            source = found.source
            assert (source.size, found.beginning) == (3_000_000, b"x" * 4096)
        assert store.fetch(source, 1_000_000) is None
        assert all(peer.closed.wait(5) for peer in server.peers)
        assert [len(peer.requests) for peer in server.peers] == [1, 1, 1]
