"""Runs a plan: the real code of the function, in a simulated world, until all is quiet."""

from __future__ import annotations

import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar
from unittest import mock
from urllib.parse import quote

from quota_invoice import deadline
from quota_invoice import retry as retrying
from quota_invoice.api import invoices, uploads
from quota_invoice.api.dispatch import dispatch
from quota_invoice.deadline import Deadline
from quota_invoice.events.api_request import parse_api_request
from quota_invoice.events.timer import Sweep
from quota_invoice.events.upload import Upload
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition import recognizer
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.records import record
from quota_invoice.stopwatch import Stopwatch
from quota_invoice.sweep.sweeper import Sweeper
from quota_invoice.uploads import UploadProcessor
from tests.simulation.bucket import SimulatedStore, Stored, instant
from tests.simulation.invocation import Invocation
from tests.simulation.ocr import SimulatedOcr
from tests.simulation.plans import Action, Plan
from tests.simulation.scheduler import Pool
from tests.simulation.world import LAYOUT, SETTINGS, Rates, World
from tests.support.waiting import replaced_here

_DELIVERIES = 3  # of an event whose invocation fails
_CALM = Rates(0.0, 0.0, 0.0, 0.0)
_LONGEST_WAIT = 75 * 3600.0  # seconds until every input that is tried again later is due
_SWEEP_SECONDS = 600.0
_CREATED, _FAULT = 201, 500
_T = TypeVar("_T")


class Ended(NamedTuple):
    """The rules that a history broke, the faults and states that it met, and its trace."""

    broken: list[str]
    met: Counter[str]
    lines: list[str]


def kept(run: Callable[[int], Ended], number: int) -> Callable[[int], Ended]:
    """Return a function that runs a history and keeps the first ends: two tests need them.

    Args:
        run: runs the history of a seed.
        number: how many of them are kept.
    """
    remembered = cache(run)
    return lambda seed: (remembered if seed < number else run)(seed)


class History:
    """One run of a plan.

    Args:
        plan: the actions.
        plain: the steps that meet neither a fault nor a delay.
        is_traced: whether the world's ``lines`` tell everything.
    """

    def __init__(
        self,
        plan: Plan,
        plain: AbstractSet[tuple[str, int]] = frozenset(),
        *,
        is_traced: bool = False,
    ) -> None:
        self.world = World(
            plan.seed,
            plan.rates,
            plan.skew,
            versioned=plan.versioned,
            plain=plain,
            is_traced=is_traced,
        )
        self.invocations: dict[str, Invocation] = {}
        self.plan = plan
        self._settings = SETTINGS._replace(recognize_all=plan.auto)
        self._uploaded: dict[str, Stored] = {}

    def run(self) -> World:
        """Run all actions, then two sweeps in a calm world."""
        world = self.world
        random.seed(self.plan.seed)  # of the pauses between attempts
        with _simulated_time(world):
            for action in self.plan.actions:
                world.scheduler.start(partial(self._act, action), action.at)
            world.scheduler.run()
            world.rates, world.is_settled = _CALM, True
            for name in ("last-sweep", "very-last-sweep"):
                begin = world.now + _LONGEST_WAIT
                world.scheduler.start(partial(self._sweep, name, _SWEEP_SECONDS, Sweep()), begin)
                world.scheduler.run()
        return world

    def call(self, name: str, method: str, path: str, body: str = "", **query: str) -> object:
        """Call the API, after the end of the history."""
        answers: list[object] = []

        def task() -> None:
            answers.append(self._call(name, method, path, body, query))

        with _simulated_time(self.world):
            self.world.scheduler.start(task, self.world.now)
            self.world.scheduler.run()
        return answers[0]

    def _act(self, action: Action) -> None:
        """Run one action, as a task."""
        world, key, name = self.world, action.key, action.name
        path = f"/invoices/{quote(key.removeprefix(LAYOUT.input_prefix))}"
        match action.kind:
            case "upload":
                self._uploaded[name] = world.upload(key, action.data)
            case "event":
                self._deliver(action, filter(None, map(self._uploaded.get, action.text.split())))
            case "signed upload":
                self._upload_by_url(action)
            case "delete":
                world.remove(key)
            case "outage":
                world.outage(action.text, action.seconds)
            case "sweep":
                self._sweep(
                    name, action.seconds, Sweep(**{action.text: True} if action.text else {})
                )
            case "post":
                self._call(name, "POST", "/invoices", f'{{"key": "{key}"}}', {})
            case "get":
                self._call(name, "GET", path, "", {})
            case "list":
                self._call(name, "GET", "/invoices", "", {})

    def _upload_by_url(self, action: Action) -> None:
        """Ask the API for an upload URL, and use it twice."""
        body = '{"name": "a.jpg"}'
        status, answer = answer_of(self._call(f"{action.name}.url", "POST", "/uploads", body, {}))
        if status != _CREATED:
            return
        for number in range(2):
            stored = self.world.upload(answer["key"], action.data)
            event = replace(action, name=f"{action.name}.event{number}")
            self.world.scheduler.start(partial(self._deliver, event, [stored]), self.world.now)
            self.world.sleep(action.seconds)

    def _deliver(self, action: Action, uploaded: Iterable[Stored]) -> None:
        """Deliver an event, again if its invocation fails."""
        announced = [_announced(stored) for stored in uploaded]
        for number in range(_DELIVERIES):
            invocation = self._begin(f"{action.name}.{number}", action.seconds)
            store, pipeline = self._parts(invocation)
            processor = UploadProcessor(LAYOUT, store, pipeline, invocation.log)
            invocation.run(lambda: processor.run(announced, invocation.deadline))  # noqa: B023 - runs at once
            if not (invocation.is_dead or invocation.error):
                return
            self.world.sleep(4.0**number)

    def _sweep(self, name: str, seconds: float, sweep: Sweep) -> None:
        invocation = self._begin(name, seconds, sweep=sweep)
        store, pipeline = self._parts(invocation)
        sweeper = Sweeper(
            self._settings,
            store,
            pipeline,
            invocation.log,
            invocation.deadline,
            pool=partial(Pool, self.world.scheduler),
            now=lambda: instant(self.world.now),
        )
        invocation.run(lambda: sweeper.run(sweep))

    def _call(self, name: str, method: str, path: str, body: str, query: dict[str, str]) -> object:
        event = {"httpMethod": method, "path": path, "body": body, "queryStringParameters": query}
        request = parse_api_request(event)
        assert request
        invocation = self._begin(name, SETTINGS.api_seconds)
        store, _ = self._parts(invocation)
        ocr, stopwatch = SimulatedOcr(invocation), Stopwatch()
        parts = (self._settings, store, ocr)
        response = invocation.run(
            lambda: dispatch(
                request,
                lambda: parts,  # type: ignore[arg-type, return-value]  # simulated ones
                invocation.log,
                invocation.deadline,
                stopwatch,
            )
        )
        status, answer = answer_of(response)
        if status == _FAULT:
            self.world.violations.append(f"{name}: {answer}")
        return response

    def _begin(self, name: str, seconds: float, sweep: Sweep | None = None) -> Invocation:
        invocation = Invocation(self.world, name, seconds, sweep)
        self.invocations[name] = invocation
        return invocation

    def _parts(self, invocation: Invocation) -> tuple[SimulatedStore, Pipeline]:
        store = SimulatedStore(invocation, Deadline(float("inf"), float("inf"), self.world.clock))
        ocr = SimulatedOcr(invocation)
        recognizer = Recognizer(store, ocr, invocation.log, LAYOUT, auto=self.plan.auto)
        region = SETTINGS.region
        return store, Pipeline(LAYOUT, region, store, recognizer, invocation.log, keep_history=True)


def answer_of(response: object) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of the API's response; 0 if the invocation crashed."""
    if not isinstance(response, dict):
        return 0, {}
    return response["statusCode"], json.loads(response["body"] or "{}")


def _announced(stored: Stored) -> Upload:
    """Return an upload as an event announces it."""
    source = stored.source
    return Upload(
        bucket=source.bucket,
        key=source.key,
        raw_key=source.key,
        etag=source.etag,
        size=source.size,
        version_id=source.version_id,
        uploaded_at=source.uploaded_at,
        event_name="ObjectCreated:Put",
    )


def _any_room(*_: object) -> AbstractContextManager[None]:
    return nullcontext()


def _run_at_once(seconds: float, call: Callable[[], _T]) -> _T:
    """Run a call in this task: work inside the function takes no simulated time."""
    if seconds <= 0:
        raise TimeoutError
    return call()


def _sleep(seconds: float) -> None:
    """Call the present ``time.sleep``: the simulated one in this thread, the real one in others."""
    time.sleep(seconds)


@contextmanager
def _simulated_time(world: World) -> Iterator[None]:
    """Replace all clocks and pauses of the function in this block."""

    def now() -> datetime:
        return instant(world.now)

    with ExitStack() as patches:
        patches.enter_context(world.scheduler.time())
        # A default argument, which was bound before.
        patches.enter_context(mock.patch.object(retrying.retry, "__defaults__", (_sleep,)))
        patches.enter_context(replaced_here(secrets, "token_hex", world.token))
        for module in (invoices, record, uploads):
            patches.enter_context(replaced_here(module, "utc_now", now))
        # The instances share this process, but not their memory.
        patches.enter_context(mock.patch.object(recognizer, "room_for", _any_room))
        # A thread would wait for simulated seconds by the real clock.
        patches.enter_context(replaced_here(deadline, "run_with_timeout", _run_at_once))
        yield
