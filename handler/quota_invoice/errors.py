"""All errors of the function; each class carries its consequence.

    QuotaInvoiceError
    ├── ImageRefused         this image cannot be read: a failure record is written and the
    │   │                    invocation succeeds
    │   ├── ImageTooLarge        …unless a smaller copy can be read
    │   ├── FormatRefused        …unless the service fetched something other than the object
    │   ├── KeyRefused           …for its key: no request is sent
    │   └── FileRefused          …for its first bytes, or what the function finds in it: likewise
    ├── RequestRefused       an API caller's request is invalid
    │   ├── NotFound             there is no such path or input
    │   ├── MethodRefused        the path has other methods
    │   ├── BodyTooLarge         the body exceeds the limit of every gateway
    │   └── UrlRefused           the OCR service must not fetch this URL
    └── InvocationError      any other error: raised after the event's other uploads are done, so
        │                    that the platform retries or reports it
        ├── ConfigurationError   settings or credentials are invalid
        ├── EventError           an event of unknown shape
        ├── UnusableKey          an API caller names a key that no input has
        ├── NotRecognized        recognition failed, twice: a later attempt may succeed
        ├── ServiceRefused       the OCR service refused the request, not the image
        │   ├── AccessRefused        …and will refuse every request of this account: stops the round
        │   └── PagesRefused         …of the API for files with pages, which others do not need
        ├── ServiceUnavailable   no response from the OCR service, or an invalid one: retried
        │   ├── RateLimited          too many requests: retried after a longer pause
        │   ├── UnusableAnswer       a response without a usable result, which may have been billed
        │   └── DownloadFailed       it could not fetch the object: retried once, then sent
        │       └── DownloadRefused      …sent at once
        ├── OutOfTime            the invocation has no time left for this upload
        ├── InputTooLong         a whole sweep was too short for this input
        ├── ObjectChanging       the object is replaced faster than it can be read
        ├── ObjectUnavailable    the bucket does not hand out this object
        │   └── RecordUnavailable    …a record that an API caller asks for
        ├── StoreError           the bucket refused a request or did not respond
        │   ├── StoreRefused         …for this account or bucket: stops the round
        │   ├── StoreUnreachable     no response: retried soon, over a new connection
        │   └── StoreBusy            too many requests: retried soon
        ├── UnexpectedFault      a defect of this function
        └── UploadsFailed        several uploads of one event failed

Every error has a ``code``: the OCR service's own, or one of the function's with a dot, such as
``Store.AccessDenied``. A message never holds a key, a token or the query of a signed URL. An API
caller gets code and message with the HTTP ``status`` of the class; the message of an ``internal``
error goes to the log only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from quota_invoice.redaction import without_secrets

FOR_LARGE_FILES = "POST /uploads returns a URL for files of any size"
"""The way for files that are too large for a request."""


class QuotaInvoiceError(Exception):
    """Base of all errors of this function.

    Args:
        code: identifies the error, such as ``AIS.0103`` or ``Store.AccessDenied``.
        message: the problem, in words for an operator.
        request_id: the refusing service's id of the request, or None.
    """

    tries: int = 1
    """Maximum number of attempts that meet this error, for one request."""
    attempts: int = 0
    """Number of requests that ended with this error, with those refused before it."""
    pause: ClassVar[float] = 0.5
    """Seconds before the second attempt; later pauses grow, with jitter."""
    retry_after: float = 0
    """Seconds to wait as the service asked in ``Retry-After``."""
    status: ClassVar[int] = 500
    """HTTP status of the response to an API caller."""
    stops_round: bool = False
    """Whether all other inputs of the invocation would meet this error too."""
    is_outage: bool = False
    """Whether the error may concern all inputs; several in a row stop a sweep."""
    internal: ClassVar[bool] = False
    """Whether the message concerns the operator only: accounts, settings, the bucket."""
    file_code: str = ""
    """The function's own code for the file, where it found more than the service said."""
    page: int | None = None
    """The page of a file with pages that the error is about."""
    key: str = ""
    """The input that an API caller's request is about, where it is known."""
    message_zh: str = ""
    """The message in Chinese, where a failure record has one."""
    hint: Mapping[str, str] | None = None
    """The next step by language, where a failure record has one."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        self.code = code
        self.message = without_secrets(message)
        self.request_id = request_id
        super().__init__(f"{code}: {self.message}")


class ImageRefused(QuotaInvoiceError):
    """The OCR service cannot read this image; another request would give the same result."""

    status = 422


class ImageTooLarge(ImageRefused):
    """The image has too many bytes or pixels for the service; a smaller copy may be read."""


class FormatRefused(ImageRefused):
    """The service does not know the format of the file it fetched; the object may differ."""


class KeyRefused(ImageRefused):
    """Some software resolves parts of the object's key: neither it nor its record can be found."""

    def __init__(self, key: str) -> None:
        message = f"a key with '.' or '..' as a part of its path cannot be read: {key}"
        super().__init__("Key.Unusable", message)


class FileRefused(ImageRefused):
    """The function itself finds that the file is no image, or cannot be decoded."""


class RequestRefused(QuotaInvoiceError):
    """An API caller's request is invalid."""

    status = 400
    allowed: tuple[str, ...] = ()
    """The methods of the path, where the request used another one."""

    def __init__(self, message: str, code: str = "Request.Invalid") -> None:
        super().__init__(code, message)


class NotFound(RequestRefused):
    """There is no such path or input."""

    status = 404


class MethodRefused(RequestRefused):
    """The path exists, with other methods."""

    status = 405

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is none of {', '.join(allowed)}", "Request.Method")
        self.allowed = allowed


class BodyTooLarge(RequestRefused):
    """The body exceeds the limit of every gateway."""

    status = 413

    def __init__(self, limit: int) -> None:
        message = f"the body has more than {limit} bytes: {FOR_LARGE_FILES}"
        super().__init__(message, "Request.TooLarge")


class UrlRefused(RequestRefused):
    """The OCR service must not fetch this URL."""

    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message, "Url.Refused")


class InvocationError(QuotaInvoiceError):
    """An error that the image did not cause: no record is written, and the event is retried."""


class ConfigurationError(InvocationError):
    """Settings or credentials are invalid; the message names every problem."""

    internal = True
    stops_round = True

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("Configuration.Invalid", "configuration: " + "; ".join(self.problems))


class EventError(InvocationError):
    """An event, or one entry of it, has an unknown shape."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__("Event.Unknown", message)


class UnusableKey(InvocationError):
    """An API caller names a key that no input has."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__("Key.Unusable", message)


class NotRecognized(InvocationError):
    """Recognition failed, twice; a sweep tries again later."""

    status = 422
    tries = 2


class ServiceRefused(InvocationError):
    """The OCR service refused the request for a reason other than the image."""

    status = 502


class AccessRefused(ServiceRefused):
    """The OCR service refused the account, its credentials or the endpoint.

    No further request is sent in this invocation: five failures in a row lock the account for five
    minutes.
    """

    internal = True
    stops_round = True


class PagesRefused(ServiceRefused):
    """The account may not use Auto Classification, which reads PDFs and TIFFs of several pages.

    With ``RECOGNITION=quota``, single images do not need it: their work goes on.
    """


class ServiceUnavailable(InvocationError):
    """The OCR service sent no response or an invalid one; a later attempt may succeed."""

    status = 503
    tries = 1000  # in effect, as many as the time allows
    is_outage = True


class UnusableAnswer(ServiceUnavailable):
    """The OCR service responded with a success that holds no usable result.

    Such a response may have been billed: nothing is sent again in this invocation.
    """

    tries = 1
    is_outage = False


class RateLimited(ServiceUnavailable):
    """A limit on simultaneous requests or on requests per minute was reached."""

    status = 429
    pause = 2.5


class DownloadFailed(ServiceUnavailable):
    """The OCR service could not fetch the object from its URL."""

    status = 422
    tries = 2
    is_outage = False


class DownloadRefused(DownloadFailed):
    """The OCR service does not fetch from this URL; another attempt would give the same result."""

    tries = 1


class ObjectChanging(InvocationError):
    """An object was replaced each time it was read; another invocation will read it."""

    status = 503

    def __init__(self, key: str) -> None:
        super().__init__("Object.Changing", f"{key} was replaced while it was read, repeatedly")


class ObjectUnavailable(InvocationError):
    """The bucket does not hand out this object: it is archived, or another account's."""

    status = 422


class RecordUnavailable(ObjectUnavailable):
    """An input's record, or a decision on it, is such an object: the API cannot show it."""

    def __init__(self, message: str) -> None:
        super().__init__("Record.Unavailable", message)


class StoreError(InvocationError):
    """The bucket refused a request or did not respond."""

    status = 502
    internal = True
    is_outage = True


class StoreRefused(StoreError):
    """The bucket refused the account, its credentials, or an operation on its own prefixes."""

    stops_round = True


class StoreUnreachable(StoreError):
    """The bucket did not respond in time, or the connection failed."""

    tries = 4
    pause = 0.2


class StoreBusy(StoreError):
    """The bucket received too many requests; an attempt a little later may succeed."""

    status = 503
    tries = 4


class OutOfTime(InvocationError):
    """The invocation's time ran out before a request; another invocation will send it."""

    status = 504
    has_progress: bool = False
    """Whether finished pages were kept, so that the next invocation continues after them."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "Function.OutOfTime", f"no request was sent: {max(0.0, seconds):.1f} s are left"
        )


class InputTooLong(InvocationError):
    """A whole sweep was too short for an input."""

    status = 504

    def __init__(self, key: str) -> None:
        super().__init__("Function.TooLong", f"a whole sweep was too short for {key}")


class UnexpectedFault(InvocationError):
    """A defect of this function, named by exception and place: its text may hold a secret."""

    internal = True

    def __init__(self, error: Exception) -> None:
        at = error.__traceback__
        while at and at.tb_next:
            at = at.tb_next
        place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else "nowhere"
        super().__init__("Function.Fault", f"{type(error).__name__} at {place}")


class UploadsFailed(InvocationError):
    """Several uploads of one event failed; the code is that of the first one.

    Args:
        failures: pairs of object key and its error; at least one.
        total: number of uploads.
        count: number of failures, if ``failures`` lists some of them only.
    """

    def __init__(
        self, failures: list[tuple[str, InvocationError]], total: int, count: int | None = None
    ) -> None:
        causes = "; ".join(f"{key}: {error}" for key, error in failures)
        message = f"{count or len(failures)} of {total} uploads failed: {causes}"
        super().__init__(failures[0][1].code, message, failures[0][1].request_id)
