"""The one tree of errors; each class carries what follows from it.

    QuotaInvoiceError
    ├── ImageRefused         this image will never be read: a failure record, the invocation
    │                        succeeds
    └── InvocationError      anything else: raised when the other uploads are done, so that the
        │                    platform retries or reports it
        ├── ConfigurationError   settings or credentials that make no sense
        ├── EventError           an event of no known shape
        ├── UnusableKey          an upload whose record can have no key
        ├── ServiceRefused       the OCR service refused the account or the request, not the image
        ├── ServiceUnavailable   the OCR service did not answer, or not sensibly
        │   └── ObjectUnfetched      it could not fetch the object
        ├── StoreError           the bucket refused or did not answer
        └── UploadsFailed        several of the above, from one event

Every error has a ``code``: the OCR service's own where it gave one, else one of ours with a dot
in the same manner (``Store.AccessDenied``). Messages never hold a key, a token or a signed query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_QUERY = re.compile(r"\?[^\s'\"<>]*=[^\s'\"<>]*")
_SIGNATURE = re.compile(r"(?i)(signature|credential|token)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&]+")
_MESSAGE_LIMIT = 2000


def without_secrets(text: object) -> str:
    """Shorten foreign text for a message, without what signs: queries of URLs, and signatures.

    >>> without_secrets("GET https://b.example/a.jpg?AccessKeyId=AK&Signature=abc&x=1 failed")
    'GET https://b.example/a.jpg?… failed'
    >>> without_secrets("Authorization: SDK-HMAC-SHA256 Signature=0af7")
    'Authorization: SDK-HMAC-SHA256 Signature=…'
    """
    cleaned = _QUERY.sub("?…", " ".join(str(text).split()))
    cleaned = _SIGNATURE.sub(r"\1\2…", cleaned)
    return cleaned if len(cleaned) <= _MESSAGE_LIMIT else cleaned[: _MESSAGE_LIMIT - 1] + "…"


class QuotaInvoiceError(Exception):
    """Base of all errors of this function.

    Args:
        code: which refusal it is, such as ``AIS.0103`` or ``Store.AccessDenied``.
        message: what was wrong, in words for an operator.
        request_id: the id under which the refusing service knows the request, if it gave one.
    """

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        self.code = code
        self.message = without_secrets(message)
        self.request_id = request_id
        super().__init__(f"{code}: {self.message}")


class ImageRefused(QuotaInvoiceError):
    """The OCR service will never read this image, however often it is asked."""


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


class ObjectUnfetched(ServiceUnavailable):
    """The OCR service could not fetch the object by the address that it was given."""


class StoreError(InvocationError):
    """The bucket refused a request or did not answer."""


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


# What the OCR service's codes say about the image, from Huawei Cloud's table of OCR error codes.
_IMAGE_CODES = frozenset(
    {
        "AIS.0101",  # a parameter, which for a URL can only be the object behind it
        "AIS.0102",  # format
        "AIS.0103",  # size or dimensions
        "AIS.0104",  # not a supported image, or too poor
        "AIS.0105",  # recognition failed
        "ModelArts.4104",  # body too long
        "ModelArts.4705",  # object too large
    }
)
# Codes that another try may mend although their HTTP status says that the request was at fault.
_PASSING_CODES = frozenset(
    {
        "ModelArts.4302",  # gateway
        "ModelArts.4401",  # concurrency limit
        "ModelArts.4402",  # time-out
        "ModelArts.4403",  # unavailable
        "ModelArts.4502",  # response
        "ModelArts.4505",  # internal
        "APIG.0201",  # backend time-out
        "APIG.0308",  # rate limit
    }
)
_FETCH_CODES = frozenset(
    {
        "ModelArts.4603",  # download of the URL failed
        "ModelArts.4704",  # fetch from the bucket failed
        "ModelArts.4706",  # no such object
    }
)
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


def from_service(
    code: str | None, message: str, status: int, request_id: str | None
) -> QuotaInvoiceError:
    """Turn a refusal of the OCR service into the error whose consequence is right.

    Codes decide first, since the service answers 400 both for a bad image and for a limit that
    passes; the HTTP status decides where there is no code, or one that we do not know.

    >>> type(from_service("AIS.0103", "The image size…", 400, None)).__name__
    'ImageRefused'
    >>> type(from_service("APIG.0308", "The throttling threshold…", 429, None)).__name__
    'ServiceUnavailable'
    >>> str(from_service(None, "Bad gateway", 502, None))
    'Service.502: Bad gateway'
    """
    # Where an answer names no code, the SDK gives the status for one.
    known = code if code and not code.isdigit() else f"Service.{status}"
    if known in _IMAGE_CODES:
        return ImageRefused(known, message, request_id)
    if known in _FETCH_CODES:
        return ObjectUnfetched(known, message, request_id)
    # Of the ModelArts.45xx those that are no more than a fault in passing stand above; the others
    # mean that the API is missing or stopped, whatever the status.
    passing = status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
    if known in _PASSING_CODES or (passing and not known.startswith("ModelArts.45")):
        return ServiceUnavailable(known, message, request_id)
    return ServiceRefused(known, message, request_id)
