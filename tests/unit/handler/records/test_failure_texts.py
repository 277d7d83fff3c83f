"""Each failure has a cause and a next step that an accountant understands, in both languages."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from quota_invoice.errors import (
    FileRefused,
    ImageRefused,
    InvocationError,
    KeyRefused,
    ObjectUnavailable,
    QuotaInvoiceError,
)
from quota_invoice.ocr import error_codes
from quota_invoice.ocr.error_codes import error_of
from quota_invoice.recognition.formats.kinds import Kind
from quota_invoice.records.failure_texts import failure_text
from quota_invoice.records.file_texts import OF_FILES, FailureText
from tests.support.paths import HANDLER

CHINESE = re.compile(r"[\u4e00-\u9fff]")
DEFAULT = failure_text(QuotaInvoiceError("Any", ""))
OWN_CODE = re.compile(r'"([A-Z][A-Za-z]+\.[A-Z][A-Za-z]+)"')
NO_FAILURES = {"Image.Converted", "File.Split"}  # codes of fallbacks
FILE_CODES = sorted(
    {
        code
        for path in (HANDLER / "quota_invoice" / "recognition").rglob("*.py")
        for code in OWN_CODE.findall(path.read_text(encoding="utf-8"))
    }
    - NO_FAILURES
)
CODES = sorted(set(re.findall(r'"([A-Za-z]+\.\d+)"', inspect.getsource(error_codes))))


def subclasses(kind: type[QuotaInvoiceError]) -> set[type[QuotaInvoiceError]]:
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


# Each module of the function, so that no error of another one is missed.
for path in (HANDLER / "quota_invoice").rglob("*.py"):
    importlib.import_module(".".join(path.relative_to(HANDLER).with_suffix("").parts))
CLASSES = sorted(
    (
        kind
        for kind in subclasses(QuotaInvoiceError) - {QuotaInvoiceError, InvocationError}
        if kind.__module__.startswith("quota_invoice.")
    ),
    key=lambda kind: kind.__name__,
)


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


@pytest.mark.parametrize("code", FILE_CODES)
def test_each_code_of_a_file_has_texts_of_its_own(code: str) -> None:
    text = failure_text(FileRefused(code, "no image"))
    require_both_languages(text)
    others = [other for name, other in OF_FILES.items() if name != code]
    assert text in OF_FILES.values()
    assert text.message not in [other.message for other in others if other != text]


def test_each_kind_of_file_that_is_refused_has_a_code_with_texts() -> None:
    refused = {kind.refusal for kind in Kind if kind.refusal}
    assert refused <= set(FILE_CODES) == {code for code in OF_FILES if code.startswith("File.")}


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("File.Empty", "空的", "empty"),
        ("File.Blank", "零字节", "zeros"),
        ("File.CutOff", "不完整", "cut off"),
        ("File.Damaged", "损坏", "damaged"),
        ("File.Heic", "HEIC", "HEIC"),
        ("File.Avif", "AVIF", "AVIF"),
        ("File.OtherImage", "格式", "format"),
        ("File.Archive", "压缩包", "archive"),
        ("File.Ofd", "OFD", "OFD"),
        ("File.Office", "Office", "Office"),
        ("File.Video", "视频", "video"),
        ("File.NotAnImage", "不是图片", "no image"),
        ("File.Chunked", "aws-chunked", "aws-chunked"),
        ("File.Locked", "密码", "password"),
        ("File.TooLarge", "太大", "too large"),
        ("File.TooSmall", "太小", "too small"),
        ("AIS.0104", "模糊", "blurred"),
        ("AIS.0104", "没有定额发票", "no quota invoice"),
    ],
)
def test_the_message_says_what_the_file_is(code: str, zh: str, en: str) -> None:
    message = failure_text(FileRefused(code, "")).message
    assert zh in message.zh
    assert en in message.en


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
        (error_of("AIS.0104", "", 400, None), "增值税发票", "VAT invoice"),
        (FileRefused("File.Archive", ""), "解压后上传", "Unpack it and upload the photos"),
        (FileRefused("File.Ofd", ""), "导出为 PDF", "export it as PDF"),
        (FileRefused("File.Heic", ""), "JPEG", "JPEG"),
        (FileRefused("File.Avif", ""), "JPEG", "JPEG"),
        (FileRefused("File.Locked", ""), "去除密码", "Remove the password"),
        (FileRefused("File.Chunked", ""), "其他工具", "another tool"),
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
