"""Limits that hold while callers without credentials, or with one key, ask for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from ocr_service import errors
from ocr_service.auth.tokens import Tokens
from ocr_service.http.connections import Connection, Connections
from ocr_service.http.failure_delays import FailureDelays
from ocr_service.http.fair_shares import FairSemaphore, FairSlots
from ocr_service.http.pending_bodies import PendingBodies


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


class Callers:
    """Opens connections, and keeps the names of those that were closed."""

    def __init__(self, limit: int, per_address: int) -> None:
        self.table = Connections(limit, per_address, Clock())
        self.closed: list[str] = []
        self.delays: list[float] = []

    def open(self, name: str, address: str) -> Connection | None:
        def abort(seconds: float) -> None:
            self.closed.append(name)
            self.delays.append(seconds)

        return self.table.open((address, 1), abort)


def test_a_new_connection_takes_the_place_of_the_oldest_silent_one() -> None:
    callers = Callers(3, 3)
    for name in ("first", "second", "third"):
        assert callers.open(name, "10.0.0.1")
    assert callers.open("fourth", "10.0.0.1")
    assert callers.open("fifth", "10.0.0.1")
    assert callers.closed == ["first", "second"]
    assert (callers.table.count(), callers.table.evicted) == (3, 2)


def test_a_silent_connection_is_closed_before_one_that_sent_a_request() -> None:
    callers = Callers(2, 2)
    first = callers.open("first", "10.0.0.1")
    callers.open("silent", "10.0.0.1")
    assert first
    callers.table.touch(first)
    callers.open("third", "10.0.0.1")
    assert callers.closed == ["silent"]


def test_silent_connections_notice_later_and_at_most_as_many_as_the_limit() -> None:
    callers = Callers(2, 2)
    opened = [callers.open(str(number), "10.0.0.1") for number in range(5)]
    assert callers.delays == [1, 1, 0]
    for one in opened[:2]:
        assert one
        callers.table.close(one)  # a second later
    last = callers.open("last", "10.0.0.1")
    assert last
    assert callers.delays[3:] == [1]


def test_the_address_with_the_most_connections_makes_room() -> None:
    callers = Callers(4, 4)
    callers.open("alone", "10.0.0.1")
    for number in range(3):
        callers.open(f"crowd {number}", "10.0.0.2")
    callers.open("new", "10.0.0.3")
    assert callers.closed == ["crowd 0"]


def test_an_address_has_a_limit_of_its_own_and_an_ipv6_network_counts_as_one() -> None:
    callers = Callers(10, 2)
    for number in range(3):
        callers.open(f"v6 {number}", f"2001:db8::{number + 1}")
    callers.open("v4", "10.0.0.1")
    callers.open("mapped", "::ffff:10.0.0.1")
    callers.open("mapped 2", "::ffff:10.0.0.1")
    assert callers.closed == ["v6 0", "v4"]


def test_connections_with_authenticated_requests_stay_and_the_new_one_is_refused() -> None:
    callers = Callers(2, 2)
    opened = [callers.open(name, "10.0.0.1") for name in ("first", "second")]
    trusted = [one for one in opened if one]
    for one in trusted:
        one.is_trusted = True
    assert callers.open("third", "10.0.0.2") is None
    assert callers.closed == []
    callers.table.touch(trusted[1])  # the response is complete
    assert callers.open("fourth", "10.0.0.2")
    assert callers.closed == ["second"]


Receive = Callable[[], Message]


def arriving(address: str, *parts: bytes, then: anyio.Event | None = None) -> Request:
    """A request whose body arrives in parts, and ends when an event is set."""
    left = list(parts)

    async def receive() -> Message:
        if not left and then:
            await then.wait()
        body = left.pop(0) if left else b""
        more = bool(left) or then is not None
        return {"type": "http.request", "body": body, "more_body": more}

    scope = {"type": "http", "headers": [], "client": (address, 1), "method": "POST"}
    return Request(scope, receive)


def test_the_oldest_body_is_given_up_when_too_many_arrive() -> None:
    async def run() -> None:
        pending, never, codes = PendingBodies(max_requests=2), anyio.Event(), []

        async def slow() -> None:
            with pytest.raises(errors.ApiError) as caught:
                await pending.read(arriving("10.0.0.1", b"{", then=never), 100, 60)
            codes.append(caught.value.code)

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(slow)
            await anyio.wait_all_tasks_blocked()
            for _ in range(3):  # each finds room
                body = await pending.read(arriving("10.0.0.2", b"{", b"}"), 100, 60)
                assert body.data == b"{}"
            assert (pending.count(), pending.evicted) == (1, 1)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert codes == [errors.TOO_MANY_AT_ONCE]

    asyncio.run(run())


def test_bodies_that_are_not_authenticated_have_a_total_size() -> None:
    async def run() -> None:
        pending, never = PendingBodies(max_total_bytes=1000), anyio.Event()

        async def large() -> None:
            with pytest.raises(errors.ApiError):
                await pending.read(arriving("10.0.0.1", bytes(800), then=never), 1000, 60)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(large)
            await anyio.wait_all_tasks_blocked()
            assert len((await pending.read(arriving("10.0.0.2", bytes(400)), 1000, 60)).data) == 400
        assert (pending.count(), pending.evicted) == (0, 1)

    asyncio.run(run())


def test_wrong_credentials_wait_longer_each_time_and_are_forgotten_after_a_minute() -> None:
    now = [0.0]
    delays = FailureDelays(lambda: now[0])
    assert [delays.after_failure("10.0.0.1") for _ in range(11)] == [
        *[0.0] * 5,
        *(0.1, 0.2, 0.4, 0.8, 1.0, 1.0),
    ]
    assert delays.after_failure("10.0.0.2") == 0
    now[0] = 61
    assert delays.after_failure("10.0.0.1") == 0
    assert delays.total == 13


def test_a_key_alone_has_all_slots_and_leaves_each_other_key_its_share() -> None:
    slots = FairSlots(4)
    busy = [slots.hold("busy") for _ in range(5)]
    for one in busy[:4]:
        one.__enter__()
    with pytest.raises(errors.ApiError, match=r"ModelArts.4401"):
        busy[4].__enter__()
    with slots.hold("other"), slots.hold("other"):
        assert slots.used() == 6
        with pytest.raises(errors.ApiError, match=r"ModelArts.4401"), slots.hold("other"):
            pass
    for one in busy[:4]:
        one.__exit__(None, None, None)
    assert slots.used() == 0


def test_keys_take_turns_at_the_readers() -> None:
    async def run() -> list[str]:
        readers, order = FairSemaphore(1), []

        async def read(key: str) -> None:
            async with readers.hold(key):
                order.append(key)
                await asyncio.sleep(0)

        await asyncio.gather(*(read(key) for key in ("a", "a", "a", "a", "b", "c")))
        return order

    assert asyncio.run(run()) == ["a", "a", "b", "c", "a", "a"]


def test_a_cancelled_wait_gives_its_turn_to_the_next() -> None:
    async def run() -> None:
        readers = FairSemaphore(1)

        async def read() -> None:
            async with readers.hold("a"):
                await asyncio.sleep(60)

        first, second = asyncio.create_task(read()), asyncio.create_task(read())
        await asyncio.sleep(0)
        third = asyncio.create_task(read())
        await asyncio.sleep(0)
        assert readers.waiting() == 2
        second.cancel()
        first.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert readers.waiting() == 0  # the third reads
        third.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        async with readers.hold("b"):
            pass

    asyncio.run(run())


def test_instances_with_the_same_secret_accept_each_other_s_tokens() -> None:
    one, other = (Tokens(timedelta(hours=1), secret="s" * 32) for _ in range(2))
    token, _ = one.issue("p1", owner="AK")
    assert other.check(token) == ("AK", "p1")
    with pytest.raises(errors.ApiError):
        Tokens(timedelta(hours=1)).check(token)
