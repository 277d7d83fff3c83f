"""The runtime calls functions as the platform does; these are small functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.runtime import Function, FunctionError, FunctionTimeout, Runtime
from ocr_service.auth.keyring import Credentials

Start = Callable[..., Runtime]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    runtimes: list[Runtime] = []
    with (tmp_path / "log").open("ab") as output:

        def make(code: str, *, seconds: float = 10) -> Runtime:
            tree = tmp_path / "tree"
            tree.mkdir()
            (tree / "index.py").write_text(code, encoding="utf-8")
            function = Function(tree, {"NAME": "value"}, "project", seconds=seconds, instances=1)
            runtimes.append(Runtime(function, lambda: Credentials("AK", "SK", "ST"), output))
            return runtimes[-1]

        yield make
        for runtime in runtimes:
            runtime.stop()


def test_a_timeout_ends_the_function_and_the_next_event_succeeds(start: Start) -> None:
    runtime = start(
        "import time\n"
        "def initializer(context): pass\n"
        "def handler(event, context):\n"
        "    time.sleep(event)\n"
        "    return 'in time'\n",
        seconds=1,
    )
    with pytest.raises(FunctionTimeout, match="time limit of 1 s"):
        runtime.invoke(5)
    assert runtime.invoke(0) == "in time"


def test_the_context_has_the_platforms_methods(start: Start) -> None:
    runtime = start(
        "seen = []\n"
        "def initializer(context): seen.append(context.getUserData('NAME'))\n"
        "def handler(event, context):\n"
        "    context.getLogger().info('read %s', event)\n"
        "    left = context.getRemainingTimeInMilliSeconds()\n"
        "    return [seen, context.getUserData('NONE'), context.getProjectID(),\n"
        "        9000 < left <= 10000,\n"
        "        context.getSecurityAccessKey(), context.getSecuritySecretKey(),\n"
        "        context.getSecurityToken(), len(context.getRequestID())]\n"
    )
    expected = [["value"], None, "project", True, "AK", "SK", "ST", 32]
    assert runtime.invoke({}) == expected
    assert runtime.invoke({}) == expected  # the initializer ran once


def test_an_exception_is_returned_with_its_class_message_and_stack(start: Start) -> None:
    runtime = start(
        "def initializer(context): pass\ndef handler(event, context): raise KeyError('gone')\n"
    )
    with pytest.raises(FunctionError) as caught:
        runtime.invoke({})
    assert (caught.value.kind, caught.value.message) == ("KeyError", "'gone'")
    assert "in handler" in "".join(caught.value.trace)


def test_a_result_that_is_not_json_is_an_error(start: Start) -> None:
    runtime = start("def initializer(context): pass\ndef handler(event, context): return {1, 2}\n")
    with pytest.raises(FunctionError, match="not JSON serializable"):
        runtime.invoke({})


def test_an_instance_whose_process_ends_is_started_again(start: Start) -> None:
    runtime = start(
        "import os\n"
        "def initializer(context): pass\n"
        "def handler(event, context): return event or os._exit(7)\n"
    )
    with pytest.raises(FunctionError, match="ended unexpectedly"):
        runtime.invoke(0)
    assert runtime.invoke(1) == 1
