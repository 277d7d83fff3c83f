"""The entry points that the platform calls: they parse the event, call, and return."""

from __future__ import annotations

import gc

gc.disable()  # collections during the imports free little and take 8 % of a cold start

from pathlib import Path
from types import ModuleType
from typing import Any

import requests

from quota_invoice.deadline import FOR_WRITING, Deadline
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.events.parse import parse
from quota_invoice.events.timer import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.store import ObsStore
from quota_invoice.ocr.service import OcrService
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.formats import memory
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.credentials import Context, Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch
from quota_invoice.uploads import UploadProcessor

gc.freeze()  # the imported modules stay: no collection needs to look at them again
gc.enable()

Instance = tuple[Settings, ObsStore, OcrService]
_instance: Instance | None = None  # the settings and connections, which outlive an invocation


def initializer(context: Context) -> None:
    """Prepare an instance; the platform calls it once, before the first event."""
    global _instance  # noqa: PLW0603 - the platform keeps an instance's state in its module
    with Log(context.getRequestID()).step("start") as step:
        step.libraries = {"requests": _origin(requests)}
        settings = Settings.read(context.getUserData, context.getProjectID())
        memory.set_function(context.getMemorySize())
        credentials = Credentials.of(context)
        store = ObsStore.connect(settings, credentials)
        _instance = settings, store, OcrService.connect(settings, credentials)


def handler(event: object, context: Context) -> dict[str, Any]:
    """Process an event's uploads, run a sweep, or answer an API caller.

    Returns:
        The number of uploads by outcome; for an API caller, API Gateway's response.

    Raises:
        InvocationError: an upload could not be processed; the platform retries or reports it. An
            API caller gets a response instead.
    """
    stopwatch = Stopwatch()
    log = Log(context.getRequestID())
    with log.step("event"):
        request = parse(event)
    deadline = Deadline.after(context.getRemainingTimeInMilliSeconds() / 1000).reserve(FOR_WRITING)
    if isinstance(request, ApiRequest):
        from quota_invoice.api.dispatch import dispatch  # noqa: PLC0415 - uploads do not need it

        return dispatch(request, lambda: _connect(context, stopwatch), log, deadline, stopwatch)
    settings, store, ocr = _connect(context, stopwatch)
    recognizer = Recognizer(store, ocr, log, settings.layout, auto=settings.recognize_all)
    pipeline = Pipeline(
        settings.layout,
        settings.region,
        store,
        recognizer,
        log,
        keep_history=settings.keep_history,
        confidence_below=settings.confidence_below,
    )
    if isinstance(request, Sweep):
        from quota_invoice.sweep.sweeper import Sweeper  # noqa: PLC0415 - as above

        return Sweeper(settings, store, pipeline, log, deadline).run(request)
    return UploadProcessor(settings.layout, store, pipeline, log).run(request, deadline)


def _origin(library: ModuleType) -> str:
    """Return a library's version, and whether it is the package's own or the runtime's."""
    is_own = Path(library.__file__ or "").is_relative_to(Path(__file__).parent)
    return f"{library.__version__} of the {'package' if is_own else 'runtime'}"


def _connect(context: Context, stopwatch: Stopwatch) -> Instance:
    """Return the instance's settings, and its connections with the invocation's credentials."""
    if _instance is None:
        initializer(context)
    assert _instance is not None  # noqa: S101 - initializer raises otherwise
    settings, store, ocr = _instance
    credentials = Credentials.of(context)
    return (
        settings,
        store.for_invocation(credentials, stopwatch),
        ocr.for_invocation(credentials, stopwatch),
    )
