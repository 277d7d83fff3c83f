"""One request to the OCR service, and the content of the file that it is about."""

from __future__ import annotations

from typing import Protocol

from quota_invoice.deadline import SHORTEST_REQUEST, Deadline
from quota_invoice.errors import AccessRefused, ImageTooLarge, OutOfTime, PagesRefused
from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.recognition.breaker import CircuitBreaker
from quota_invoice.recognition.formats.kinds import Kind, without_head
from quota_invoice.recognition.ocr_input import File, OcrInput
from quota_invoice.recognition.reading import Api, Recognition

# Refusals of one API: no permission, not subscribed, not offered.
_OF_ONE_API = frozenset(f"ModelArts.{number}" for number in (4203, 4204, 4503, 4504, 4506, 4508))


class OcrService(Protocol):
    """The OCR service; ``ocr.service.OcrService`` implements it."""

    def recognize(  # noqa: D102 - see there
        self, ocr_input: OcrInput, api: Api, page: int | None, seconds: float
    ) -> Recognition: ...


class Requests:
    """The requests of one invocation; threads may share it.

    Args:
        store: the bucket.
        ocr: the service.
        log: takes a line for each request.
        for_images: the API that single images go to.

    Attributes:
        breaker: opens when the service refuses the account.
    """

    def __init__(self, store: ObjectStore, ocr: OcrService, log: Log, for_images: Api) -> None:
        self.breaker = CircuitBreaker()
        self._store = store
        self._ocr = ocr
        self._log = log
        self._for_images = for_images

    def send(self, file: File, api: Api, page: int | None, deadline: Deadline) -> Recognition:
        """Send a file, or a page of it, to OCR.

        Raises:
            PagesRefused: the account may not use the API that only files with pages need.
        """
        with self.breaker, self._log.step("recognize", file.key):
            seconds = deadline.remaining()
            if seconds < SHORTEST_REQUEST:
                raise OutOfTime(seconds)
            try:
                return self._ocr.recognize(self._ocr_input(file), api, page, seconds)
            except AccessRefused as error:
                if api is self._for_images or error.code not in _OF_ONE_API:
                    raise
                raise PagesRefused(error.code, error.message, error.request_id) from None

    def content(self, file: File, limit: int) -> bytes | None:
        """Return a file's bytes; None if they cannot be had or are too many to be opened here.

        A text before an image, which the service does not read, is left out.

        Raises:
            ImageTooLarge: a TIFF has too many; its pages are not known.
        """
        content = self._content(file, limit)
        return content and without_head(content)

    def _content(self, file: File, limit: int) -> bytes | None:
        if file.given:
            return file.given.content()
        if not file.source:
            return None
        if file.source.size > limit:
            if file.kind is Kind.TIFF:  # the service would read its first page only, if any
                raise ImageTooLarge("File.TooLargeTiff", f"the TIFF has {file.source.size} bytes")
            return None
        with self._log.step("fetch", file.key):
            return self._store.fetch(file.source, limit)

    def _ocr_input(self, file: File) -> OcrInput:
        """Return the file itself, or a URL signed for one attempt."""
        if file.given or not file.source:
            return file.given or OcrInput()
        return OcrInput(url=self._store.signed_url(file.source))
