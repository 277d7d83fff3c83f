"""The function's error for each error code of the OCR service.

Source: Huawei Cloud's table of OCR error codes. The HTTP status alone would mislead: 400 stands for
a bad image and for a rate limit, 500 for a service that does not exist.
"""

from __future__ import annotations

from quota_invoice.errors import (
    AccessRefused,
    DownloadFailed,
    DownloadRefused,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    InvocationError,
    NotRecognized,
    QuotaInvoiceError,
    RateLimited,
    ServiceRefused,
    ServiceUnavailable,
)

_CODES: dict[type[QuotaInvoiceError], tuple[str, ...]] = {
    ImageRefused: (
        "AIS.0101",  # a parameter; for a URL that can only be the object
        "AIS.0104",  # unsupported image, or poor quality
        "ModelArts.4104",  # body too long
    ),
    NotRecognized: ("AIS.0105",),
    ImageTooLarge: (
        "AIS.0103",  # size or dimensions
        "ModelArts.4705",  # object too large
    ),
    FormatRefused: ("AIS.0102",),
    AccessRefused: (
        *("ModelArts.0203", "ModelArts.0212"),  # token invalid, or without a project
        *("ModelArts.4101", "ModelArts.4102", "ModelArts.4103"),  # token empty, unparsable, expired
        "ModelArts.4105",  # body not JSON
        "ModelArts.4106",  # account restricted
        *("ModelArts.4201", "ModelArts.4202"),  # wrong id in the URL, wrong URL
        "ModelArts.4203",  # no permission
        "ModelArts.4204",  # API not subscribed in this region
        *("ModelArts.4503", "ModelArts.4504", "ModelArts.4506", "ModelArts.4508"),  # no such API
        "ModelArts.6201",  # account frozen
        "APIG.0101",  # wrong URL or region
        "APIG.0301",  # wrong credentials; five in a row lock the account for five minutes
    ),
    ServiceUnavailable: (
        "ModelArts.4302",  # gateway
        "ModelArts.4402",  # timeout
        "ModelArts.4403",  # unavailable
        "ModelArts.4502",  # response
        "ModelArts.4505",  # internal
    ),
    RateLimited: (
        "ModelArts.4401",  # concurrency
        "APIG.0201",  # backend timeout, caused by too many simultaneous requests
        "APIG.0308",  # requests per minute
    ),
    DownloadFailed: (
        "ModelArts.4603",  # download of the URL failed
        "ModelArts.4704",  # fetch from the bucket failed
    ),
    DownloadRefused: (
        "ModelArts.4601",  # URL not allowed
        *("ModelArts.4702", "ModelArts.4703"),  # agency or URL of the bucket
        "ModelArts.4706",  # no such object
    ),
}
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_BY_STATUS: dict[int, type[InvocationError]] = {401: AccessRefused, 429: RateLimited}
_SERVER_ERROR = 500
_LONGEST_CODE = 64  # characters


def error_of(code: object, message: str, status: int, request_id: str | None) -> QuotaInvoiceError:
    """Return the error for an error response of the OCR service.

    The code decides; the HTTP status decides if there is no code or an unknown one.

    >>> type(error_of("AIS.0103", "The image size…", 400, None)).__name__
    'ImageTooLarge'
    >>> type(error_of("APIG.0308", "The throttling threshold…", 429, None)).__name__
    'RateLimited'
    >>> str(error_of(None, "Bad gateway", 502, None))
    'Service.502: Bad gateway'
    """
    # Without a code in the response, the SDK returns the status; and a code may be any JSON.
    usable = isinstance(code, str) and len(code) <= _LONGEST_CODE and code.strip("0123456789")
    known = str(code) if usable else f"Service.{status}"
    by_status: type[InvocationError]
    by_status = ServiceUnavailable if status >= _SERVER_ERROR else ServiceRefused
    by_status = _BY_STATUS.get(status, by_status)
    return _BY_CODE.get(known, by_status)(known, message, request_id)
