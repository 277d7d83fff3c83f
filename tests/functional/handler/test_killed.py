"""The function is killed (SIGKILL) at each of its requests: before it takes effect, or after.

A proxy holds the request or its response while the instance is killed. Then the event comes again.
"""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import Any

import pytest

from local.cloud import Cloud
from local.runtime import FunctionError
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce, etag
from tests.support.faulty import Faulty

LONG = 30.0  # seconds, longer than any working step takes
KEY, RECORD, FAILURE = "incoming/a.png", "results/a.png.json", "failures/a.png.json"
OTHER = "incoming/b.png"  # another file of the same invoice
FORMER = {"source": {"etag": "0123abcd"}}
HISTORY = "history/a.png.0123abcd.json"
BAD = b"\0This is no picture at all."
HELD = {"before": "stall", "after": "no_response_after_commit"}

# The requests of an invocation in order: the operation, and its number among its kind.
# An object with a new content, whose former content has a failure record:
READ = [
    ("identify", 0),
    ("get", 0),  # the record
    ("get", 1),  # the failure record
    ("recognize", 0),
    ("fetch", 0),  # by the OCR service, while the function waits
    ("put", 0),  # note the invoice's appearance
    ("list", 0),  # look for earlier ones
    ("head", 0),  # confirm that the object has still this content
    ("delete", 0),  # the failure record of the former content
    ("put", 1),  # write the record
]
# An object that is no image:
REFUSED = [
    ("identify", 0),
    ("get", 0),
    ("get", 1),
    ("recognize", 0),
    ("fetch", 0),
    ("get", 2),  # the object itself, to check that it is no image
    ("head", 0),
    ("get", 3),  # check for a record of another invocation
    ("put", 0),
]
# An object with a new content, whose former content has a record:
REPLACED = [
    ("identify", 0),
    ("get", 0),  # the former record
    ("get", 1),
    ("recognize", 0),
    ("fetch", 0),
    ("put", 0),
    ("list", 0),
    ("head", 0),
    ("put", 1),  # the former record to the history
    ("put", 2),  # write the record
]


@pytest.fixture(scope="module")
def cloud(faulty: Faulty) -> Cloud:
    return faulty.cloud


def killed_at(faulty: Faulty, run: Run, event: object, step: tuple[str, int], when: str) -> None:
    """Kill an invocation while a proxy holds one of its requests."""
    operation, nth = step
    faulty.faults.queue(HELD[when], operation, after=nth)
    invocation: Future[Any] = run.runtime.submit(event)
    assert faulty.faults.wait(operation, HELD[when], LONG), f"{step} did not come"
    assert run.runtime.kill() == 1
    with pytest.raises(FunctionError, match="ended unexpectedly"):
        invocation.result(LONG)
    assert faulty.faults.fired == {(operation, HELD[when]): 1}


def calls_of(steps: list[tuple[str, int]], step: tuple[str, int], when: str) -> int:
    """Return the number of OCR requests in the end: two if the first one's result was lost."""
    asked, written = steps.index(("recognize", 0)), len(steps) - 1
    at = steps.index(step)
    lost = asked <= at < written or (at == written and when == "before")
    return 2 if lost else 1


def parameters(steps: list[tuple[str, int]]) -> list[Any]:
    # The last write comes first: `make test` always runs the first row.
    return [
        pytest.param(step, when, id=f"{step[0]}-{step[1]}-{when}")
        for step in reversed(steps)
        for when in reversed(HELD)
    ]


def former_failure(objects: Objects) -> None:
    objects.put(FAILURE, b'{"source": {"etag": "of the former content"}}')


def former_record(objects: Objects) -> None:
    objects.put(RECORD, json.dumps(FORMER).encode())


def outside_index(objects: Objects) -> list[str]:
    return [key for key in objects.keys() if not key.startswith("index/")]  # noqa: SIM118 - no dict


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize(("step", "when"), parameters(READ))
def test_a_killed_function_leaves_a_right_record_in_the_end(
    faulty: Faulty,
    run: Run,
    objects: Objects,
    image: bytes,
    truth: dict[str, dict[str, str]],
    step: tuple[str, int],
    when: str,
) -> None:
    former_failure(objects)
    event = announce(KEY, objects.put(KEY, image))
    faulty.clear()
    killed_at(faulty, run, event, step, when)

    done = (step, when) == (("put", 1), "after")
    assert run.invoke(event) == ({"duplicate": 1} if done else {"recognized": 1})
    assert outside_index(objects) == [KEY, RECORD]
    record = objects.record(RECORD)
    assert record["source"]["etag"] == etag(image)
    assert {name: record["result"][name] for name in truth["shanghai-10-yuan-clean.png"]} == truth[
        "shanghai-10-yuan-clean.png"
    ]
    assert faulty.calls(KEY) == calls_of(READ, step, when)
    assert len(objects.keys("index/")) == 1
    assert run.invoke(announce(OTHER, objects.put(OTHER, image))) == {"recognized": 1}
    [invoice] = objects.record("results/b.png.json")["invoices"]
    assert invoice["duplicate_of"] == KEY


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("step", "when"), parameters(REFUSED))
def test_a_killed_function_leaves_one_failure_record_in_the_end(
    faulty: Faulty, run: Run, objects: Objects, step: tuple[str, int], when: str
) -> None:
    event = announce(KEY, objects.put(KEY, BAD))
    faulty.clear()
    killed_at(faulty, run, event, step, when)

    done = step == ("put", 0) and when == "after"
    assert run.invoke(event) == ({"duplicate": 1} if done else {"failed": 1})
    assert objects.keys() == [FAILURE, KEY]
    failure = objects.record(FAILURE)
    assert (failure["source"]["etag"], failure["error"]["code"]) == (etag(BAD), "AIS.0102")
    assert faulty.calls(KEY) == calls_of(REFUSED, step, when)


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("step", "when"), parameters(REPLACED))
def test_a_killed_function_keeps_the_former_record_in_the_history(
    faulty: Faulty,
    run: Run,
    objects: Objects,
    image: bytes,
    step: tuple[str, int],
    when: str,
) -> None:
    former_record(objects)
    event = announce(KEY, objects.put(KEY, image))
    faulty.clear()
    killed_at(faulty, run, event, step, when)

    done = (step, when) == (("put", 2), "after")
    assert run.invoke(event) == ({"duplicate": 1} if done else {"recognized": 1})
    assert outside_index(objects) == [HISTORY, KEY, RECORD]
    assert objects.record(HISTORY) == FORMER
    assert objects.record(RECORD)["source"]["etag"] == etag(image)
    assert faulty.calls(KEY) == calls_of(REPLACED, step, when)


@pytest.mark.parametrize("steps", [READ, REFUSED, REPLACED], ids=["read", "refused", "replaced"])
def test_the_lists_name_all_requests(
    faulty: Faulty, run: Run, objects: Objects, image: bytes, steps: list[tuple[str, int]]
) -> None:
    if steps is READ:
        former_failure(objects)
    if steps is REPLACED:
        former_record(objects)
    event = announce(KEY, objects.put(KEY, BAD if steps is REFUSED else image))
    faulty.clear()
    assert run.invoke(event) in ({"recognized": 1}, {"failed": 1})
    assert [exchange.operation for exchange in faulty.exchanges] == [step[0] for step in steps]
