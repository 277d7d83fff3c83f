"""The pages of a PDF or TIFF, kept in the bucket until all of them are read.

One invocation may be too short for a long file, or may end at an error. The next one goes on after
the pages that this one kept, so that no page is paid for twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quota_invoice.errors import (
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    NotRecognized,
    ObjectChanging,
    OutOfTime,
    QuotaInvoiceError,
)
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition.reading import Api, Reading, Recognition, View
from quota_invoice.recognition.tickets import NO_INVOICE, NOT_RECOGNIZED

_CLASSES: dict[str, type[QuotaInvoiceError]] = {
    NOT_RECOGNIZED: NotRecognized,
    "AIS.0102": FormatRefused,
    "AIS.0103": ImageTooLarge,
}
_KEPT_EVERY = 8  # pages, in case that the invocation ends without a warning
_SLOWER = 1.5  # times the slowest page: the time that the next one may take


class Pages:
    """The pages of one file.

    Args:
        store: the bucket.
        source: the object; None for a file that an API caller sent, of which nothing is kept.
        key: the key under which its pages are kept.

    Attributes:
        results: by page number, the pages that were read.
        refusals: code and message by page number, of the pages that could not be read.
        attempts: number of requests.
        are_kept: whether the bucket holds some of them.
        has_progress: whether this invocation kept some.
    """

    def __init__(self, store: ObjectStore, source: Source | None, key: str) -> None:
        self.results: dict[int, Recognition] = {}
        self.refusals: dict[int, tuple[str, str]] = {}
        self.attempts = 0
        self.are_kept = False
        self.has_progress = False
        self._store = store
        self._source = source
        self._key = key
        self._unkept = 0
        self._slowest = 0.0

    def load(self) -> None:
        """Take up the pages that a former invocation kept of the same content."""
        if self._source is None:
            return
        kept = self._store.read(self._source.bucket, self._key)
        if kept is None:
            return
        self.are_kept = True
        if kept.get("etag") != self._source.etag:
            return
        try:
            self._take(kept["pages"], int(kept["attempts"]))
        except (LookupError, TypeError, ValueError, AttributeError):
            self.results, self.refusals = {}, {}  # another program's object

    def _take(self, pages: Mapping[str, Any], attempts: int) -> None:
        for number, page in pages.items():
            if "refused" in page:
                self.refusals[int(number)] = page["refused"]["code"], page["refused"]["message"]
            else:
                view = View(*page.pop("view", ()))
                self.results[int(number)] = Recognition(**page, view=view)
        self.attempts = attempts

    def has(self, number: int) -> bool:
        """Whether a page needs no further request."""
        return number in self.results or number in self.refusals

    def add(self, number: int, page: Recognition | QuotaInvoiceError, attempts: int) -> None:
        """Add the result of a page, or its refusal."""
        if isinstance(page, Recognition):
            self.results[number] = page
            self._slowest = max(self._slowest, page.elapsed_ms / 1000)
        else:
            self.refusals[number] = page.code, page.message
        self.attempts += attempts
        self._unkept += 1

    def before_next(self, seconds: float) -> None:
        """Prepare to read another page: keep the pages so far, if there are enough new ones.

        Args:
            seconds: the time that is left.

        Raises:
            ObjectChanging: the object was replaced: the pages so far are those of two contents.
            OutOfTime: a page like the slowest one so far would be cut off, and paid without use.
        """
        if seconds < self._slowest * _SLOWER:
            raise OutOfTime(seconds)
        if self._source and self._unkept >= _KEPT_EVERY and not self.keep():
            raise ObjectChanging(self._source.key)

    def keep(self) -> bool:
        """Write the new pages for the next invocation, unless they may be of another content.

        Returns:
            Whether there are any, and all are of the source's content.
        """
        source = self._source
        if source is None or not self._unkept:
            return False
        # The service read the object's content of that moment, perhaps that of a later upload.
        if self._store.describe(source.bucket, source.key) != source:
            return False
        self._store.write(source.bucket, self._key, self._as_json(source.etag))
        self.are_kept, self.has_progress, self._unkept = True, True, 0
        return True

    def has_news(self, number: int) -> bool:
        """Whether a page has something on it that the page before has not."""
        page, former = self.results.get(number), self.results.get(number - 1)
        if page is None or not page.result:
            return False
        return not former or page.result != former.result

    def reading(self, asked: int, total: int | None) -> Reading:
        """Return the reading of a file whose pages were all asked for.

        Raises:
            ImageRefused: no page has an invoice; the error of the first page that was not read.
            NotRecognized: likewise, if recognition failed on that page.
        """
        results = {number: page for number, page in sorted(self.results.items()) if page.result}
        if total is None and not self.has_news(asked):
            results.pop(asked, None)
        if not results:
            raise self._refusal()
        refused = {page for page, (code, _) in self.refusals.items() if code != NO_INVOICE}
        empty = {*self.results, *self.refusals} - refused - results.keys()
        if total is None and not self.has_news(asked):
            empty.discard(asked)  # the file may end before it
        return Reading(
            Api.AUTO_CLASSIFICATION,
            results,
            self.attempts,
            pages_asked=asked,
            pages_total=total,
            pages_refused=tuple(sorted(refused)),
            pages_without_invoice=tuple(sorted(empty)),
        )

    def _refusal(self) -> QuotaInvoiceError:
        """Return the error of a file without an invoice: one may be on a page that was not read."""
        found = sorted((code == NO_INVOICE, page) for page, (code, _) in self.refusals.items())
        for is_read, page in found:
            code, message = self.refusals[page]
            error = _CLASSES.get(code, ImageRefused)(code, message)
            error.page = None if is_read else page
            return error
        return ImageRefused(NO_INVOICE, "no page has an invoice")

    def _as_json(self, etag: str) -> dict[str, Any]:
        read = {
            number: {
                "result": page.result,
                "request_id": page.request_id,
                "elapsed_ms": page.elapsed_ms,
                "view": page.view,
            }
            for number, page in self.results.items()
        }
        refused = {
            number: {"refused": {"code": code, "message": message}}
            for number, (code, message) in self.refusals.items()
        }
        pages = {str(number): page for number, page in sorted({**read, **refused}.items())}
        return {"etag": etag, "attempts": self.attempts, "pages": pages}
