"""How a file is read: by which API, from a URL or as bytes, with which attempts.

    read        fallback: if the service cannot read the URL, the bytes are sent, scaled if needed
    _recognize  API and pages: one request, or one per page of a PDF
    retry       further attempts while the error and the time allow them
    _request    one request: circuit breaker, log, deadline
    OcrService  the SDK's call, its timeout, its errors

The service fetches an object from a signed URL, so that the bytes do not pass through the function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from quota_invoice.deadline import SHORTEST_REQUEST, Deadline, run_before
from quota_invoice.errors import (
    DownloadFailed,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    InvocationError,
    NotRecognized,
    OutOfTime,
    UnusableAnswer,
)
from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition import pdf, shrink
from quota_invoice.recognition.breaker import CircuitBreaker
from quota_invoice.recognition.ocr_input import File, OcrInput
from quota_invoice.recognition.pages import Pages
from quota_invoice.recognition.reading import Api, Fallback, Reading, Recognition
from quota_invoice.recognition.tickets import (
    NO_INVOICE,
    NOT_RECOGNIZED,
    is_unrecognized,
    require_invoice,
)
from quota_invoice.retry import retry
from quota_invoice.settings.layout import BucketLayout

_MOST_PAGES = 300  # with a dozen invoices on each, a record stays below its largest size


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
        layout: the prefix of finished pages.
        auto: whether images go to Auto Classification, as PDFs always do.

    Attributes:
        breaker: opens when the service refuses the account.
    """

    def __init__(
        self, store: ObjectStore, ocr: OcrService, log: Log, layout: BucketLayout, *, auto: bool
    ) -> None:
        self.breaker = CircuitBreaker()
        self._store = store
        self._ocr = ocr
        self._log = log
        self._layout = layout
        self._auto = auto
        self._with_kept_pages: set[str] = set()

    def read(self, file: File, deadline: Deadline) -> Reading:
        """Send a file to OCR and return the result.

        Args:
            file: the file.
            deadline: end of the work.

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

    def forget_pages(self, source: Source) -> None:
        """Remove the kept pages of a PDF that has its record now."""
        if source.key in self._with_kept_pages:
            self._store.delete(source.bucket, self._layout.progress_key(source.key))
            self._with_kept_pages.discard(source.key)

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
            return self._store.fetch(file.source, shrink.LARGEST_OBJECT)

    def _ocr_input(self, file: File) -> OcrInput:
        """Return the file itself, or a URL signed for one attempt."""
        if file.given or not file.source:
            return file.given or OcrInput()
        return OcrInput(url=self._store.signed_url(file.source))

    def _recognize(self, file: File, deadline: Deadline) -> Reading:
        if file.is_pdf:
            return require_invoice(self._read_pdf(file, deadline))
        api = Api.AUTO_CLASSIFICATION if self._auto else Api.QUOTA_INVOICE
        result, attempts = retry(partial(self._request, file, api, None, deadline), deadline)
        reading = Reading(api, {1: result}, attempts)
        return require_invoice(reading) if self._auto else reading

    def _read_pdf(self, file: File, deadline: Deadline) -> Reading:
        """Read a PDF page by page; only pages with invoices are billed.

        Without the file's number of pages, the first page that brings nothing new ends it: it may
        be the last page again, requested beyond the end.
        """
        content = self._content(file)
        total = None
        if content is not None:
            total = run_before(deadline, partial(pdf.page_count, content))
        pages = Pages(self._store, file.source, self._layout.progress_key(file.key))
        if total != 1:
            pages.load()
        asked, passing = 0, None  # the last error that only one page met
        try:
            for asked in range(1, min(total or _MOST_PAGES, _MOST_PAGES) + 1):
                if not pages.has(asked):
                    pages.before_next(deadline.remaining())
                    passing = self._read_page(file, asked, pages, deadline) or passing
                if total is None and not _is_new(pages.results, asked):
                    break
            if passing:
                raise passing
        except OutOfTime as error:
            pages.keep()
            error.has_progress = pages.has_progress
            raise
        except InvocationError:
            pages.keep()
            raise
        finally:
            if pages.are_kept:
                self._with_kept_pages.add(file.key)
        return _pdf_reading(pages, asked, total)

    def _read_page(
        self, file: File, number: int, pages: Pages, deadline: Deadline
    ) -> InvocationError | None:
        """Read a page; return the error after which only this page is to be read again later."""
        send = partial(self._request, file, Api.AUTO_CLASSIFICATION, number, deadline)
        try:
            page, attempts = retry(send, deadline)
            if is_unrecognized(page.result) and not file.is_last_attempt:
                return NotRecognized(NOT_RECOGNIZED, f"page {number} was not recognized")
        except ImageTooLarge:
            raise  # the whole file is
        except (NotRecognized, UnusableAnswer) as error:
            if not file.is_last_attempt:
                return error
            pages.add(number, error, error.tries)
        except ImageRefused as error:
            pages.add(number, error, error.tries)
        else:
            pages.add(number, page, attempts)
        return None

    def _request(self, file: File, api: Api, page: int | None, deadline: Deadline) -> Recognition:
        """Send one request."""
        with self.breaker.guard(), self._log.step("recognize", file.key):
            seconds = deadline.remaining()
            if seconds < SHORTEST_REQUEST:
                raise OutOfTime(seconds)
            return self._ocr.recognize(self._ocr_input(file), api, page, seconds)


def _is_new(results: Mapping[int, Recognition], number: int) -> bool:
    page, former = results.get(number), results.get(number - 1)
    return page is not None and bool(page.result) and (not former or page.result != former.result)


def _pdf_reading(pages: Pages, asked: int, total: int | None) -> Reading:
    """Return the reading of a PDF whose pages were all asked for.

    Raises:
        ImageRefused: no page has an invoice.
        NotRecognized: no page has one, and recognition failed on a page.
    """
    results = {number: page for number, page in sorted(pages.results.items()) if page.result}
    if total is None and not _is_new(pages.results, asked):
        results.pop(asked, None)
    if not results:
        for code, message in pages.refusals.values():
            raise (NotRecognized if code == NOT_RECOGNIZED else ImageRefused)(code, message)
        raise ImageRefused(NO_INVOICE, "no page has an invoice")
    return Reading(
        Api.AUTO_CLASSIFICATION,
        results,
        pages.attempts,
        pages_asked=asked,
        pages_total=total,
        pages_refused=tuple(sorted(pages.refusals)),
    )
