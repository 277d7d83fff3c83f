"""How an object is read: by which API, by its address or its bytes, and how often it is tried.

The service fetches the object by a signed address, so that its bytes never pass through here. Only
where it cannot, finds the image too large or finds something else than an image, the object is read
from the bucket, scaled if need be, and sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from quota_invoice.errors import (
    AccessRefused,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    ObjectUnfetched,
    OutOfTime,
)
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Bucket
from quota_invoice.recognition import shrink
from quota_invoice.recognition.reading import Given, Reading, Recognition, Rescue
from quota_invoice.recognition.tickets import is_read, status_of, tickets
from quota_invoice.records.record import Source
from quota_invoice.retry import LEAST_SECONDS, in_time, persist

_PDF = ".pdf"
_QUOTA_INVOICE, _AUTO_CLASSIFICATION = "quota-invoice", "auto-classification"
# The API does not tell how many pages a document has. A page without an invoice may be blank; after
# three of them it is taken to be over.
_BLANK_PAGES = 3
_MOST_PAGES = 100
_NO_INVOICE = "AIS.0104"
_REFUSED = "AIS.01"  # how the codes of what cannot be read begin
_NO_SUCH_PAGE = "AIS.0101"  # a parameter that the service does not take
Clock = Callable[[], float]
"""Gives the seconds that are left, as of now."""


class OcrService(Protocol):
    """What is needed of the OCR service; ``ocr.OcrService`` is one."""

    def recognize(self, given: Given, seconds: float) -> Recognition: ...  # noqa: D102 - see ocr
    def classify(self, given: Given, page: int | None, seconds: float) -> Recognition: ...  # noqa: D102 - see ocr


@dataclass(frozen=True)
class _Task:
    """Something to be read in a certain time, by its address or by what is sent instead.

    Attributes:
        key: the object's key, for the log; empty for what a caller gave.
        is_document: whether it has pages.
        seconds_left: for it, with pauses and further tries.
        given: gives what the service gets, anew for each try.
        content: reads what it is, to be sent instead; None where that cannot be had.
        is_fetched: whether the service is given an address, behind which may lie something else.
    """

    key: str
    is_document: bool
    seconds_left: Clock
    given: Callable[[], Given]
    content: Callable[[], bytes | None]
    is_fetched: bool = True


class Recognizer:
    """Has objects read by the OCR service, for one invocation; threads may share it.

    Args:
        objects: the bucket.
        ocr: the service.
        log: takes a line for each request.
        seconds_left: of the invocation.
        everything: whether images, too, go to Auto Classification, as PDFs do.
    """

    def __init__(
        self,
        objects: Bucket,
        ocr: OcrService,
        log: Log,
        seconds_left: Clock,
        *,
        everything: bool,
    ) -> None:
        self._objects = objects
        self._ocr = ocr
        self._log = log
        self._seconds_left = seconds_left
        self._everything = everything
        self._refusal: AccessRefused | None = None

    def read(self, source: Source, seconds_left: Clock) -> Reading:
        """Have an object read.

        Args:
            source: the object.
            seconds_left: for it, with pauses and further tries; the first may take all of the
                invocation's time.

        Raises:
            ImageRefused: it will never be read.
            InvocationError: this time it could not be.
        """

        def by_address() -> Given:
            return Given(url=self._objects.signed_url(source.bucket, source.key))

        def content() -> bytes | None:
            with self._log.step("fetch", source.key):
                return self._objects.fetch(source.bucket, source.key, shrink.LARGEST_OBJECT)

        is_document = source.key.lower().endswith(_PDF)
        return self._read(_Task(source.key, is_document, seconds_left, by_address, content))

    def read_given(self, given: Given, seconds_left: Clock, *, is_document: bool) -> Reading:
        """Have read what a caller gave: bytes, or an address that the service is to fetch from.

        Args:
            given: either of them.
            seconds_left: as for ``read``.
            is_document: whether it is a PDF.

        Raises:
            QuotaInvoiceError: as ``read`` does.
        """
        task = _Task("", is_document, seconds_left, lambda: given, given.content)
        return self._read(replace(task, is_fetched=given.url is not None))

    def _read(self, task: _Task) -> Reading:
        try:
            return self._asked(task)
        except (ImageTooLarge, FormatRefused, ObjectUnfetched) as error:
            return self._rescued(task, error)

    def _rescued(
        self, task: _Task, refusal: ImageTooLarge | FormatRefused | ObjectUnfetched
    ) -> Reading:
        """Send what the service would not fetch: as it is, or as a smaller image."""
        if isinstance(refusal, FormatRefused) and not task.is_fetched:
            raise refusal  # that was what it is
        content = task.content()
        if content is None:
            raise refusal
        if isinstance(refusal, FormatRefused) and not shrink.is_readable(content):
            raise refusal
        if not isinstance(refusal, ImageTooLarge) and shrink.fits(content):
            try:
                reading = self._asked(replace(task, given=lambda: Given(image=content)))
                return replace(reading, rescue=Rescue(refusal.code))
            except ImageTooLarge:
                pass  # it has too many pixels
        with self._log.step("shrink", task.key):
            smaller = in_time(self._seconds_left(), lambda: shrink.shrunk(content))
        if smaller is None:
            raise refusal
        image, scale = smaller
        reading = self._asked(replace(task, given=lambda: Given(image=image)))
        return replace(reading, rescue=Rescue(refusal.code, scale))

    def _asked(self, task: _Task) -> Reading:
        if task.is_document:
            return _with_invoice(self._document(task))
        if self._everything:
            recognition, attempts = self._persist(task, partial(self._classify, None))
            return _with_invoice(Reading(_AUTO_CLASSIFICATION, {1: recognition}, attempts))
        recognition, attempts = self._persist(task, self._ocr.recognize)
        return Reading(_QUOTA_INVOICE, {1: recognition}, attempts)

    def _document(self, task: _Task) -> Reading:
        """Read a document page by page, to its end; only pages with invoices are billed.

        A page that is answered like the one before may be that one again, asked for beyond the end.
        """
        pages: dict[int, Recognition] = {}
        refusals: list[ImageRefused] = []
        attempts, asked, last = 0, 0, 0  # the last page that was asked for; that had something new
        for number in range(1, _MOST_PAGES + 1):
            if number - last > _BLANK_PAGES:
                break
            asked = number
            try:
                page, tries = self._persist(task, partial(self._classify, number))
            except ImageTooLarge:
                raise
            except ImageRefused as error:
                refusals.append(error)
                attempts += 1
                if error.code == _NO_SUCH_PAGE:
                    break
                continue
            attempts += tries
            if page.result and not (pages and page.result == pages[last].result):
                pages[number], last = page, number
        if not pages:
            raise refusals[0] if refusals else ImageRefused(_NO_INVOICE, "no page has an invoice")
        return Reading(_AUTO_CLASSIFICATION, pages, attempts, pages_asked=asked)

    def _classify(self, page: int | None, given: Given, seconds: float) -> Recognition:
        return self._ocr.classify(given, page, seconds)

    def _persist(
        self, task: _Task, call: Callable[[Given, float], Recognition]
    ) -> tuple[Recognition, int]:
        def ask() -> Recognition:
            if self._refusal:
                raise self._refusal  # whatever would be asked now: see AccessRefused
            with self._log.step("recognize", task.key):
                seconds = self._seconds_left()
                if seconds < LEAST_SECONDS:
                    raise OutOfTime(seconds)
                try:
                    return call(task.given(), seconds)
                except AccessRefused as error:
                    self._refusal = error
                    raise

        return persist(ask, task.seconds_left)


def _with_invoice(reading: Reading) -> Reading:
    """Give a reading of Auto Classification that holds an invoice at least.

    Raises:
        ImageRefused: it holds none; its code is that of the first ticket that could not be read.
    """
    found = [ticket for _, ticket in tickets(reading)]
    if any(is_read(ticket) for ticket in found):
        return reading
    first, *_ = reading.pages.values()
    told = [status for status in map(status_of, found) if status["code"].startswith(_REFUSED)]
    code, message = told[0].values() if told else (_NO_INVOICE, "there is no quota invoice on it")
    raise ImageRefused(code, message, first.request_id)
