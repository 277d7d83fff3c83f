"""Each error code has the consequence that Huawei Cloud's table of codes requires."""

from __future__ import annotations

import pytest

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
    UploadsFailed,
)
from quota_invoice.ocr.error_codes import error_of

TABLE: list[tuple[type[QuotaInvoiceError], str]] = [
    (ImageRefused, "AIS.0101 AIS.0104 ModelArts.4104"),
    (FormatRefused, "AIS.0102"),
    (ImageTooLarge, "AIS.0103 ModelArts.4705"),
    (NotRecognized, "AIS.0105"),
    (
        AccessRefused,
        """ModelArts.0203 ModelArts.0212 ModelArts.4101 ModelArts.4102 ModelArts.4103
        ModelArts.4105 ModelArts.4106 ModelArts.4201 ModelArts.4202 ModelArts.4203 ModelArts.4204
        ModelArts.4503 ModelArts.4504 ModelArts.4506 ModelArts.4508
        ModelArts.6201 APIG.0101 APIG.0301""",
    ),
    (
        ServiceUnavailable,
        "ModelArts.4302 ModelArts.4402 ModelArts.4403 ModelArts.4502 ModelArts.4505",
    ),
    (RateLimited, "ModelArts.4401 APIG.0201 APIG.0308"),
    (DownloadFailed, "ModelArts.4603 ModelArts.4704"),
    (DownloadRefused, "ModelArts.4601 ModelArts.4702 ModelArts.4703 ModelArts.4706"),
]


@pytest.mark.parametrize(
    ("kind", "code"), [(kind, code) for kind, codes in TABLE for code in codes.split()]
)
def test_the_code_decides_not_the_status(kind: type[QuotaInvoiceError], code: str) -> None:
    for status in (400, 401, 429, 500):
        error = error_of(code, "refused", status, "r-1")
        assert type(error) is kind
        assert (error.code, error.request_id) == (code, "r-1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ServiceRefused),
        (401, AccessRefused),
        (403, ServiceRefused),
        (429, RateLimited),
        (499, ServiceRefused),
        (500, ServiceUnavailable),
        (503, ServiceUnavailable),
    ],
)
def test_without_a_code_the_status_decides(status: int, kind: type) -> None:
    error = error_of(None, "no code", status, None)
    assert type(error) is kind
    assert error.code == f"Service.{status}"


@pytest.mark.parametrize("code", [103, ["AIS.0103"], "", "502"])
def test_a_numeric_code_counts_as_none(code: object) -> None:
    assert error_of(code, "odd", 502, None).code == "Service.502"


def test_a_code_has_at_most_64_characters() -> None:
    assert error_of("A" * 64, "long", 400, None).code == "A" * 64
    assert error_of("A" * 65, "longer", 400, None).code == "Service.400"


def test_signed_urls_in_messages_lose_their_queries() -> None:
    error = error_of(
        "ModelArts.4603", "GET https://b.test/a.jpg?AccessKeyId=AK&Signature=s%3D failed", 400, None
    )
    assert str(error) == "ModelArts.4603: GET https://b.test/a.jpg?… failed"


def test_several_failures_are_reported_together() -> None:
    failures: list[tuple[str, InvocationError]] = [
        (f"incoming/{n}.jpg", ServiceRefused("APIG.0301", f"no {n}")) for n in "ab"
    ]
    assert str(UploadsFailed(failures, 3)) == (
        "APIG.0301: 2 of 3 uploads failed: incoming/a.jpg: APIG.0301: no a; "
        "incoming/b.jpg: APIG.0301: no b"
    )
