"""An image that cannot be read: the response is the same from OCR and from a stored failure."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from quota_invoice.errors import (
    AccessRefused,
    ConfigurationError,
    DownloadFailed,
    ImageRefused,
    ImageTooLarge,
    NotRecognized,
    ObjectUnavailable,
    RateLimited,
)
from quota_invoice.errors import QuotaInvoiceError as Error
from quota_invoice.obs.objects import Source
from quota_invoice.records.record import FORMER_SCHEMA, failed
from tests.support.announce import etag
from tests.unit.handler.api.test_api import FAILURE, KEY, REFUSAL, Api

SOURCE = Source("invoices", KEY, etag(b"image"), 5, None, None)
ENGLISH = "The image is not supported."
CHINESE = "图片上没有定额发票，或图片模糊、过暗，无法识别。"


def former(error: Error) -> dict[str, object]:
    """Return a failure record of schema 1."""
    texts = {"code": error.code, "message": error.message, "request_id": error.request_id}
    return {**failed(SOURCE, error), "schema": FORMER_SCHEMA, "error": texts}


@pytest.mark.parametrize("make", [lambda error: failed(SOURCE, error), former])
def test_a_stored_failure_of_either_schema_is_the_answer_of_the_service(make: type) -> None:
    api = Api()
    api.store.records[FAILURE] = make(REFUSAL)
    reply = api.ask("POST", "/invoices", {"key": KEY})
    assert reply.error == (422, "AIS.0104")
    assert (reply.json["error_msg"], reply.json["error_msg_zh"]) == (ENGLISH, CHINESE)
    assert reply.json["hint"] == failed(SOURCE, REFUSAL)["error"]["hint"]
    assert api.ocr.given == []


@pytest.mark.parametrize("make", [lambda error: failed(SOURCE, error), former])
def test_a_stored_failure_of_either_schema_is_returned_unchanged(make: type) -> None:
    api = Api()
    api.store.records[FAILURE] = record = make(REFUSAL)
    assert api.ask("GET", f"/invoices/{KEY}").json == record


@pytest.mark.parametrize("error", [None, {}, {"message": {}}, {"message": ["a"], "code": 7}])
def test_a_failure_without_a_usable_error_is_a_refusal(error: object) -> None:
    api = Api()
    api.store.records[FAILURE] = {**failed(SOURCE, REFUSAL), "error": error}
    reply = api.ask("POST", "/invoices", {"key": KEY})
    assert reply.status == 422
    assert reply.json["error_msg"]


def test_the_chinese_cause_and_the_hint_are_those_of_the_stored_failure() -> None:
    api = Api()
    record = failed(SOURCE, ObjectUnavailable("Object.Archived", "InvalidObjectState"), attempts=6)
    record["error"]["hint"] = hint = {"zh": "旧提示。", "en": "A former hint."}
    api.store.records[FAILURE] = record
    reply = api.ask("POST", "/invoices", {"key": KEY})
    assert reply.error == (422, "Object.Archived")
    assert reply.json["error_msg_zh"] == record["error"]["message"]["zh"]
    assert reply.json["hint"] == hint
    del hint["zh"]
    assert all(api.ask("POST", "/invoices", {"key": KEY}).json["hint"].values())


def test_a_failure_without_a_text_of_the_service_has_one_of_ours() -> None:
    api = Api()
    record = failed(SOURCE, REFUSAL)
    record["error"]["service_message"] = None
    api.store.records[FAILURE] = record
    reply = api.ask("POST", "/invoices", {"key": KEY})
    assert reply.json["error_msg"] == record["error"]["message"]["en"]


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize(
    "error",
    [
        ImageRefused("AIS.0104", ENGLISH),
        NotRecognized("AIS.0105", "Recognition failed."),
        DownloadFailed("ModelArts.4603", "Obtaining the file from the URL failed."),
    ],
)
def test_the_cause_of_an_unreadable_image_is_also_in_chinese(error: Error) -> None:
    reply = Api(*[error] * 4).ask("POST", "/invoices", {"url": "https://files.test/a.jpg"})
    assert reply.error == (422, error.code)
    assert reply.json["error_msg"] == error.message
    assert reply.json["error_msg_zh"].endswith("。")
    hint = reply.json["hint"]
    assert hint["zh"].endswith("。")
    assert hint["en"].endswith(".")


def test_a_file_that_is_no_image_is_named_by_the_function_itself() -> None:
    api = Api(objects={KEY: b"PK\3\4" + b"1.jpg" * 20})
    sent = base64.b64encode(api.store.objects[KEY]).decode()
    for body in ({"image": sent}, {"key": KEY}, {"key": KEY}):
        reply = api.ask("POST", "/invoices", body)
        assert reply.error == (422, "File.Archive")
        assert reply.json["error_msg"] == "This is an archive, not an image."
        assert reply.json["error_msg_zh"] == "这是压缩包，不是图片。"
        assert reply.json["hint"]["en"] == "Unpack it and upload the photos."
    assert api.store.records[FAILURE]["error"]["service_message"] is None
    assert api.ocr.given == []


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ImageTooLarge("AIS.0103", "The image size is not supported."), "The image size is not"),
        (ImageTooLarge("ModelArts.4705", "too large"), "too large: "),
        (ImageTooLarge("File.TooLarge", "beyond the memory"), "The file is too large: its image"),
        (ImageRefused("ModelArts.4104", "The body is too long."), "The body is too long: "),
    ],
)
def test_an_image_that_is_found_too_large_is_referred_to_uploads(error: Error, cause: str) -> None:
    with io.BytesIO() as file:
        Image.new("L", (200, 200)).save(file, "PNG")
        image = base64.b64encode(file.getvalue()).decode()
    reply = Api(*[error] * 4).ask("POST", "/invoices", {"image": image})
    assert reply.error == (422, error.code)
    told = reply.json
    assert told["error_msg"].startswith(cause)
    assert all("/uploads" in text for text in (told["error_msg"], *told["hint"].values()))


def test_an_image_that_is_too_small_is_not() -> None:
    with io.BytesIO() as file:
        Image.new("L", (9, 9)).save(file, "PNG")
        image = base64.b64encode(file.getvalue()).decode()
    error = ImageTooLarge("AIS.0103", "The image size does not meet the requirements.")
    told = Api(error).ask("POST", "/invoices", {"image": image}).json
    assert told["error_msg"].startswith("The image is too small")
    assert "/uploads" not in json.dumps(told)


@pytest.mark.parametrize(
    ("method", "path", "body", "refusal", "zh"),
    [
        ("POST", "/invoices", {"url": "http://127.0.0.1/a.jpg"}, (422, "Url.Refused"), "网址"),
        ("POST", "/invoices", {}, (400, "Request.Invalid"), "请求"),
        ("POST", "/invoices", {"key": "a.jpg.tmp"}, (400, "Key.Unusable"), "名称"),
        ("GET", "/invoices/none.jpg", None, (404, "Invoice.Unknown"), "文件"),
        ("PUT", "/uploads", {}, (405, "Request.Method"), "方法"),
    ],
)
def test_the_refusal_of_a_request_is_in_both_languages(
    method: str, path: str, body: object, refusal: tuple[int, str], zh: str
) -> None:
    reply = Api().ask(method, path, body)
    assert reply.error == refusal
    assert zh in reply.json["error_msg_zh"]
    assert all(reply.json["hint"].values())


@pytest.mark.parametrize(
    "error",
    [
        AccessRefused("ModelArts.4204", "not subscribed"),
        RateLimited("APIG.0308", "busy"),
        ConfigurationError(["REGION: unknown"]),
    ],
)
def test_an_error_that_is_no_refusal_has_no_text_of_a_final_failure(error: Error) -> None:
    api = Api(error)
    api.seconds = 2.0  # too few for a second request
    refused = api.ask("POST", "/invoices", {"url": "https://files.test/a.jpg"})
    assert refused.error == (error.status, error.code)
    assert not {"error_msg_zh", "hint"} & set(refused.json)
