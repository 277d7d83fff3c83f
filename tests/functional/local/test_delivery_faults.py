"""Delivery faults on real instances: kills, timeouts, the instance limit, retries, stopping."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import pytest

from local.runtime import (
    AsyncConfig,
    DeliveryFaults,
    Discarded,
    Function,
    FunctionError,
    FunctionTimeout,
    Runtime,
)
from ocr_service.auth.keyring import Credentials

LONG = 60.0  # seconds, more than any test takes

# Writes one line per step into the folder that its event names, for the tests to read; with
# `waits`, it waits for the file `go`.
HANDLER = """
import os, pathlib, time

def initializer(context): pass

def handler(event, context):
    folder = pathlib.Path(event["folder"])
    with (folder / "steps").open("a") as steps:
        steps.write(f"begin {event['name']} {context.getRequestID()} {os.getpid()}\\n")
    while event.get("waits") and not (folder / "go").exists():
        time.sleep(0.01)
    time.sleep(event.get("takes", 0))
    if event.get("raises"):
        raise ValueError(event["raises"])
    with (folder / "steps").open("a") as steps:
        steps.write(f"end {event['name']}\\n")
    return event["name"]
"""


class Made:
    """A runtime, and the folder to which its function writes."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.runtime = runtime
        self.folder = folder

    def event(self, name: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "folder": str(self.folder), **more}

    def steps(self, kind: str) -> list[str]:
        """The names of the events that began or ended, in order."""
        file = self.folder / "steps"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [line.split()[1] for line in lines if line.startswith(kind)]

    def wait_for(self, kind: str, count: int) -> None:
        deadline = time.monotonic() + LONG
        while len(self.steps(kind)) < count:
            assert time.monotonic() < deadline, f"no {count} × {kind}"
            time.sleep(0.01)

    def go(self) -> None:
        (self.folder / "go").touch()


Make = Callable[..., Made]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "index.py").write_text(HANDLER, encoding="utf-8")
    before = set(threading.enumerate())
    with contextlib.ExitStack() as stack:
        output = stack.enter_context((tmp_path / "log").open("ab"))

        def runtime_of(
            *,
            instances: int = 1,
            seconds: float = 30,
            discards: bool = False,
            delivery_faults: DeliveryFaults | None = None,
            **config: Any,
        ) -> Made:
            function = Function(
                tree,
                {},
                "project",
                seconds=seconds,
                instances=instances,
                discards=discards,
                asynchronous=AsyncConfig(**{"backoff": 0.01, **config}),
            )
            runtime = Runtime(function, lambda: Credentials("AK", "SK"), output, delivery_faults)
            stack.callback(runtime.stop)
            return Made(runtime, tmp_path)

        yield runtime_of
    assert not [
        thread for thread in set(threading.enumerate()) - before if "invocation" in thread.name
    ]


def test_a_killed_instance_is_replaced_and_the_event_is_retried(
    make: Make,
) -> None:
    made = make(retries=1)
    answer = made.runtime.submit(made.event("a", waits=True))
    made.wait_for("begin", 1)
    assert made.runtime.kill() == 1
    made.wait_for("begin", 2)
    made.go()
    assert answer.result(LONG) == "a"
    assert made.steps("end") == ["a"]
    assert made.runtime.counts == {"killed": 1, "retried": 1, "succeeded": 1}
    lines = (made.folder / "steps").read_text(encoding="utf-8").splitlines()
    (_, _, first_id, first_pid), (_, _, second_id, second_pid) = [
        line.split() for line in lines if line.startswith("begin")
    ]
    assert first_id == second_id  # all attempts have the same request id
    assert first_pid != second_pid


def test_only_busy_instances_are_killed(make: Make) -> None:
    made = make(instances=2)
    assert made.runtime.invoke(made.event("a")) == "a"
    assert made.runtime.kill() == 0
    busy = made.runtime.submit(made.event("b", waits=True))
    made.wait_for("begin", 2)
    assert made.runtime.kill() == 1
    with pytest.raises(FunctionError, match="ended unexpectedly"):
        busy.result(LONG)


def test_a_timeout_kills_the_instance_and_reaches_the_failure_destination(make: Make) -> None:
    failures: list[dict[str, Any]] = []
    made = make(seconds=0.5, retries=1, on_failure=failures.append)
    event = made.event("a", waits=True)
    with pytest.raises(FunctionTimeout, match="time limit of 0.5 s"):
        made.runtime.submit(event, "the-request").result(LONG)
    assert made.steps("begin") == ["a", "a"]
    (report,) = failures
    assert report["request_payload"] == event
    assert report["response_payload"]["errorType"] == "FunctionTimeout"
    assert report["request_context"] == {
        "request_id": "the-request",
        "function_urn": "urn:fss:cn-north-4:project:function:default:quota-invoice-ocr:latest",
        "condition": "RetriesExhausted",
        "approximate_invoke_count": 2,
    }


def test_the_functions_own_error_reaches_the_failure_destination_with_its_stack(make: Make) -> None:
    failures: list[dict[str, Any]] = []
    made = make(on_failure=failures.append)
    with pytest.raises(FunctionError, match="ValueError: bad"):
        made.runtime.submit(made.event("a", raises="bad")).result(LONG)
    payload = failures[0]["response_payload"]
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "bad")
    assert "in handler" in "".join(payload["stackTrace"])


def test_beyond_the_instance_limit_invocations_are_discarded_silently(make: Make) -> None:
    failures: list[dict[str, Any]] = []
    made = make(instances=2, discards=True, retries=3, on_failure=failures.append)
    busy = [made.runtime.submit(made.event(name, waits=True)) for name in "ab"]
    made.wait_for("begin", 2)
    excess = [made.runtime.submit(made.event(name)) for name in "cde"]
    wait(excess, LONG)
    assert all(one.cancelled() for one in excess)
    with pytest.raises(Discarded):
        made.runtime.invoke(made.event("f"))
    made.go()
    assert [one.result(LONG) for one in busy] == ["a", "b"]
    assert sorted(made.steps("begin")) == ["a", "b"]
    assert failures == []
    assert made.runtime.counts == {"discarded": 4, "succeeded": 2}
    assert made.runtime.invoke(made.event("g")) == "g"


def test_without_discards_invocations_wait(make: Make) -> None:
    made = make()
    events = [made.event(name, waits=True) for name in "abcd"]
    answers = [made.runtime.submit(event) for event in events]
    made.go()
    assert [one.result(LONG) for one in answers] == list("abcd")
    assert made.runtime.counts == {"succeeded": 4}


def test_with_all_faults_every_event_that_is_not_dropped_ends(make: Make) -> None:
    delivery_faults = DeliveryFaults(
        3, duplicate=0.3, drop=0.15, reorder=0.4, delay=0.3, kill=0.3, kill_within=0.05
    )
    failures: list[dict[str, Any]] = []
    made = make(instances=2, delivery_faults=delivery_faults, retries=3, on_failure=failures.append)
    names = [f"{number:02}" for number in range(40)]
    delivered: dict[str, list[Future[Any]]] = {
        name: made.runtime.deliver(made.event(name, takes=0.05)) for name in names
    }
    assert made.runtime.wait_until_idle(LONG)
    dropped = [name for name in names if not delivered[name]]
    assert delivery_faults.fired["drop"] == len(dropped)
    assert delivery_faults.fired["duplicate"] == sum(
        len(copies) == 2 for copies in delivered.values()
    )
    assert delivery_faults.fired["kill"] == made.runtime.counts["killed"]
    assert min(delivery_faults.fired[kind] for kind in ("drop", "duplicate", "reorder", "kill")) > 0
    lost = {report["request_payload"]["name"] for report in failures}
    assert set(made.steps("end")) | lost == set(names) - set(dropped)
    began = made.steps("begin")
    assert began != sorted(began)


def test_stopping_drops_queued_events_and_leaves_no_process(make: Make) -> None:
    failures: list[dict[str, Any]] = []
    made = make(retries=3, on_failure=failures.append)
    busy = made.runtime.submit(made.event("a", waits=True))
    made.wait_for("begin", 1)
    waiting, late = made.runtime.submit(made.event("b")), made.runtime.submit({}, delay=600)
    caught: list[FunctionError] = []

    def call() -> None:
        with pytest.raises(FunctionError, match="stopping") as raised:
            made.runtime.invoke(made.event("c"))
        caught.append(raised.value)

    caller = threading.Thread(target=call)
    caller.start()
    pid = int((made.folder / "steps").read_text(encoding="utf-8").split()[3])
    made.runtime.stop()
    caller.join(LONG)
    assert caught
    assert all(one.cancelled() for one in (busy, waiting, late))
    assert failures == []
    assert made.steps("end") == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(FunctionError, match="stopping"):
        made.runtime.invoke({})
    made.runtime.stop()
