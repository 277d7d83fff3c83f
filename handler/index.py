"""The entry points that the platform calls: they wire the parts and hand the event on."""

from __future__ import annotations

from dataclasses import dataclass

from quota_invoice import events
from quota_invoice.credentials import Context, Credentials
from quota_invoice.logs import Log
from quota_invoice.ocr import OcrService
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition import Recognizer
from quota_invoice.settings import Settings
from quota_invoice.store import Store
from quota_invoice.sweep import Sweeper

# Of the invocation's time, for writing what is known and saying what is not, before the platform
# ends it without either.
RESERVED_SECONDS = 3.0


@dataclass(frozen=True)
class Function:
    """What an instance of the function keeps between invocations: settings and connections."""

    settings: Settings
    store: Store
    ocr: OcrService

    @classmethod
    def start(cls, context: Context) -> Function:
        """Read the settings and make the clients; no request is made."""
        settings = Settings.read(context.getUserData, context.getProjectID())
        credentials = Credentials.of(context)
        return cls(settings, Store(settings, credentials), OcrService(settings, credentials))

    def use(self, credentials: Credentials) -> None:
        """Take the credentials of the invocation at hand."""
        self.store.use(credentials)
        self.ocr.use(credentials)


_function: Function | None = None


def initializer(context: Context) -> None:
    """Prepare an instance; the platform calls it once, before the first event."""
    global _function  # noqa: PLW0603 - the platform keeps an instance's state in its module
    with Log(context.getRequestID()).step("start"):
        _function = Function.start(context)


def handler(event: object, context: Context) -> dict[str, int]:
    """Process the uploads that an event announces, or look for those that none did.

    Returns:
        How many uploads had which outcome.

    Raises:
        InvocationError: something could not be dealt with, for the platform to try again or report.
    """
    if _function is None:
        initializer(context)
    assert _function is not None  # noqa: S101 - initializer raises otherwise
    log = Log(context.getRequestID())
    with log.step("event"):
        work = events.parse(event)
    _function.use(Credentials.of(context))
    settings, store = _function.settings, _function.store

    def seconds_left() -> float:
        return context.getRemainingTimeInMilliSeconds() / 1000 - RESERVED_SECONDS

    recognizer = Recognizer(
        store, _function.ocr, log, seconds_left, everything=settings.recognize_all
    )
    pipeline = Pipeline(settings.keys, settings.region, store, recognizer, log, seconds_left)
    if isinstance(work, events.Sweep):
        sweeper = Sweeper(settings, store, pipeline, log, seconds_left)
        return sweeper.run(work)
    return pipeline.run(work)
