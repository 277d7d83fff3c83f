"""How a file is read: by which API, from a URL or as bytes, with which attempts.

    read        fallback: if the service cannot read the URL, the bytes are sent, scaled if needed
    _recognize  API and pages: one request, or one per page of a PDF
    retry       further attempts while the error and the time allow them
    _request    one request: circuit breaker, log, deadline
    OcrService  the SDK's call, its timeout, its errors

The service fetches an object from a signed URL, so that the bytes do not pass through the function.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Protocol

from quota_invoice.deadline import SHORTEST_REQUEST, Deadline, run_before
from quota_invoice.errors import (
    DownloadFailed,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    OutOfTime,
)
from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.recognition import shrink
from quota_invoice.recognition.breaker import CircuitBreaker
from quota_invoice.recognition.ocr_input import File, OcrInput
from quota_invoice.recognition.reading import Api, Fallback, Reading, Recognition
from quota_invoice.recognition.tickets import NO_INVOICE, require_invoice
from quota_invoice.retry import retry

# The API does not return a PDF's number of pages. A page without an invoice may be blank; after
# three such pages the PDF is taken to have ended.
_BLANK_PAGES = 3
_MOST_PAGES = 100
_NO_SUCH_PAGE = "AIS.0101"  # the code for an invalid parameter


class OcrService(Protocol):
    """The OCR service; ``ocr.service.OcrService`` implements it."""

    def recognize(  # noqa: D102 - see there
        self, ocr_input: OcrInput, api: Api, page: int | None, seconds: float
    ) -> Recognition: ...


class Recognizer:
    """Sends files to the OCR service, for one invocation; threads may share it.

    Args:
        store: the bucket.
        ocr: the service.
        log: takes a line for each request.
        auto: whether images go to Auto Classification, as PDFs always do.
    """

    def __init__(self, store: ObjectStore, ocr: OcrService, log: Log, *, auto: bool) -> None:
        self._store = store
        self._ocr = ocr
        self._log = log
        self._auto = auto
        self._breaker = CircuitBreaker()

    def read(self, file: File, deadline: Deadline) -> Reading:
        """Send a file to OCR and return the result.

        Raises:
            ImageRefused: it cannot be read.
            InvocationError: it could not be read this time.
        """
        try:
            return self._recognize(file, deadline)
        except FormatRefused as refusal:
            content = self._content(file) if file.is_fetched else None
            if content is None or not shrink.is_readable(content):
                raise  # the file itself has this format
            return self._send(file, content, refusal, deadline)
        except (ImageTooLarge, DownloadFailed) as refusal:
            content = self._content(file)
            if content is None:
                raise
            return self._send(file, content, refusal, deadline)

    def _send(
        self,
        file: File,
        content: bytes,
        refusal: FormatRefused | ImageTooLarge | DownloadFailed,
        deadline: Deadline,
    ) -> Reading:
        """Send a file's bytes: unchanged, or as a smaller image."""
        if not isinstance(refusal, ImageTooLarge) and shrink.fits(content):
            try:
                reading = self._recognize(file._replace(given=OcrInput(image=content)), deadline)
                return replace(reading, fallback=Fallback(refusal.code))
            except ImageTooLarge:
                pass  # it has too many pixels
        with self._log.step("shrink", file.key):
            smaller = run_before(deadline, partial(shrink.shrunk, content))
        if smaller is None:
            raise refusal
        image, scale = smaller
        reading = self._recognize(file._replace(given=OcrInput(image=image)), deadline)
        return replace(reading, fallback=Fallback(refusal.code, scale))

    def _content(self, file: File) -> bytes | None:
        """Return a file's bytes; None if they cannot be had or are too many to be opened here."""
        if file.given or not file.source:
            return file.given.content() if file.given else None
        with self._log.step("fetch", file.key):
            return self._store.fetch(file.source.bucket, file.key, shrink.LARGEST_OBJECT)

    def _ocr_input(self, file: File) -> OcrInput:
        """Return the file itself, or a URL signed for one attempt."""
        if file.given or not file.source:
            return file.given or OcrInput()
        return OcrInput(url=self._store.signed_url(file.source.bucket, file.key))

    def _recognize(self, file: File, deadline: Deadline) -> Reading:
        if file.is_pdf:
            return require_invoice(self._read_pdf(file, deadline))
        api = Api.AUTO_CLASSIFICATION if self._auto else Api.QUOTA_INVOICE
        result, attempts = retry(partial(self._request, file, api, None, deadline), deadline)
        reading = Reading(api, {1: result}, attempts)
        return require_invoice(reading) if self._auto else reading

    def _read_pdf(self, file: File, deadline: Deadline) -> Reading:
        """Read a PDF page by page to its end; only pages with invoices are billed.

        A page with the same result as the one before may be that one again, requested beyond the
        PDF's end.
        """
        api = Api.AUTO_CLASSIFICATION
        pages: dict[int, Recognition] = {}
        refusals: list[ImageRefused] = []
        attempts = asked = last_new = 0
        for number in range(1, _MOST_PAGES + 1):
            if number - last_new > _BLANK_PAGES:
                break
            asked = number
            try:
                page, tries = retry(partial(self._request, file, api, number, deadline), deadline)
            except ImageTooLarge:
                raise
            except ImageRefused as error:
                refusals.append(error)
                attempts += 1
                if error.code == _NO_SUCH_PAGE:
                    break
                continue
            attempts += tries
            if page.result and not (pages and page.result == pages[last_new].result):
                pages[number], last_new = page, number
        if not pages:
            raise refusals[0] if refusals else ImageRefused(NO_INVOICE, "no page has an invoice")
        return Reading(api, pages, attempts, pages_asked=asked)

    def _request(self, file: File, api: Api, page: int | None, deadline: Deadline) -> Recognition:
        """Send one request."""
        with self._breaker.guard(), self._log.step("recognize", file.key):
            seconds = deadline.remaining()
            if seconds < SHORTEST_REQUEST:
                raise OutOfTime(seconds)
            return self._ocr.recognize(self._ocr_input(file), api, page, seconds)
