"""The one tree of errors; each class carries what follows from it.

    QuotaInvoiceError
    ├── ImageRefused         this image will never be read: a failure record, the invocation
    │                        succeeds
    │   └── NotRecognized        …once it has failed twice
    └── InvocationError      anything else: raised when the other uploads are done, so that the
        │                    platform retries or reports it
        ├── ConfigurationError   settings or credentials that make no sense
        ├── EventError           an event of no known shape
        ├── UnusableKey          an upload whose record can have no key
        ├── ServiceRefused       the OCR service refused the account or the request, not the image
        ├── ServiceUnavailable   the OCR service did not answer, or not sensibly: tried again
        │   ├── RateLimited          it has had enough of us for now: tried again later
        │   └── ObjectUnfetched      it could not fetch the object: tried again once
        ├── OutOfTime            the invocation has no time left for this upload
        ├── StoreError           the bucket refused or did not answer
        ├── UnexpectedFault      a fault of our own
        └── UploadsFailed        several of the above, from one event

Every error has a ``code``: the OCR service's own where it gave one, else one of ours with a dot
in the same manner (``Store.AccessDenied``). Messages never hold a key, a token or a signed query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

_QUERY = re.compile(r"\?[^\s'\"<>]*=[^\s'\"<>]*")
_SIGNATURE = re.compile(r"(?i)(signature|credential|token)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&]+")
_AUTHORIZATION = re.compile(r"\b(OBS|AWS) [^\s:]+:[^\s'\",;]+")  # of the store: key and signature
_MESSAGE_LIMIT = 2000


def without_secrets(text: object) -> str:
    """Shorten foreign text for a message, without what signs: queries of URLs, and signatures.

    >>> without_secrets("GET https://b.example/a.jpg?AccessKeyId=AK&Signature=abc&x=1 failed")
    'GET https://b.example/a.jpg?… failed'
    >>> without_secrets("Authorization: SDK-HMAC-SHA256 Signature=0af7")
    'Authorization: SDK-HMAC-SHA256 Signature=…'
    >>> without_secrets("authorization: OBS AK:c2lnbmF0dXJl=")
    'authorization: OBS …'
    """
    cleaned = _QUERY.sub("?…", " ".join(str(text).split()))
    cleaned = _AUTHORIZATION.sub(r"\1 …", _SIGNATURE.sub(r"\1\2…", cleaned))
    return cleaned if len(cleaned) <= _MESSAGE_LIMIT else cleaned[: _MESSAGE_LIMIT - 1] + "…"


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

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        self.code = code
        self.message = without_secrets(message)
        self.request_id = request_id
        super().__init__(f"{code}: {self.message}")


class ImageRefused(QuotaInvoiceError):
    """The OCR service will never read this image, however often it is asked."""


class NotRecognized(ImageRefused):
    """The service failed at this image; a second failure is taken for its last word."""

    tries = 2


class InvocationError(QuotaInvoiceError):
    """Not the image's fault: raised at the end, so that nothing is recorded and nothing is lost."""


class ConfigurationError(InvocationError):
    """Settings or credentials that make no sense; names every problem at once."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("Configuration.Invalid", "configuration: " + "; ".join(self.problems))


class EventError(InvocationError):
    """An event, or one record of it, that has no shape that we know."""

    def __init__(self, message: str) -> None:
        super().__init__("Event.Unknown", message)


class UnusableKey(InvocationError):
    """An input's key from which no key for a record can be made."""

    def __init__(self, message: str) -> None:
        super().__init__("Key.Unusable", message)


class ServiceRefused(InvocationError):
    """The OCR service refuses the account or the request; another image would fare no better."""


class ServiceUnavailable(InvocationError):
    """The OCR service did not answer, or not sensibly; a later try may succeed."""

    tries = 1000  # in fact as often as the invocation's time allows


class RateLimited(ServiceUnavailable):
    """A limit of requests at once or by the minute; soon tried again, it would be met again."""

    pause = 2.5


class ObjectUnfetched(ServiceUnavailable):
    """The OCR service could not fetch the object by the address that it was given."""

    tries = 2


class StoreError(InvocationError):
    """The bucket refused a request or did not answer."""


class OutOfTime(InvocationError):
    """The invocation's time is over before the OCR service could be asked; another will ask."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Function.OutOfTime", f"not asked: {max(0.0, seconds):.1f} s are left")


class UnexpectedFault(InvocationError):
    """An error that nobody foresaw, named by its kind and place: its text may hold anything."""

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
        total: how many uploads the event announced.
    """

    def __init__(self, failures: list[tuple[str, InvocationError]], total: int) -> None:
        causes = "; ".join(f"{key}: {error}" for key, error in failures)
        message = f"{len(failures)} of {total} uploads failed: {causes}"
        super().__init__(failures[0][1].code, message, failures[0][1].request_id)


# What follows from each code of Huawei Cloud's table of OCR error codes. The HTTP status would
# mislead: 400 comes with a bad image and with a limit that passes, 500 with a service that is gone.
_CONSEQUENCES: dict[type[QuotaInvoiceError], tuple[str, ...]] = {
    ImageRefused: (
        "AIS.0101",  # a parameter, which for a URL can only be the object behind it
        "AIS.0102",  # format
        "AIS.0103",  # size or dimensions
        "AIS.0104",  # not a supported image, or too poor
        "ModelArts.4104",  # body too long
        "ModelArts.4705",  # object too large
    ),
    NotRecognized: ("AIS.0105",),
    ServiceRefused: (
        *("ModelArts.0203", "ModelArts.0212"),  # token without validity, or without a project
        *("ModelArts.4101", "ModelArts.4102", "ModelArts.4103"),  # token empty, unparsable, expired
        "ModelArts.4105",  # body not JSON
        "ModelArts.4106",  # account restricted
        *("ModelArts.4201", "ModelArts.4202"),  # wrong id in the URL, wrong URL
        "ModelArts.4203",  # no permission
        "ModelArts.4204",  # API not subscribed in this region
        *("ModelArts.4503", "ModelArts.4504", "ModelArts.4506", "ModelArts.4508"),  # no such API
        "ModelArts.4601",  # address not allowed
        *("ModelArts.4702", "ModelArts.4703"),  # agency or address of the bucket
        "ModelArts.6201",  # account frozen
        "APIG.0101",  # wrong URL or region
        "APIG.0301",  # wrong keys or token; five failures in a row lock for five minutes
    ),
    ServiceUnavailable: (
        "ModelArts.4302",  # gateway
        "ModelArts.4402",  # time-out
        "ModelArts.4403",  # unavailable
        "ModelArts.4502",  # response
        "ModelArts.4505",  # internal
    ),
    RateLimited: (
        "ModelArts.4401",  # concurrency
        "APIG.0201",  # backend time-out, which comes of too many requests at once
        "APIG.0308",  # requests by the minute
    ),
    ObjectUnfetched: (
        "ModelArts.4603",  # download of the URL failed
        "ModelArts.4704",  # fetch from the bucket failed
        "ModelArts.4706",  # no such object
    ),
}
_BY_CODE = {code: kind for kind, codes in _CONSEQUENCES.items() for code in codes}
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


def from_service(
    code: object, message: str, status: int, request_id: str | None
) -> QuotaInvoiceError:
    """Turn a refusal of the OCR service into the error whose consequence is right.

    The code decides; the HTTP status does where there is no code, or one that we do not know.

    >>> type(from_service("AIS.0103", "The image size…", 400, None)).__name__
    'ImageRefused'
    >>> type(from_service("APIG.0308", "The throttling threshold…", 429, None)).__name__
    'RateLimited'
    >>> str(from_service(None, "Bad gateway", 502, None))
    'Service.502: Bad gateway'
    """
    # Where an answer names no code, the SDK gives the status for one; and it passes on any JSON.
    known = code if isinstance(code, str) and code.strip("0123456789") else f"Service.{status}"
    by_status = (
        RateLimited
        if status == _TOO_MANY_REQUESTS
        else ServiceUnavailable
        if status >= _SERVER_ERROR
        else ServiceRefused
    )
    return _BY_CODE.get(known, by_status)(known, message, request_id)
