"""The entry points that the platform calls: they wire the parts and hand the event on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quota_invoice.events import parse
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.logs import Log
from quota_invoice.obs.store import Store
from quota_invoice.ocr.service import OcrService
from quota_invoice.parts import Parts
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.credentials import Context, Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

# Of the invocation's time, for writing what is known and saying what is not, before the platform
# ends it without either.
RESERVED_SECONDS = 3.0
# Of a caller's time, for the ways to the gateway and back.
RESERVED_FOR_CALLER = 1.0


@dataclass(frozen=True)
class Function:
    """What an instance of the function keeps between invocations: settings and connections."""

    settings: Settings
    store: Store
    ocr: OcrService
    watch: Stopwatch

    @classmethod
    def start(cls, context: Context) -> Function:
        """Read the settings and make the clients; no request is made."""
        settings = Settings.read(context.getUserData, context.getProjectID())
        credentials = Credentials.of(context)
        watch = Stopwatch()
        store, ocr = Store(settings, credentials, watch), OcrService(settings, credentials, watch)
        return cls(settings, store, ocr, watch)

    def use(self, credentials: Credentials, patience: Callable[[], float] | None) -> None:
        """Take the credentials of the invocation at hand, and how long its caller waits, if any."""
        self.store.use(credentials, patience)
        self.ocr.use(credentials)


_function: Function | None = None


def initializer(context: Context) -> None:
    """Prepare an instance; the platform calls it once, before the first event."""
    global _function  # noqa: PLW0603 - the platform keeps an instance's state in its module
    with Log(context.getRequestID()).step("start"):
        _function = Function.start(context)


def handler(event: object, context: Context) -> dict[str, Any]:
    """Process what an event announces, look for what none did, or answer a caller of the API.

    Returns:
        How many uploads had which outcome; for a caller, API Gateway's answer.

    Raises:
        InvocationError: something could not be dealt with, for the platform to try again or report;
            a caller is told instead.
    """
    begun = time.perf_counter()
    log = Log(context.getRequestID())
    with log.step("event"):
        work = parse.parse(event)
    if isinstance(work, ApiRequest):
        from quota_invoice.api import answer  # noqa: PLC0415 - uploads need not wait for it

        return answer(work, lambda: _parts(context, log, begun), log, begun)
    parts = _parts(context, log)
    if isinstance(work, parse.Sweep):
        from quota_invoice.sweep import Sweeper  # noqa: PLC0415 - as above

        sweeper = Sweeper(parts.settings, parts.store, parts.pipeline, log, parts.seconds_left)
        return sweeper.run(work)
    return parts.pipeline.run(work)


def _parts(context: Context, log: Log, called: float | None = None) -> Parts:
    """Put the parts together for one invocation; a caller has waited since ``called``, if any."""
    if _function is None:
        initializer(context)
    assert _function is not None  # noqa: S101 - initializer raises otherwise
    settings, store = _function.settings, _function.store

    def seconds_left() -> float:
        left = context.getRemainingTimeInMilliSeconds() / 1000 - RESERVED_SECONDS
        if called is None:
            return left
        waited = time.perf_counter() - called
        return min(left, settings.api_seconds - waited - RESERVED_FOR_CALLER)

    _function.use(Credentials.of(context), None if called is None else seconds_left)
    recognizer = Recognizer(
        store, _function.ocr, log, seconds_left, everything=settings.recognize_all
    )
    pipeline = Pipeline(settings.keys, settings.region, store, recognizer, log, seconds_left)
    return Parts(settings, store, recognizer, pipeline, _function.watch, seconds_left)
