"""Each failure has a cause and a next step that an accountant understands, in both languages."""

from __future__ import annotations

import inspect
import re

import pytest

from quota_invoice import errors
from quota_invoice.errors import (
    ConfigurationError,
    EventError,
    ImageRefused,
    InvocationError,
    KeyRefused,
    ObjectUnavailable,
    QuotaInvoiceError,
    UnusableKey,
    UploadsFailed,
)
from quota_invoice.ocr import error_codes
from quota_invoice.ocr.error_codes import error_of
from quota_invoice.records.failure_texts import FailureText, failure_text

CHINESE = re.compile(r"[\u4e00-\u9fff]")
DEFAULT = failure_text(QuotaInvoiceError("Any", ""))
# Errors of a request or an event, and of all inputs at once: no input fails for them.
OF_NO_INPUT = (ConfigurationError, EventError, UnusableKey, UploadsFailed)
CODES = sorted(set(re.findall(r'"([A-Za-z]+\.\d+)"', inspect.getsource(error_codes))))
CLASSES = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind)
    and issubclass(kind, ImageRefused | InvocationError)
    and not issubclass(kind, OF_NO_INPUT)
    and kind is not InvocationError
]


def require_both_languages(text: FailureText) -> None:
    for zh, en in text:
        assert CHINESE.search(zh)
        assert zh.endswith("。")
        assert en.isascii()
        assert en.endswith(".")


def test_there_are_codes_and_classes() -> None:
    assert {"AIS.0101", "AIS.0105", "ModelArts.4705", "APIG.0308"} <= set(CODES)
    assert {ImageRefused, KeyRefused, ObjectUnavailable} <= set(CLASSES)


@pytest.mark.parametrize("code", CODES)
def test_each_code_of_the_ocr_service_has_texts(code: str) -> None:
    text = failure_text(error_of(code, "refused", 400, None))
    require_both_languages(text)
    assert text != DEFAULT


@pytest.mark.parametrize("kind", CLASSES)
def test_each_error_that_can_become_final_has_texts(kind: type[QuotaInvoiceError]) -> None:
    error = kind.__new__(kind)
    error.code = "Any"
    require_both_languages(failure_text(error))
    assert failure_text(error) != DEFAULT


def test_an_error_without_texts_of_its_own_has_the_default() -> None:
    require_both_languages(DEFAULT)
    assert failure_text(InvocationError("Any", "")) == DEFAULT


@pytest.mark.parametrize(
    ("error", "zh", "en"),
    [
        (error_of("AIS.0102", "", 400, None), "JPEG", "JPEG"),
        (error_of("AIS.0103", "", 400, None), "4096", "4,096"),
        (error_of("AIS.0104", "", 400, None), "定额发票", "quota invoice"),
        (error_of("AIS.0105", "", 400, None), "重新拍照", "new photo"),
        (error_of("ModelArts.4104", "", 413, None), "10 MB", "10 MB"),
        (error_of("ModelArts.4705", "", 400, None), "10 MB", "10 MB"),
        (error_of(None, "", 503, None), "运维人员", "operator"),
        (KeyRefused("incoming/../a.jpg"), "换一个名称", "Rename"),
        (ObjectUnavailable("Object.Archived", ""), "恢复", "Restore"),
        (ObjectUnavailable("Object.AccessDenied", ""), "权限", "permit"),
    ],
)
def test_the_hint_says_the_next_step(error: QuotaInvoiceError, zh: str, en: str) -> None:
    hint = failure_text(error).hint
    assert zh in hint.zh
    assert en in hint.en
