"""The one tree of errors; each class carries what follows from it.

    QuotaInvoiceError
    ├── ImageRefused         this image will never be read: a failure record, the invocation
    │   │                    succeeds
    │   ├── NotRecognized        …once it has failed twice
    │   ├── ImageTooLarge        …unless a smaller copy of it is
    │   └── FormatRefused        …unless something else than the object was fetched
    ├── RequestRefused       what a caller of the API asked for makes no sense
    │   ├── NotFound             there is no such thing
    │   ├── MethodRefused        there is, but that cannot be done with it
    │   ├── BodyTooLarge         it came with more than a gateway lets through
    │   └── UrlRefused           it names an address that is not for the OCR service to fetch
    └── InvocationError      anything else: raised when the other uploads are done, so that the
        │                    platform retries or reports it
        ├── ConfigurationError   settings or credentials that make no sense
        ├── EventError           an event of no known shape
        ├── UnusableKey          an upload whose record can have no key
        ├── ServiceRefused       the OCR service refused the request, not the image
        │   └── AccessRefused        …as it will refuse any other of this account
        ├── ServiceUnavailable   the OCR service did not answer, or not sensibly: tried again
        │   ├── RateLimited          it has had enough of us for now: tried again later
        │   └── ObjectUnfetched      it could not fetch the object: tried again once, then sent
        │       └── AddressRefused       …sent at once
        ├── OutOfTime            the invocation has no time left for this upload
        ├── ObjectChanging       the object is replaced faster than it can be read
        ├── StoreError           the bucket refused or did not answer
        │   └── StoreBusy            it has had enough requests for now: tried again at once
        ├── UnexpectedFault      a fault of our own
        └── UploadsFailed        several of the above, from one event

Every error has a ``code``: the OCR service's own where it gave one, else one of ours with a dot
in the same manner (``Store.AccessDenied``). Messages never hold a key, a token or a signed query.
A caller of the API gets both, under the HTTP ``status`` of the class; but where it is ``internal``,
the message is for the function's log alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from quota_invoice.redaction import without_secrets


class QuotaInvoiceError(Exception):
    """Base of all errors of this function.

    Args:
        code: which refusal it is, such as ``AIS.0103`` or ``Store.AccessDenied``.
        message: what was wrong, in words for an operator.
        request_id: the id under which the refusing service knows the request, if it gave one.
    """

    tries: ClassVar[int] = 1
    """How often the request that met this error is worth making, the first time included."""
    pause: ClassVar[float] = 0.5
    """Seconds before the second try; later ones wait longer, all of them by chance."""
    retry_after: float = 0
    """Seconds that the service asked to be left alone."""
    status: ClassVar[int] = 500
    """The HTTP status of the answer to a caller of the API."""
    internal: ClassVar[bool] = False
    """Whether the message is about what is no caller's business: accounts, settings, the bucket."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        self.code = code
        self.message = without_secrets(message)
        self.request_id = request_id
        super().__init__(f"{code}: {self.message}")


class ImageRefused(QuotaInvoiceError):
    """The OCR service will never read this image, however often it is asked."""

    status = 422


class NotRecognized(ImageRefused):
    """The service failed at this image; a second failure is taken for its last word."""

    tries = 2


class ImageTooLarge(ImageRefused):
    """The image has too many bytes or pixels for the service; a smaller copy of it may not."""


class FormatRefused(ImageRefused):
    """What the service fetched is no image that it knows; the object itself may be one."""


class RequestRefused(QuotaInvoiceError):
    """A caller of the API asked for what makes no sense, or cannot be had."""

    status = 400
    allowed: tuple[str, ...] = ()
    """The methods that there are, where another one was asked for."""

    def __init__(self, message: str, code: str = "Request.Invalid") -> None:
        super().__init__(code, message)


class NotFound(RequestRefused):
    """There is no such path, or nothing is known of such an input."""

    status = 404


class MethodRefused(RequestRefused):
    """The path exists, with other methods."""

    status = 405

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is none of {', '.join(allowed)}", "Request.Method")
        self.allowed = allowed


class BodyTooLarge(RequestRefused):
    """The body is larger than what every gateway lets through."""

    status = 413

    def __init__(self, limit: int) -> None:
        message = f"the body has more than {limit} bytes: POST /uploads gives an address for files"
        super().__init__(f"{message} of any size", "Request.TooLarge")


class UrlRefused(RequestRefused):
    """An address of a caller's that the OCR service is not sent to."""

    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message, "Url.Refused")


class InvocationError(QuotaInvoiceError):
    """Not the image's fault: raised at the end, so that nothing is recorded and nothing is lost."""


class ConfigurationError(InvocationError):
    """Settings or credentials that make no sense; names every problem at once."""

    internal = True

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("Configuration.Invalid", "configuration: " + "; ".join(self.problems))


class EventError(InvocationError):
    """An event, or one record of it, that has no shape that we know."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__("Event.Unknown", message)


class UnusableKey(InvocationError):
    """An input's key from which no key for a record can be made."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__("Key.Unusable", message)


class ServiceRefused(InvocationError):
    """The OCR service refuses the request, for a reason that is not the image's."""

    status = 502


class AccessRefused(ServiceRefused):
    """The OCR service refuses the account, its keys or the address; it will refuse all requests.

    To ask on with wrong keys would lock the account: five failures in a row do so for 5 minutes.
    """

    internal = True


class ServiceUnavailable(InvocationError):
    """The OCR service did not answer, or not sensibly; a later try may succeed."""

    status = 503
    tries = 1000  # in fact as often as the invocation's time allows


class RateLimited(ServiceUnavailable):
    """A limit of requests at once or by the minute; soon tried again, it would be met again."""

    status = 429
    pause = 2.5


class ObjectUnfetched(ServiceUnavailable):
    """The OCR service could not fetch the object by the address that it was given."""

    status = 422
    tries = 2


class AddressRefused(ObjectUnfetched):
    """The OCR service will not fetch from such an address, however often it is asked."""

    tries = 1


class ObjectChanging(InvocationError):
    """An object was replaced again and again while it was read; another invocation will read it."""

    status = 503

    def __init__(self, key: str) -> None:
        super().__init__("Object.Changing", f"{key} was replaced while it was read, repeatedly")


class StoreError(InvocationError):
    """The bucket refused a request or did not answer."""

    status = 502
    internal = True


class StoreBusy(StoreError):
    """The bucket has had enough requests for now; one more a little later may be welcome."""

    status = 503
    tries = 4


class OutOfTime(InvocationError):
    """The invocation's time is over before the OCR service could be asked; another will ask."""

    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__("Function.OutOfTime", f"not asked: {max(0.0, seconds):.1f} s are left")


class UnexpectedFault(InvocationError):
    """An error that nobody foresaw, named by its kind and place: its text may hold anything."""

    internal = True

    def __init__(self, error: Exception) -> None:
        at = error.__traceback__
        while at and at.tb_next:
            at = at.tb_next
        place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else "nowhere"
        super().__init__("Function.Fault", f"{type(error).__name__} at {place}")


class UploadsFailed(InvocationError):
    """Several uploads of one event failed; the first cause gives the code.

    Args:
        failures: pairs of object key and the error that it met; at least one.
        total: how many uploads there were.
        count: how many failed, if not all of them are told.
    """

    def __init__(
        self, failures: list[tuple[str, InvocationError]], total: int, count: int | None = None
    ) -> None:
        causes = "; ".join(f"{key}: {error}" for key, error in failures)
        message = f"{count or len(failures)} of {total} uploads failed: {causes}"
        super().__init__(failures[0][1].code, message, failures[0][1].request_id)
