"""Reads a PDF or TIFF page by page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from quota_invoice.deadline import Deadline, run_before
from quota_invoice.errors import (
    DownloadFailed,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    InvocationError,
    NotRecognized,
    OutOfTime,
    QuotaInvoiceError,
    UnusableAnswer,
)
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition.ocr_input import File
from quota_invoice.recognition.pages import Pages
from quota_invoice.recognition.reading import Api, Fallback, Reading, Recognition
from quota_invoice.recognition.requests import Requests
from quota_invoice.recognition.tickets import (
    NO_INVOICE,
    NOT_RECOGNIZED,
    is_unrecognized,
    require_invoice,
)
from quota_invoice.retry import retry
from quota_invoice.settings.layout import BucketLayout

if TYPE_CHECKING:
    from quota_invoice.recognition.paged import Paged

_MOST_PAGES = 300  # with a dozen invoices on each, a record stays below its largest size


class PageReader:
    """Reads files with pages, for one invocation; threads may share it.

    Args:
        requests: the invocation's.
        store: the bucket.
        layout: the prefix of finished pages.
    """

    def __init__(self, requests: Requests, store: ObjectStore, layout: BucketLayout) -> None:
        self._requests = requests
        self._store = store
        self._layout = layout
        self._with_kept_pages: set[str] = set()

    def read(
        self, file: File, opened: Callable[[], Paged], content: bytes | None, deadline: Deadline
    ) -> Reading:
        """Read a file page by page; only pages with invoices are billed.

        Without the file's number of pages, the first page that brings nothing new ends it: it may
        be the last page again, requested beyond the end.

        Args:
            file: the file.
            opened: opens it.
            content: its bytes; None if they cannot be had.
            deadline: end of the work.

        Raises:
            ImageRefused: no page has an invoice.
            InvocationError: it could not be read this time.
        """
        paged = run_before(deadline, opened)
        pages = Pages(self._store, file.source, self._layout.progress_key(file.key))
        if paged.total != 1:
            pages.load()
        asked = self._ask(file, paged, pages, deadline)
        try:
            reading = require_invoice(pages.reading(asked, paged.total))
        except ImageRefused as refusal:
            if content is not None and refusal.code != NO_INVOICE:
                from quota_invoice.recognition.formats.cut_off import (  # noqa: PLC0415 - rarely
                    CUT_OFF,
                    is_cut_off,
                )

                if is_cut_off(content):
                    refusal.file_code = CUT_OFF
            raise
        return reading._replace(fallback=_fallback(paged, reading))

    def _ask(self, file: File, paged: Paged, pages: Pages, deadline: Deadline) -> int:
        """Ask for all pages that are not there yet; return the number of the last one."""
        total, asked, passing = paged.total, 0, None  # the last error that only one page met
        try:
            for asked in range(1, min(total or _MOST_PAGES, _MOST_PAGES) + 1):
                if not pages.has(asked):
                    pages.before_next(deadline.remaining())
                    passing = self._read_page(file, paged, asked, pages, deadline) or passing
                if total is None and not pages.has_news(asked):
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
        return asked

    def _read_page(
        self, file: File, paged: Paged, number: int, pages: Pages, deadline: Deadline
    ) -> InvocationError | None:
        """Read a page; return the error after which only this page is to be read again later."""
        try:
            page, attempts = self._send_page(file, paged, number, deadline)
            if is_unrecognized(page.result) and not file.is_last_attempt:
                return NotRecognized(NOT_RECOGNIZED, f"page {number} was not recognized")
        except (NotRecognized, UnusableAnswer) as error:
            if not file.is_last_attempt:
                return error
            pages.add(number, error, error.attempts)
        except ImageRefused as error:
            if isinstance(error, ImageTooLarge) and not paged.fallback:
                raise  # the whole file is
            pages.add(number, error, error.attempts)
        else:
            pages.add(number, page, attempts)
        return None

    def _send_page(
        self, file: File, paged: Paged, number: int, deadline: Deadline
    ) -> tuple[Recognition, int]:
        part = run_before(deadline, partial(paged.part, number))
        sent = file._replace(given=part.given or file.given)
        send = partial(self._requests.send, sent, Api.AUTO_CLASSIFICATION, part.number, deadline)
        try:
            page, attempts = retry(send, deadline)
        except (FormatRefused, ImageTooLarge, DownloadFailed) as refusal:
            if not paged.split(refusal):
                raise
            try:
                page, attempts = self._send_page(file, paged, number, deadline)
            except QuotaInvoiceError as error:
                error.attempts += refusal.attempts
                raise
            return page, attempts + refusal.attempts
        return page._replace(view=part.view), attempts

    def forget(self, source: Source) -> None:
        """Remove the kept pages of a file that has its record now."""
        if source.key in self._with_kept_pages:
            self._store.delete(source.bucket, self._layout.progress_key(source.key))
            self._with_kept_pages.discard(source.key)


def _fallback(paged: Paged, reading: Reading) -> Fallback | None:
    scale = min(page.view.scale for page in reading.pages.values())
    return paged.fallback._replace(scale=scale) if paged.fallback else None
