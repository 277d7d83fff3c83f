"""Services that stall or drip: a request ends in time, and nothing of it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from quota_invoice.errors import ServiceUnavailable, StoreError
from quota_invoice.obs.store import ObsStore
from quota_invoice.stopwatch import Stopwatch
from tests.support.hostile import (
    SECOND,
    Peer,
    descriptors,
    hostile,
    ocr_at,
    own_threads,
    recognize,
    response,
    store_at,
)

BOUND = 1.0  # seconds, of the settings
RECORD = {"status": "recognized"}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Each test leaves the threads that it found; the signing ones of the SDK end with a client."""
    threads = own_threads()
    yield
    left = {thread.name for thread in own_threads() - threads}
    assert {name for name in left if not name.startswith("ThreadPoolExecutor")} == set()


def stall(peer: Peer) -> None:
    if peer.request():
        peer.wait()


def test_a_write_that_stalls_is_never_sent_again_and_its_connection_is_closed() -> None:
    with hostile(stall) as server:
        store = store_at(server.url)
        started = time.monotonic()
        with pytest.raises(StoreError, match=r"Store.Unreachable: put results/a.json: Timeout"):
            store.write("invoices", "results/a.json", RECORD)
        assert time.monotonic() - started < BOUND + 0.5
        assert server.peers[0].closed.wait(5)
        # Another invocation's credentials must not send it either.
        store.for_invocation(SECOND, Stopwatch())
        assert server.methods() == ["PUT"]
        assert len(server.peers) == 1


def test_a_write_that_is_answered_late_is_never_sent_again() -> None:
    def late(peer: Peer) -> None:
        if peer.request():
            time.sleep(BOUND + 0.3)
            peer.send(response("200 OK", b"", 'ETag: "e"'))
            peer.wait()

    with hostile(late) as server:
        store = store_at(server.url)
        with pytest.raises(StoreError, match=r"^Store.Unreachable: put "):
            store.write("invoices", "results/a.json", RECORD)
        assert server.peers[0].closed.wait(5)
        assert server.methods() == ["PUT"]


def test_a_write_whose_connection_fails_is_sent_again_over_a_new_one() -> None:
    def second(peer: Peer) -> None:
        if peer.request():
            if peer.number == 0:
                peer.reset()
            peer.send(response("200 OK", b"", 'ETag: "e"'))

    with hostile(second) as server:
        store_at(server.url).write("invoices", "results/a.json", RECORD)
        assert server.methods() == ["PUT", "PUT"]
        assert len(server.peers) == 2


def test_a_read_that_stalls_is_sent_again_while_its_time_allows() -> None:
    def second(peer: Peer) -> None:
        if peer.number == 0:
            stall(peer)
        elif peer.request():
            peer.send(response("200 OK", b'{"a": 1}', 'ETag: "e"'))

    with hostile(second) as server:
        assert store_at(server.url).read("invoices", "results/a.json") == {"a": 1}
        assert server.methods() == ["GET", "GET"]
        assert server.peers[0].closed.wait(5)


def drip(content: bytes) -> Callable[[Peer], None]:
    def talk(peer: Peer) -> None:
        if peer.request():
            for index in range(len(content)):
                if not peer.send(content[index : index + 1]):
                    return
                time.sleep(0.2)

    return talk


HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(60))
BODY = b"HTTP/1.1 200 OK\r\nETag: e\r\nContent-Length: 5000\r\n\r\n"


def drips_body(peer: Peer) -> None:
    if peer.request() and peer.send(BODY):
        while peer.send(b" "):
            time.sleep(0.1)


def says_nothing(peer: Peer) -> None:
    peer.wait()


def read(store: ObsStore) -> None:
    store.read("invoices", "results/a.json")


def write(store: ObsStore) -> None:
    store.write("invoices", "results/a.json", {"text": "x" * 20_000_000})


def list_all(store: ObsStore) -> None:
    list(store.listing("invoices", "incoming/"))


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("talk", [stall, drip(HEADERS), drips_body])
@pytest.mark.parametrize("act", [read, list_all])
def test_a_slow_bucket_costs_its_time_limit_and_leaves_nothing(
    act: Callable[[ObsStore], None], talk: Callable[[Peer], None]
) -> None:
    with hostile(talk) as server:
        store = store_at(server.url)
        before = descriptors().get("socket", 0)
        started = time.monotonic()
        with pytest.raises(StoreError, match=r"^Store.Unreachable: "):
            act(store)
        assert time.monotonic() - started < 2 * BOUND + 1.5
        for peer in server.peers:
            assert peer.closed.wait(5)
        assert descriptors().get("socket", 0) <= before + len(server.peers)  # the server's own


def test_a_bucket_that_takes_no_bytes_costs_one_time_limit() -> None:
    def takes_nothing(peer: Peer) -> None:
        peer.closed.wait(2 * BOUND)

    with hostile(takes_nothing) as server:
        store = store_at(server.url)
        started = time.monotonic()
        with pytest.raises(StoreError, match=r"^Store.Unreachable: put "):
            write(store)
        assert time.monotonic() - started < BOUND + 0.8
        assert len(server.peers) == 1


@pytest.mark.parametrize("service", ["bucket", "ocr"])
def test_a_tls_handshake_that_stalls_costs_the_time_limit(service: str) -> None:
    with hostile(says_nothing) as server:
        url = server.url.replace("http:", "https:")
        started = time.monotonic()
        if service == "bucket":
            with pytest.raises(StoreError, match=r"^Store.Unreachable: "):
                write(store_at(url))
        else:
            with pytest.raises(ServiceUnavailable, match=r"^Service.Timeout: "):
                recognize(ocr_at(url))
        assert time.monotonic() - started < BOUND + 0.8
        assert server.peers[0].closed.wait(5)


@pytest.mark.parametrize("talk", [stall, drip(HEADERS), drips_body])
def test_a_slow_ocr_service_costs_its_time_limit_and_leaves_nothing(
    talk: Callable[[Peer], None],
) -> None:
    with hostile(talk) as server:
        ocr = ocr_at(server.url)
        started = time.monotonic()
        with pytest.raises(ServiceUnavailable, match=r"^Service.Timeout: .* within 1 s$") as late:
            recognize(ocr)
        assert late.value.tries == 2  # each attempt may be billed
        assert time.monotonic() - started < BOUND + 0.5
        assert server.peers[0].closed.wait(5)
        assert server.methods() == ["POST"]
