"""The request at hand, and the parts that its handler works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from quota_invoice.deadline import Deadline
from quota_invoice.errors import ConfigurationError, QuotaInvoiceError, UnexpectedFault
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.settings import Settings


@dataclass(frozen=True)
class RequestContext:
    """A request with its route.

    Attributes:
        request: the caller's request.
        settings: the function's settings.
        store: the bucket; its requests end at the deadline.
        recognizer: sends files to OCR.
        pipeline: brings records up to date.
        deadline: the time at which the caller must have a response.
        base: the part of the request's path before the API's own paths.
        rest: the part of the path that ``{key}`` stands for: decoded, and as it came if that
            differs.
    """

    request: ApiRequest
    settings: Settings
    store: ObjectStore
    recognizer: Recognizer
    pipeline: Pipeline
    deadline: Deadline
    base: str = ""
    rest: tuple[str, ...] = ()

    @property
    def bucket(self) -> str:
        """The API's bucket.

        Raises:
            ConfigurationError: the settings name none.
        """
        if not self.settings.bucket:
            raise ConfigurationError(["BUCKET: not set; the API needs the bucket's name"])
        return self.settings.bucket

    def record_path(self, key: str) -> str:
        """Return the URL path of an input's record, from the host's root."""
        return f"{self.base}/invoices/{quote(key)}"


@contextmanager
def about(key: str) -> Iterator[None]:
    """Name the input that the block works on in each error that leaves it."""
    try:
        yield
    except QuotaInvoiceError as error:
        error.key = key
        raise
    except Exception as error:  # noqa: BLE001 - a defect gets a response as well
        fault = UnexpectedFault(error)
        fault.key = key
        raise fault from None
