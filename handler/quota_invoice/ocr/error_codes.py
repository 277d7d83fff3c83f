"""What follows from each refusal of the OCR service.

By Huawei Cloud's table of OCR error codes. The HTTP status would mislead: 400 comes with a bad
image and with a limit that passes, 500 with a service that is gone.
"""

from __future__ import annotations

from quota_invoice.errors import (
    AccessRefused,
    AddressRefused,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    InvocationError,
    NotRecognized,
    ObjectUnfetched,
    QuotaInvoiceError,
    RateLimited,
    ServiceRefused,
    ServiceUnavailable,
)

_CONSEQUENCES: dict[type[QuotaInvoiceError], tuple[str, ...]] = {
    ImageRefused: (
        "AIS.0101",  # a parameter, which for a URL can only be the object behind it
        "AIS.0104",  # not a supported image, or too poor
        "ModelArts.4104",  # body too long
    ),
    NotRecognized: ("AIS.0105",),
    ImageTooLarge: (
        "AIS.0103",  # size or dimensions
        "ModelArts.4705",  # object too large
    ),
    FormatRefused: ("AIS.0102",),
    AccessRefused: (
        *("ModelArts.0203", "ModelArts.0212"),  # token without validity, or without a project
        *("ModelArts.4101", "ModelArts.4102", "ModelArts.4103"),  # token empty, unparsable, expired
        "ModelArts.4105",  # body not JSON
        "ModelArts.4106",  # account restricted
        *("ModelArts.4201", "ModelArts.4202"),  # wrong id in the URL, wrong URL
        "ModelArts.4203",  # no permission
        "ModelArts.4204",  # API not subscribed in this region
        *("ModelArts.4503", "ModelArts.4504", "ModelArts.4506", "ModelArts.4508"),  # no such API
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
    ),
    AddressRefused: (
        "ModelArts.4601",  # address not allowed
        *("ModelArts.4702", "ModelArts.4703"),  # agency or address of the bucket
        "ModelArts.4706",  # no such object
    ),
}
_BY_CODE = {code: kind for kind, codes in _CONSEQUENCES.items() for code in codes}
_BY_STATUS: dict[int, type[InvocationError]] = {401: AccessRefused, 429: RateLimited}
_SERVER_ERROR = 500


def from_service(
    code: object, message: str, status: int, request_id: str | None
) -> QuotaInvoiceError:
    """Turn a refusal of the OCR service into the error whose consequence is right.

    The code decides; the HTTP status does where there is no code, or one that we do not know.

    >>> type(from_service("AIS.0103", "The image size…", 400, None)).__name__
    'ImageTooLarge'
    >>> type(from_service("APIG.0308", "The throttling threshold…", 429, None)).__name__
    'RateLimited'
    >>> str(from_service(None, "Bad gateway", 502, None))
    'Service.502: Bad gateway'
    """
    # Where an answer names no code, the SDK gives the status for one; and it passes on any JSON.
    known = code if isinstance(code, str) and code.strip("0123456789") else f"Service.{status}"
    by_status: type[InvocationError]
    by_status = ServiceUnavailable if status >= _SERVER_ERROR else ServiceRefused
    by_status = _BY_STATUS.get(status, by_status)
    return _BY_CODE.get(known, by_status)(known, message, request_id)
