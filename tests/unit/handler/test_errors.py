"""Each error code has the consequence that Huawei Cloud's table of codes requires."""

from __future__ import annotations

import pytest

from quota_invoice import errors
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


# HTTP status for an API caller, attempts at a request, seconds before the second attempt.
CONSEQUENCES: dict[str, tuple[int, int, float]] = {
    "ImageRefused": (422, 1, 0.5),
    "ImageTooLarge": (422, 1, 0.5),
    "FormatRefused": (422, 1, 0.5),
    "KeyRefused": (422, 1, 0.5),
    "FileRefused": (422, 1, 0.5),
    "RequestRefused": (400, 1, 0.5),
    "NotFound": (404, 1, 0.5),
    "MethodRefused": (405, 1, 0.5),
    "BodyTooLarge": (413, 1, 0.5),
    "UrlRefused": (422, 1, 0.5),
    "InvocationError": (500, 1, 0.5),
    "ConfigurationError": (500, 1, 0.5),
    "EventError": (400, 1, 0.5),
    "UnusableKey": (400, 1, 0.5),
    "NotRecognized": (422, 2, 0.5),
    "ServiceRefused": (502, 1, 0.5),
    "AccessRefused": (502, 1, 0.5),
    "PagesRefused": (502, 1, 0.5),
    "ServiceUnavailable": (503, 1000, 0.5),
    "UnusableAnswer": (503, 1, 0.5),
    "RateLimited": (429, 1000, 2.5),
    "DownloadFailed": (422, 2, 0.5),
    "DownloadRefused": (422, 1, 0.5),
    "ObjectChanging": (503, 1, 0.5),
    "ObjectUnavailable": (422, 1, 0.5),
    "RecordUnavailable": (422, 1, 0.5),
    "StoreError": (502, 1, 0.5),
    "StoreRefused": (502, 1, 0.5),
    "StoreUnreachable": (502, 4, 0.2),
    "StoreBusy": (503, 4, 0.5),
    "OutOfTime": (504, 1, 0.5),
    "InputTooLong": (504, 1, 0.5),
    "UnexpectedFault": (500, 1, 0.5),
    "UploadsFailed": (500, 1, 0.5),
}
STOP_THE_ROUND = {"ConfigurationError", "AccessRefused", "StoreRefused"}
FOR_OPERATORS_ONLY = {"ConfigurationError", "AccessRefused", "UnexpectedFault"} | {
    name for name in CONSEQUENCES if name.startswith("Store")
}
OUTAGES = {"ServiceUnavailable", "RateLimited"} | {
    name for name in CONSEQUENCES if name.startswith("Store")
}


def test_each_class_carries_its_consequence() -> None:
    classes = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, QuotaInvoiceError)
    }
    del classes["QuotaInvoiceError"]
    assert {
        name: (kind.status, kind.tries, kind.pause) for name, kind in classes.items()
    } == CONSEQUENCES
    for attribute, names in (
        ("stops_round", STOP_THE_ROUND),
        ("internal", FOR_OPERATORS_ONLY),
        ("is_outage", OUTAGES),
    ):
        assert {name for name, kind in classes.items() if getattr(kind, attribute)} == names


def test_a_defect_is_named_by_its_innermost_place() -> None:
    def fail() -> None:
        raise ValueError("do-not-tell")

    try:
        fail()
    except ValueError as error:
        found = errors.UnexpectedFault(error)
        line = error.__traceback__ and error.__traceback__.tb_next
        assert str(found) == (
            f"Function.Fault: ValueError at test_errors.py:{line.tb_lineno if line else 0}"
        )
    assert str(errors.UnexpectedFault(ValueError())).endswith("ValueError at nowhere")


def test_no_less_than_no_time_is_left() -> None:
    assert "0.0 s are left" in str(errors.OutOfTime(-2))
    assert "0.4 s are left" in str(errors.OutOfTime(0.4))


def test_signed_urls_in_messages_lose_their_queries() -> None:
    error = error_of(
        "ModelArts.4603", "GET https://b.test/a.jpg?AccessKeyId=AK&Signature=s%3D failed", 400, None
    )
    assert str(error) == "ModelArts.4603: GET https://b.test/a.jpg?… failed"


def test_a_message_has_at_most_2000_characters_and_ends_with_a_whole_word() -> None:
    for text, shown in (
        ("word " * 399 + "words", "word " * 399 + "words"),
        ("word " * 399 + "words!", "word " * 398 + "word…"),
        ("w" * 2001, "w" * 1999 + "…"),
    ):
        assert error_of("AIS.0104", text, 400, None).message == shown


def test_a_question_in_a_message_keeps_its_words() -> None:
    assert error_of("AIS.0104", "blurred?too dark", 400, None).message == "blurred?too dark"


def test_several_failures_are_reported_together() -> None:
    failures: list[tuple[str, InvocationError]] = [
        (f"incoming/{n}.jpg", ServiceRefused("APIG.0301", f"no {n}")) for n in "ab"
    ]
    assert str(UploadsFailed(failures, 3)) == (
        "APIG.0301: 2 of 3 uploads failed: incoming/a.jpg: APIG.0301: no a; "
        "incoming/b.jpg: APIG.0301: no b"
    )
