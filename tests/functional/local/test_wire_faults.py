"""Faults on the wire: a request that is late reaches the service when its caller has left."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from local.faults import BUCKET, LATE, Exchange, Faults, Proxy
from tests.support.servers import Answer, Asked, serving

LONG = 10.0  # seconds, longer than any working step takes
ETAG = Answer(200, {"ETag": '"AB12"'})


@dataclass
class World:
    """A bucket behind a proxy."""

    proxy: Proxy
    faults: Faults
    exchanges: list[Exchange]
    asked: list[Asked]
    received: threading.Event

    def send(self, method: str, path: str, seconds: float) -> int:
        """Send a request, and close the connection when the time is over."""
        url = urlsplit(self.proxy.url)
        with closing(
            http.client.HTTPConnection(url.hostname or "", url.port, timeout=seconds)
        ) as connection:
            connection.request(method, path, b"content")
            return connection.getresponse().status


@pytest.fixture
def world() -> Iterator[World]:
    faults, exchanges, received = Faults(), list[Exchange](), threading.Event()

    def answer(_: Asked) -> Answer:
        received.set()
        return ETAG

    with serving(answer) as server, Proxy(BUCKET, faults, exchanges.append) as proxy:
        proxy.upstream = server.url
        yield World(proxy, faults, exchanges, server.asked, received)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_late_request_reaches_the_service_after_its_caller_has_left(world: World) -> None:
    world.faults.queue(LATE, "put", seconds=0.3)
    with pytest.raises(TimeoutError):
        world.send("PUT", "/bucket/results/a.json", seconds=0.2)
    left = time.monotonic()
    assert world.asked == []
    assert world.received.wait(LONG)
    (exchange,) = world.exchanges
    wait_until(lambda: exchange.ended > 0)
    assert (world.asked[0].method, world.asked[0].body) == ("PUT", b"content")
    assert exchange.served - left >= 0.25
    assert (exchange.fault, exchange.status, exchange.is_answered) == (LATE, 200, False)
    assert world.faults.fired == {("put", LATE): 1}


def test_a_later_request_overtakes_a_late_one(world: World) -> None:
    world.faults.queue(LATE, "put", seconds=0.3)
    with pytest.raises(TimeoutError):
        world.send("PUT", "/bucket/results/former.json", seconds=0.2)
    assert world.send("PUT", "/bucket/results/present.json", LONG) == 200
    wait_until(lambda: len(world.asked) > 1)
    assert [asked.path for asked in world.asked] == [
        "/bucket/results/present.json",
        "/bucket/results/former.json",
    ]


def test_a_late_request_waits_for_its_caller(world: World) -> None:
    world.faults.queue(LATE, "get", seconds=0.0)
    with pytest.raises(TimeoutError):
        world.send("GET", "/bucket/incoming/a.png", seconds=0.4)
    wait_until(lambda: world.exchanges[0].ended > 0)
    assert world.exchanges[0].served - world.exchanges[0].began >= 0.3


def test_an_exchange_has_the_etag_of_the_response(world: World) -> None:
    assert world.send("GET", "/bucket/incoming/a.png", LONG) == 200
    (one,) = world.exchanges
    wait_until(lambda: one.ended > 0)
    assert (one.etag, one.is_answered) == ("ab12", True)


def test_repeated_faults_meet_one_request_after_the_other(world: World) -> None:
    world.faults.queue("503", "put", times=2, key_part="a.json")
    paths = ("a.json", "b.json", "a.json", "a.json")
    found = [world.send("PUT", f"/bucket/results/{path}", LONG) for path in paths]
    assert found == [503, 200, 503, 200]
    assert world.faults.waiting == {}
