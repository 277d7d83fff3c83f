"""How a file is read: by which API, from a URL or as bytes, with which attempts.

    Recognizer  the kind of the file decides; fallback: if the service cannot read the URL, the
                bytes are sent, as a JPEG of the function's own if needed
    PageReader  one request per page of a PDF or TIFF
    retry       further attempts while the error and the time allow them
    Requests    one request: circuit breaker, log, deadline
    OcrService  the SDK's call, its timeout, its errors

The service fetches an object from a signed URL, so that the bytes do not pass through the function,
unless the object has pages or a format that the service does not read.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from quota_invoice.deadline import Deadline, run_before
from quota_invoice.errors import (
    DownloadFailed,
    FileRefused,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    QuotaInvoiceError,
)
from quota_invoice.logs import Log
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from quota_invoice.recognition.formats.memory import (
    LARGEST_FILE,
    LARGEST_OBJECT,
    room_for,
    too_large,
)
from quota_invoice.recognition.ocr_input import File, OcrInput
from quota_invoice.recognition.page_reader import PageReader
from quota_invoice.recognition.reading import CONVERTED, WHOLE, Api, Fallback, Reading
from quota_invoice.recognition.requests import OcrService, Requests
from quota_invoice.recognition.tickets import NO_INVOICE, require_invoice
from quota_invoice.retry import retry
from quota_invoice.settings.layout import BucketLayout

if TYPE_CHECKING:
    from quota_invoice.recognition.formats.conversion import Jpeg


class Recognizer:
    """Sends files to the OCR service, for one invocation; threads may share it.

    Args:
        store: the bucket.
        ocr: the service.
        log: takes a line for each request.
        layout: the prefix of finished pages.
        auto: whether images go to Auto Classification, as files with pages always do.

    Attributes:
        breaker: opens when the service refuses the account.
    """

    def __init__(
        self, store: ObjectStore, ocr: OcrService, log: Log, layout: BucketLayout, *, auto: bool
    ) -> None:
        self._for_images = Api.AUTO_CLASSIFICATION if auto else Api.QUOTA_INVOICE
        self._requests = Requests(store, ocr, log, self._for_images)
        self._pages = PageReader(self._requests, store, layout)
        self._log = log
        self._auto = auto
        self.breaker = self._requests.breaker

    def forget_pages(self, source: Source) -> None:
        """Remove the kept pages of a file that has its record now."""
        self._pages.forget(source)

    def read(self, file: File, deadline: Deadline) -> Reading:
        """Send a file to OCR and return the result.

        Args:
            file: the file.
            deadline: end of the work.

        Raises:
            ImageRefused: it cannot be read.
            InvocationError: it could not be read this time.
        """
        kind = file.kind
        if kind.refusal:
            raise FileRefused(kind.refusal, f"no image: {kind.value}")
        if kind is Kind.PDF:
            from quota_invoice.recognition.paged import PdfPages  # noqa: PLC0415 - images go without

            with room_for(file.size * 2, deadline):  # a page of its own may have all of its bytes
                content = self._requests.content(file, LARGEST_FILE)
                return self._pages.read(file, partial(PdfPages, content), content, deadline)
        if kind.is_converted:
            with room_for(file.size, deadline):
                return self._convert(file, deadline)
        if kind is Kind.TIFF:
            from quota_invoice.recognition.formats.tiff import Tiff  # noqa: PLC0415 - as above
            from quota_invoice.recognition.paged import TiffPages  # noqa: PLC0415 - as above

            with room_for(file.size, deadline):
                content = self._requests.content(file, LARGEST_OBJECT)
                found = run_before(deadline, partial(Tiff, content)) if content else None
                if content and found and found.pages != [0]:
                    opened = partial(TiffPages, content, found)
                    return self._pages.read(file, opened, content, deadline)
        return self._read_image(file, deadline)

    def _read_image(self, file: File, deadline: Deadline) -> Reading:
        """Read an image; its content is fetched if the service refuses the file."""
        try:
            return self._recognize(file, deadline)
        except (FormatRefused, ImageTooLarge, DownloadFailed) as refusal:
            with room_for(file.size, deadline):
                content = self._requests.content(file, LARGEST_OBJECT)
                if content is None:
                    raise
                return _after(refusal, self._send(file, content, refusal, deadline))
        except ImageRefused as refusal:
            if refusal.code != NO_INVOICE or not file.may_be_transparent:
                raise
            with room_for(file.size, deadline):
                content = self._requests.content(file, LARGEST_OBJECT)
                jpeg = self._jpeg(file, content, deadline) if content else None
                if jpeg is None or not jpeg.is_on_black:
                    raise
                reading = self._send_jpeg(file, jpeg, Fallback(refusal.code), deadline)
                return _after(refusal, reading)

    def _send(
        self,
        file: File,
        content: bytes,
        refusal: FormatRefused | ImageTooLarge | DownloadFailed,
        deadline: Deadline,
    ) -> Reading:
        """Send a file's bytes: unchanged if that may help, else as a JPEG of the function's own."""
        from quota_invoice.recognition.formats.conversion import fits  # noqa: PLC0415 - as above

        is_image = kind_of(content).is_image
        if isinstance(refusal, FormatRefused) and not is_image:
            raise refusal
        if fits(content) and self._may_help(file, content, refusal):
            try:
                reading = self._recognize(file._replace(given=OcrInput(image=content)), deadline)
                return reading._replace(fallback=Fallback(refusal.code))
            except (FormatRefused, ImageTooLarge) as second:  # too many pixels, or damaged
                if not is_image:
                    raise
                refusal.attempts += second.attempts
        try:
            jpeg = self._jpeg(file, content, deadline)
        except (FileRefused, ImageTooLarge) as error:
            refusal.file_code = error.code
            raise refusal from None
        if isinstance(refusal, ImageTooLarge) and jpeg.view == WHOLE and fits(content):
            raise refusal
        return self._send_or_trim(file, content, jpeg, Fallback(refusal.code), deadline)

    @staticmethod
    def _may_help(file: File, content: bytes, refusal: QuotaInvoiceError) -> bool:
        """Whether the service may read the unchanged bytes, although it refused the file."""
        from quota_invoice.recognition.formats.conversion import is_plain  # noqa: PLC0415 - as above

        if isinstance(refusal, DownloadFailed):
            return True
        return isinstance(refusal, FormatRefused) and file.is_fetched and is_plain(content)

    def _convert(self, file: File, deadline: Deadline) -> Reading:
        """Read a file in a format that the service does not read."""
        content = self._requests.content(file, LARGEST_OBJECT)
        if content is None and file.given:
            raise FormatRefused("AIS.0102", "the file is not valid Base64")
        if content is None:
            raise too_large()
        jpeg = self._jpeg(file, content, deadline)
        fallback = Fallback(CONVERTED, kind=file.kind.value)
        return self._send_or_trim(file, content, jpeg, fallback, deadline)

    def _send_or_trim(
        self, file: File, content: bytes, jpeg: Jpeg, fallback: Fallback, deadline: Deadline
    ) -> Reading:
        """Send a JPEG; again without its margin, if the invoice on it is too small to be seen."""
        try:
            return self._send_jpeg(file, jpeg, fallback, deadline)
        except ImageRefused as refusal:
            if refusal.code != NO_INVOICE or jpeg.view.scale == 1:
                raise
            trimmed = self._jpeg(file, content, deadline, trimmed=True)
            if trimmed.view == jpeg.view:
                raise
            return _after(refusal, self._send_jpeg(file, trimmed, fallback, deadline))

    def _jpeg(
        self, file: File, content: bytes, deadline: Deadline, *, trimmed: bool = False
    ) -> Jpeg:
        from quota_invoice.recognition.formats.conversion import to_jpeg  # noqa: PLC0415 - as above

        with self._log.step("convert", file.key):
            return run_before(deadline, partial(to_jpeg, content, trimmed=trimmed))

    def _send_jpeg(self, file: File, jpeg: Jpeg, fallback: Fallback, deadline: Deadline) -> Reading:
        reading = self._recognize(file._replace(given=OcrInput(image=jpeg.image)), deadline)
        pages = {number: page._replace(view=jpeg.view) for number, page in reading.pages.items()}
        return reading._replace(pages=pages, fallback=fallback._replace(scale=jpeg.view.scale))

    def _recognize(self, file: File, deadline: Deadline) -> Reading:
        """Send one image."""
        api = self._for_images
        result, attempts = retry(partial(self._requests.send, file, api, None, deadline), deadline)
        reading = Reading(api, {1: result}, attempts)
        try:
            return require_invoice(reading) if self._auto else reading
        except ImageRefused as refusal:
            refusal.attempts = attempts
            raise


def _after(refusal: QuotaInvoiceError, reading: Reading) -> Reading:
    """Return a reading that counts the refused requests before it as well."""
    return reading._replace(attempts=refusal.attempts + reading.attempts)
