"""Responses of the OCR service, with a fake reader."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import threading
import tracemalloc
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from ocr_service import errors
from ocr_service.app import make_app
from ocr_service.auth.keyring import Credentials, StaticKeyring
from ocr_service.contract import models
from ocr_service.contract.auto_classification import AutoClassificationRequestBody
from ocr_service.contract.openapi import describe
from ocr_service.decode.decoder import Pixels
from ocr_service.decode.sandbox import Sandbox
from ocr_service.reading.invoice import Field, QuotaInvoice
from ocr_service.settings import Settings

PATH = "/v2/p1/ocr/quota-invoice"
TOKEN = {"X-Auth-Token": "tok"}
PNG = BytesIO()
Image.new("RGB", (40, 30), "white").save(PNG, "PNG")
IMAGE = base64.b64encode(PNG.getvalue()).decode()

SANDBOX = Sandbox(2, 20)


FOUND = QuotaInvoice(
    code=Field("144031800111", 0.9908),
    number=Field("", 0.0),
    amount=Field("￥50.00", 0.99712345),
    location=Field("广东省深圳市", 1.0),
    polygon=((0.4, 0), (9.6, 0), (9.6, 5), (0.4, 5)),
)
UNREADABLE = QuotaInvoice(Field(), Field(), Field(), Field("北京市", 0.5), FOUND.polygon)


@dataclass
class FakeReader:
    """Returns ``answer``, and keeps the shapes of the images."""

    answer: QuotaInvoice | Exception | None = FOUND
    seen: list[tuple[int, ...]] = field(default_factory=list)
    hold: threading.Event | None = None
    busy: threading.Event = field(default_factory=threading.Event)

    def read(self, image: Pixels) -> QuotaInvoice | None:
        self.seen.append(image.shape)
        self.busy.set()
        if self.hold:
            assert self.hold.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def read_all(self, image: Pixels) -> list[QuotaInvoice]:
        one = self.read(image)
        return [one, UNREADABLE] if one else []


def service(reader: FakeReader | None = None, **settings: Any) -> httpx.AsyncClient:
    settings = {"project": "p1", "token": "tok"} | settings
    clock = settings.pop("clock", None)
    keyring = StaticKeyring([Credentials("AK", "SK"), Credentials("TK", "TS", "ST")])
    more = {"clock": clock} if clock else {}
    app = make_app(Settings(**settings), reader or FakeReader(), keyring, sandbox=SANDBOX, **more)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://ocr")


def ask(
    client: httpx.AsyncClient,
    method: str = "POST",
    path: str = PATH,
    **request: Any,
) -> httpx.Response:
    async def run() -> httpx.Response:
        async with client:
            return await client.request(method, path, **request)

    return asyncio.run(run())


def assert_refused(response: httpx.Response, code: errors.Code) -> None:
    body = response.json()
    assert (response.status_code, body["error_code"]) == (code.status, code.code)
    assert body.keys() == {"error_code", "error_msg"}
    assert body["error_msg"].startswith(code.message.rstrip("."))
    assert response.headers["content-type"] == "application/json"
    assert len(response.headers["x-request-id"]) == 32
    assert "x-error-code" not in response.headers


def test_a_success_has_the_contract_s_shape() -> None:
    reader = FakeReader()
    response = ask(service(reader), headers=TOKEN, json={"image": IMAGE})
    assert response.status_code == 200
    assert response.json() == {
        "result": {
            "amount": "￥50.00",
            "code": "144031800111",
            "location": "广东省深圳市",
            "number": "",
            "confidence": {"amount": 0.9971, "code": 0.9908, "location": 1.0, "number": 0.0},
        }
    }
    assert reader.seen == [(30, 40, 3)]
    assert len(response.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"json": {}}, errors.BAD_PARAMETER),
        ({"json": {"image": IMAGE, "url": "http://a/"}}, errors.BAD_PARAMETER),
        ({"json": {"image": None, "url": None}}, errors.BAD_PARAMETER),
        ({"json": {"image": 1}}, errors.BAD_PARAMETER),
        ({"json": {"url": ["http://a/"]}}, errors.BAD_PARAMETER),
        ({"json": []}, errors.BAD_PARAMETER),
        ({"json": "text"}, errors.BAD_PARAMETER),
        ({"json": None}, errors.NOT_JSON),
        ({"content": b""}, errors.NOT_JSON),
        ({"content": b"{"}, errors.NOT_JSON),
        ({"content": b'{"image": "\xff"}'}, errors.NOT_JSON),
        ({"content": b'{"image": "\\ud800"}'}, errors.NOT_JSON),
        ({"content": b"[" * 100_000}, errors.NOT_JSON),
        ({"json": {"image": ""}}, errors.BAD_FORMAT),
        ({"json": {"image": "票"}}, errors.BAD_FORMAT),
        ({"json": {"image": base64.b64encode(b"text").decode()}}, errors.BAD_FORMAT),
        ({"json": {"image": "A" * (11 << 20)}}, errors.BAD_SIZE),
        ({"json": {"image": base64.b64encode(bytes(11_000_000)).decode()}}, errors.BAD_SIZE),
        ({"content": b"x" * (17 << 20)}, errors.BODY_TOO_LONG),
        ({"json": {"url": ""}}, errors.URL_REFUSED),
        ({"json": {"url": "ftp://example.com/a.jpg"}}, errors.URL_REFUSED),
        ({"json": {"url": "file:///etc/passwd"}}, errors.URL_REFUSED),
        ({"json": {"url": "http://127.0.0.1:1/"}}, errors.URL_REFUSED),
        ({"json": {"url": "http://" + "a" * 20_000}}, errors.URL_REFUSED),
        ({"json": {"url": "http://a\nb/"}}, errors.URL_REFUSED),
        ({"json": {"url": "http://name.invalid/a.jpg"}}, errors.DOWNLOAD_FAILED),
    ],
    ids=str,
)
def test_each_fault_of_a_body_has_its_code(request_: dict[str, Any], code: errors.Code) -> None:
    reader = FakeReader()
    headers = TOKEN | {"Content-Type": "application/json"}
    assert_refused(ask(service(reader), headers=headers, **request_), code)
    assert reader.seen == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (None, errors.NOT_DECLARED_JSON),
        ("text/plain", errors.NOT_DECLARED_JSON),
        ("application/jsonp", errors.NOT_DECLARED_JSON),
        ("multipart/form-data; boundary=x", errors.NOT_DECLARED_JSON),
    ],
)
def test_other_content_types_are_refused(kind: str | None, code: errors.Code) -> None:
    headers = TOKEN | ({"Content-Type": kind} if kind else {})
    assert_refused(ask(service(), headers=headers, content=b"{}"), code)


def test_a_charset_may_stand_in_the_content_type() -> None:
    headers = TOKEN | {"Content-Type": "Application/JSON; charset=UTF-8"}
    body = json.dumps({"image": IMAGE}).encode()
    assert ask(service(), headers=headers, content=body).status_code == 200


def test_an_image_without_a_quota_invoice_is_refused() -> None:
    response = ask(service(FakeReader(None)), headers=TOKEN, json={"image": IMAGE})
    assert_refused(response, errors.NOT_AN_INVOICE)


def test_an_error_of_the_reader_gets_a_code_and_is_logged_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = FakeReader(ValueError("boom"))
    response = ask(service(reader), headers=TOKEN, json={"image": IMAGE})
    assert_refused(response, errors.RECOGNITION_FAILED)
    assert reader.seen
    assert "reader failed" in caplog.messages


def test_a_failure_of_the_machine_is_not_the_image_s() -> None:
    response = ask(service(FakeReader(MemoryError())), headers=TOKEN, json={"image": IMAGE})
    assert_refused(response, errors.INTERNAL)


def test_an_unexpected_error_gets_a_code_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    reader = FakeReader(replace(FOUND, amount="no field"))  # type: ignore[arg-type]  # the fault
    response = ask(service(reader), headers=TOKEN, json={"image": IMAGE})
    assert_refused(response, errors.INTERNAL)
    assert "unforeseen" in caplog.messages


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/", errors.NO_SUCH_API),
        ("POST", "/v2/p1/ocr/quota-invoice/", errors.NO_SUCH_API),
        ("POST", "/v2/p1/ocr/vat-invoice", errors.NO_SUCH_API),
        ("POST", "/v1/p1/ocr/quota-invoice", errors.NO_SUCH_API),
        ("POST", "/v2/p1/x/ocr/quota-invoice", errors.NO_SUCH_API),
        ("GET", PATH, errors.NO_SUCH_METHOD),
        ("DELETE", "/healthz", errors.NO_SUCH_METHOD),
    ],
)
def test_unknown_paths_and_methods(method: str, path: str, code: errors.Code) -> None:
    response = ask(service(), method, path, headers=TOKEN)
    assert_refused(response, code)
    if code is errors.NO_SUCH_METHOD:
        assert response.headers["allow"]


def test_unauthenticated_requests_are_refused_before_the_body_is_read() -> None:
    response = ask(service(), content=b"{")
    assert_refused(response, errors.TOKEN_EMPTY)
    assert response.headers["www-authenticate"] == "SDK-HMAC-SHA256"
    response = ask(service(), path="/v2/p2/ocr/quota-invoice", headers=TOKEN, json={})
    assert_refused(response, errors.WRONG_PROJECT)


def together(*asked: Callable[[], Coroutine[Any, Any, httpx.Response]]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        return await asyncio.gather(*(one() for one in asked))

    return asyncio.run(run())


def test_concurrent_requests_beyond_the_limit_are_refused() -> None:
    reader = FakeReader(hold=threading.Event())
    client = service(reader, concurrency=2, workers=1)

    async def post() -> httpx.Response:
        return await client.post(PATH, headers=TOKEN, json={"image": IMAGE})

    async def release() -> httpx.Response:
        await asyncio.to_thread(reader.busy.wait, 10)
        response = await client.get("/healthz")  # the event loop is free
        third = await post()
        assert reader.hold
        reader.hold.set()
        assert response.status_code == 200
        return third

    first, second, third = together(post, post, release)
    assert (first.status_code, second.status_code) == (200, 200)
    assert_refused(third, errors.TOO_MANY_AT_ONCE)
    assert third.headers["retry-after"] == "1"


def test_requests_beyond_the_limit_per_minute_are_refused() -> None:
    client = service(rate_per_minute=2)

    async def post() -> httpx.Response:
        return await client.post(PATH, headers=TOKEN, json={"image": IMAGE})

    responses = together(post, post, post)
    assert [one.status_code for one in responses] == [200, 200, 429]
    assert_refused(responses[2], errors.TOO_MANY_A_MINUTE)
    assert 1 <= int(responses[2].headers["retry-after"]) <= 60


def ask_all(body: dict[str, object], reader: FakeReader | None = None) -> httpx.Response:
    path = "/v2/p1/ocr/auto-classification"
    return ask(service(reader), path=path, headers=TOKEN, json={"image": IMAGE} | body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type_list": ["quota_invoice"]},
        {"type_list": ["vat_invoice", "quota_invoice"], "detect_seal": True, "pdf_page_number": 1},
        {"extended_parameters": {"vat_invoice": {"advanced_mode": True}, "quota_invoice": {}}},
        {"pdf_page_number": 7},  # ignored for an image
    ],
    ids=str,
)
def test_each_ticket_has_its_own_status(body: dict[str, object]) -> None:
    response = ask_all(body)
    assert response.status_code == 200
    read, unread = response.json()["result"]
    assert read["status"] == {"error_code": "AIS.0000", "error_msg": "Succeeded."}
    assert read["type"] == unread["type"] == "quota_invoice"
    assert read["location"] == [[0, 0], [10, 0], [10, 5], [0, 5]]
    assert read["content"]["amount"] == "￥50.00"
    assert read["content"]["confidence"]["code"] == 0.9908
    assert unread["status"]["error_code"] == "AIS.0104"
    assert unread["content"] == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type_list": ["vat_invoice", "id_card"]}, errors.NOT_AN_INVOICE),
        ({"type_list": ["lottery"]}, errors.BAD_PARAMETER),
        ({"type_list": "quota_invoice"}, errors.BAD_PARAMETER),
        ({"type_list": []}, errors.BAD_PARAMETER),
        ({"extended_parameters": {"quota_invoice": 5}}, errors.BAD_PARAMETER),
        ({"extended_parameters": []}, errors.BAD_PARAMETER),
        ({"pdf_page_number": 0}, errors.BAD_PARAMETER),
        ({"url": "http://a/"}, errors.BAD_PARAMETER),
        ({"image": ""}, errors.BAD_FORMAT),
    ],
    ids=str,
)
def test_auto_classification_refuses_invalid_and_unsupported_requests(
    body: dict[str, object], code: errors.Code
) -> None:
    reader = FakeReader()
    assert_refused(ask_all(body, reader), code)
    assert reader.seen == []


@pytest.mark.parametrize(
    "body",
    [
        {"type_list": [1] * 400_000},
        {"extended_parameters": dict.fromkeys(map(str, range(100_000)), 1)},
    ],
    ids=["type_list", "extended_parameters"],
)
def test_many_errors_in_a_body_take_little_memory(body: dict[str, object]) -> None:
    """An error of each item would take two kilobytes."""
    content = json.dumps({"image": IMAGE} | body).encode()
    tracemalloc.start()
    try:
        with pytest.raises(errors.ApiError):
            models.parse(AutoClassificationRequestBody, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(content)


def test_auto_classification_without_an_invoice_is_refused() -> None:
    assert_refused(ask_all({}, FakeReader(None)), errors.NOT_AN_INVOICE)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        *((text, True) for text in (IMAGE, "QQ==", "QUE=", "QUFB")),
        *((text, False) for text in ("", "0", "QQ=", "QQ==QQ==", "QU-B", "=QQQ")),
    ],
)
def test_the_description_s_pattern_is_that_of_base64(text: str, fits: bool) -> None:
    schema = describe("p1")["components"]["schemas"]["QuotaInvoiceRequestBody"]["properties"]
    assert bool(re.search(schema["image"]["pattern"], text)) == fits


def identity(**of: Any) -> dict[str, Any]:
    scope = of.pop("scope", {"project": {"name": "cn-north-4"}})
    return {"auth": {"identity": {"methods": list(of), **of}} | ({"scope": scope} if scope else {})}


def password(name: str = "me", word: str = "pw") -> dict[str, Any]:
    return {"user": {"name": name, "password": word, "domain": {"name": "me"}}}


def access_key(key: str = "AK", word: str = "SK") -> dict[str, Any]:
    return {"access": {"key": key}, "secret": {"key": word}}


def ask_token(
    body: object, client: httpx.AsyncClient | None = None, security_token: str = ""
) -> httpx.Response:
    client = client or service(user="me", password="pw")
    headers = {"X-Security-Token": security_token} if security_token else {}
    return ask(client, path="/v3/auth/tokens", json=body, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        identity(password=password()),
        identity(password=password(), scope={"project": {"id": "p1"}}),
        identity(hw_ak_sk=access_key()),
    ],
)
def test_a_token_is_issued_and_expires(body: object) -> None:
    clock = [datetime(2026, 3, 1, tzinfo=timezone.utc)]
    client = service(user="me", password="pw", clock=lambda: clock[0], token_seconds=600)

    async def run() -> tuple[httpx.Response, ...]:
        issued = await client.post("/v3/auth/tokens", json=body)
        headers = {"X-Auth-Token": issued.headers["x-subject-token"]}
        used = await client.post(PATH, headers=headers, json={"image": IMAGE})
        clock[0] += timedelta(seconds=600)
        late = await client.post(PATH, headers=headers, json={"image": IMAGE})
        return issued, used, late

    issued, used, late = asyncio.run(run())
    assert issued.status_code == 201
    token = issued.json()["token"]
    assert token["expires_at"] == "2026-03-01T00:10:00.000000Z"
    assert token["project"]["id"] == "p1"
    assert used.status_code == 200
    assert_refused(late, errors.TOKEN_EXPIRED)


@pytest.mark.parametrize("scope", [None, {"domain": {"name": "me"}}])
def test_a_token_without_a_project_is_refused(scope: object) -> None:
    client = service(user="me", password="pw")

    async def run() -> httpx.Response:
        body = identity(password=password(), scope=scope)
        issued = await client.post("/v3/auth/tokens", json=body)
        headers = {"X-Auth-Token": issued.headers["x-subject-token"]}
        return await client.post(PATH, headers=headers, json={"image": IMAGE})

    assert_refused(asyncio.run(run()), errors.TOKEN_WITHOUT_PROJECT)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (identity(password=password(word="no")), errors.WRONG_SIGNATURE),
        (identity(password=password(name="you")), errors.WRONG_SIGNATURE),
        (identity(password=password(word="票" * 1000)), errors.WRONG_SIGNATURE),
        (identity(hw_ak_sk=access_key(word="no")), errors.WRONG_SIGNATURE),
        (identity(hw_ak_sk=access_key(key="no")), errors.WRONG_SIGNATURE),
        (identity(hw_ak_sk=access_key("TK", "TS")), errors.WRONG_SIGNATURE),
        (identity(password=password(), scope={"project": {"id": "p2"}}), errors.WRONG_PROJECT),
        (identity(), errors.BAD_PARAMETER),
        (identity(totp={}), errors.BAD_PARAMETER),
        (identity(password=password(), hw_ak_sk=access_key()), errors.BAD_PARAMETER),
        ({"auth": {"identity": {"methods": ["password"]}}}, errors.BAD_PARAMETER),
        ({}, errors.BAD_PARAMETER),
        (["x" * 70_000], errors.BODY_TOO_LONG),
    ],
    ids=str,
)
def test_invalid_token_requests(body: object, code: errors.Code) -> None:
    response = ask_token(body)
    assert_refused(response, code)
    assert "x-subject-token" not in response.headers


def test_temporary_credentials_get_a_token_with_their_security_token() -> None:
    body = identity(hw_ak_sk=access_key("TK", "TS"))
    assert ask_token(body, security_token="ST").status_code == 201


def test_without_a_configured_password_none_is_accepted() -> None:
    response = ask_token(identity(password=password("", "")), service())
    assert_refused(response, errors.WRONG_SIGNATURE)


def test_each_request_is_logged_once_with_listed_members_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        ask(service(), path=PATH + "?secret=1", headers=TOKEN, json={"url": "http://10.0.0.1/s?x"})
        response = ask(service(), "GET", "/secret")
    lines = [one for one in caplog.records if one.message == "request"]
    assert [vars(one)["path"] for one in lines] == ["/v2/{project_id}/ocr/quota-invoice", "-"]
    assert [vars(one)["error_code"] for one in lines] == ["ModelArts.4601", "APIG.0101"]
    assert [vars(one)["key"] for one in lines] == ["fixed", None]
    assert [vars(one)["address"] for one in lines] == ["127.0.0.1"] * 2
    assert vars(lines[1])["request_id"] == response.headers["x-request-id"]
    own = [str(vars(one)) for one in caplog.records if one.name.startswith("ocr_service")]
    assert len(own) == 2
    assert not [one for one in own if "secret" in one or "10.0.0.1" in one or "tok" in one]


def test_the_description_names_every_route_and_every_code() -> None:
    described = ask(service(), "GET", "/openapi.json").json()
    assert described == describe("p1")
    text = json.dumps(described)
    for path in (PATH, PATH.replace("quota-invoice", "auto-classification")):
        project = described["paths"][path.replace("p1", "{project_id}")]["post"]["parameters"][0]
        assert project["schema"]["enum"] == ["p1"]
    assert set(described["paths"]) == {
        "/v2/{project_id}/ocr/quota-invoice",
        "/v2/{project_id}/ocr/auto-classification",
        "/v3/auth/tokens",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    }
    for code in errors.ALL:
        if code not in (errors.NO_SUCH_API, errors.NO_SUCH_METHOD):  # without an operation
            assert f"{code.code}: {code.message}" in text
