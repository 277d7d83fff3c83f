"""Every request gets a response in the gateway's shape, with the right status."""

from __future__ import annotations

import base64
import json
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.api.dispatch import dispatch
from quota_invoice.api.requests import LARGEST_BODY, parse_recognize_request
from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    AccessRefused,
    ConfigurationError,
    DownloadFailed,
    ImageRefused,
    ImageTooLarge,
    RateLimited,
    ServiceRefused,
    ServiceUnavailable,
    StoreBusy,
    StoreError,
)
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.events.parse import parse
from quota_invoice.logs import Log
from quota_invoice.obs.store import ObsStore
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch
from tests.support.announce import etag
from tests.support.fakes import FIRST_SECOND, RESULT, FakeOcr, FakeStore
from tests.support.servers import Answer as ServerAnswer
from tests.support.servers import serving
from tests.support.waiting import replaced_here

KEY = "incoming/2026/a.jpg"
RECORD = "results/2026/a.jpg.json"
FAILURE = "failures/2026/a.jpg.json"
IMAGE = base64.b64encode(b"an image").decode()
REFUSAL = ImageRefused("AIS.0104", "The image is not supported.", "r-1")
CREDENTIALS = Credentials("AK", "SK", "token")
CORS = {"CORS_ORIGINS": "https://app.example"}


class Api:
    """The API over fakes, with its log lines."""

    def __init__(
        self,
        *answers: Any,
        objects: dict[str, bytes] | None = None,
        user_data: dict[str, str] | None = None,
    ) -> None:
        self.settings = Settings.read(
            {"BUCKET": "invoices", "URL_ALLOW_HOSTS": "files.test", **(user_data or {})}.get,
            "0123456789abcdef",
        )
        self.store: Any = FakeStore({KEY: b"image"} if objects is None else objects)
        self.ocr = FakeOcr(*answers)
        self.lines: list[str] = []
        self.seconds = 5.0  # until the gateway's timeout
        self.elapsed = 0.0  # seconds of the invocation before the request was looked at

    def left(self) -> float:
        return self.seconds

    def connect(self) -> tuple[Settings, Any, FakeOcr]:
        return self.settings, self.store, self.ocr

    def log(self) -> Log:
        return Log("request-1", self.lines.append)

    def send(self, event: dict[str, Any]) -> Reply:
        request = parse(event)
        assert isinstance(request, ApiRequest)
        deadline = Deadline(0.0, 0.0, clock=lambda: -self.left())
        stopwatch = Stopwatch()
        vars(stopwatch)["_started"] -= self.elapsed
        return Reply(dispatch(request, self.connect, self.log(), deadline, stopwatch))

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        text = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        path, _, query = path.partition("?")
        parameters = dict(part.split("=") for part in query.split("&") if part)
        return self.send(event_of(method, path, text, headers, parameters))


class Reply:
    """A response; its constructor checks the rules that hold for every response."""

    def __init__(self, value: dict[str, Any]) -> None:
        json.dumps(value)
        assert value.keys() == {"statusCode", "headers", "body", "isBase64Encoded"}
        assert value["isBase64Encoded"] is False
        self.status: int = value["statusCode"]
        self.headers: dict[str, str] = value["headers"]
        self.text: str = value["body"]
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["cache-control"] == "no-store"
        assert "own;dur=" in self.headers["server-timing"]
        assert all(isinstance(text, str) for text in self.headers.values())

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str]:
        found = self.json
        assert found.keys() >= {"error_code", "error_msg", "request_id"}
        assert found["request_id"] == "request-1"
        return self.status, found["error_code"]


def event_of(
    method: str,
    path: str,
    body: str = "",
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "httpMethod": method,
        "path": path,
        "body": base64.b64encode(body.encode()).decode(),
        "isBase64Encoded": True,
        "headers": {name.replace("_", "-"): text for name, text in (headers or {}).items()},
        "pathParameters": {"": path[1:]},
        "queryStringParameters": query or {},
        "requestContext": {"apiId": "a", "requestId": "gateway-1", "stage": "RELEASE"},
    }


def test_an_image_is_read_and_stored_nowhere() -> None:
    api = Api()
    reply = api.ask("POST", "/invoices", {"image": IMAGE})
    assert reply.status == 200
    assert reply.json["result"] == RESULT
    assert reply.json["source"] is None
    assert reply.json["status"] == "recognized"
    [given] = api.ocr.given
    assert given.members() == {"image": IMAGE}  # as it came
    assert api.store.requests == []


def test_an_image_after_a_million_blanks_is_parsed_at_once() -> None:
    image = f"{' ' * 1_000_000}{IMAGE}"
    body = json.dumps({"image": image}).encode()
    request = ApiRequest("POST", (("/invoices", "/invoices"),), {}, {}, body, None)
    assert parse_recognize_request(request).image == image


@pytest.mark.parametrize(
    "prefix",
    [
        "data:image/jpeg;base64,",
        "data:;base64,",
        "DATA:Image/PNG;Base64,",
        "data:image/jpeg;charset=utf-8;base64,",
        "\ndata:application/octet-stream;name=发票.jpg;base64,",
        "\ufeffdata:image/jpeg; base64,",
        "image/jpeg;base64,",
        "base64,",
    ],
)
def test_a_data_url_is_an_image_in_base64(prefix: str) -> None:
    api = Api()
    assert api.ask("POST", "/invoices", {"image": f"{prefix}{IMAGE}"}).status == 200
    [given] = api.ocr.given
    assert given.members() == {"image": IMAGE}


def test_a_pdf_goes_to_auto_classification() -> None:
    api = Api()
    pdf = base64.b64encode(b"%PDF-1.7\n".ljust(64)).decode()
    assert api.ask("POST", "/invoices", {"image": pdf}).status == 200
    assert api.ask("POST", "/invoices", {"url": "https://files.test/a.PDF?x=1"}).status == 200
    assert api.ocr.pages[0] == 1
    assert len(api.ocr.given) == len(api.ocr.pages)


def test_a_url_is_passed_to_the_service_and_not_logged() -> None:
    api = Api()
    url = "https://files.test/a.jpg?Signature=do-not-tell"
    assert api.ask("POST", "/invoices", {"url": url}).status == 200
    assert api.ocr.given[0].members() == {"url": url}
    assert "do-not-tell" not in "".join(api.lines)


def test_a_stored_object_is_processed_as_its_event_would_be() -> None:
    api = Api()
    reply = api.ask("POST", "/invoices", {"key": "2026/a.jpg"})
    assert reply.status == 200
    assert reply.json == api.store.records[RECORD]
    assert reply.json["source"]["etag"] == etag(b"image")
    assert reply.headers["content-location"] == f"/invoices/{KEY}"
    assert api.ask("POST", "/invoices", {"key": KEY}).json == reply.json
    assert len(api.ocr.given) == 1


def uploaded_now(api: Api) -> None:
    now = datetime.now(timezone.utc)
    api.store.times[KEY] = int((now - FIRST_SECOND).total_seconds())


def test_a_new_upload_waits_for_the_record_of_its_own_event() -> None:
    api, event = Api(), Api()
    api.seconds = 20.0
    uploaded_now(api)
    event.ask("POST", "/invoices", {"key": KEY})
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            api.store.records.update(event.store.records)

    with replaced_here(time, "sleep", wait):
        reply = api.ask("POST", "/invoices", {"key": KEY})
    assert (reply.status, reply.json["status"]) == (200, "recognized")
    assert (pauses, api.ocr.given) == ([0.5] * 3, [])


def test_a_new_upload_whose_event_is_lost_is_read_after_a_while() -> None:
    api = Api()
    api.seconds = 20.0
    uploaded_now(api)
    aged: list[float] = []

    def wait(seconds: float) -> None:
        aged.append(seconds)
        api.store.times[KEY] -= 1

    with replaced_here(time, "sleep", wait):
        assert api.ask("POST", "/invoices", {"key": KEY}).status == 200
    assert 2 <= len(aged) <= 5
    assert len(api.ocr.given) == 1


@pytest.mark.parametrize(
    ("age", "left", "is_awaited"),
    [
        *((-4.0, 20.0, False), (-3.9, 20.0, True), (3.9, 20.0, True), (4.0, 20.0, False)),
        *((0.0, 4.0, False), (0.0, 4.1, True)),
    ],
)
def test_an_upload_of_the_last_four_seconds_is_awaited_if_there_is_time(
    age: float, left: float, is_awaited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()
    api.seconds = left
    now = FIRST_SECOND + timedelta(seconds=age)
    monkeypatch.setattr("quota_invoice.api.invoices.utc_now", lambda: now)
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        api.store.times[KEY] = -100

    with replaced_here(time, "sleep", wait):
        assert api.ask("POST", "/invoices", {"key": KEY}).status == 200
    assert pauses == [0.5] * is_awaited


def test_a_stored_object_that_cannot_be_read_is_an_error_with_the_services_code() -> None:
    api = Api(REFUSAL)
    for _ in range(2):
        assert api.ask("POST", "/invoices", {"key": KEY}).error == (422, "AIS.0104")
    assert len(api.ocr.given) == 1
    failure = api.ask("GET", f"/invoices/{KEY}")
    assert (failure.status, failure.json["status"]) == (200, "failed")


def test_a_missing_object_is_not_found() -> None:
    api = Api(objects={})
    assert api.ask("POST", "/invoices", {"key": KEY}).error == (404, "Invoice.Unknown")
    assert api.ask("GET", f"/invoices/{KEY}").error == (404, "Invoice.Unknown")
    assert api.ocr.given == []


def test_an_input_is_pending_until_its_content_has_a_record() -> None:
    api = Api()
    waiting = api.ask("GET", f"/invoices/{KEY}")
    assert (waiting.status, waiting.json["status"]) == (202, "pending")
    assert waiting.headers["retry-after"] == "2"
    api.ask("POST", "/invoices", {"key": KEY})
    assert api.ask("GET", f"/invoices/{KEY}").json["status"] == "recognized"
    api.store.objects[KEY] = b"replaced"
    assert api.ask("GET", f"/invoices/{KEY}").status == 202
    api.ocr.answers = [REFUSAL]
    api.ask("POST", "/invoices", {"key": KEY})
    assert api.ask("GET", f"/invoices/{KEY}").json["status"] == "failed"


def test_an_input_that_was_removed_is_gone_with_its_record_unchanged() -> None:
    api = Api()
    api.ask("POST", "/invoices", {"key": KEY})
    records = dict(api.store.records)
    del api.store.objects[KEY]
    found = api.ask("GET", f"/invoices/{KEY}")
    assert (found.status, found.json["status"]) == (200, "gone")
    assert found.json["record"] == records[RECORD]
    assert found.json["source"] == records[RECORD]["source"]
    refused = api.ask("POST", "/invoices", {"key": KEY})
    assert refused.error == (404, "Invoice.Gone")
    assert refused.json["error_msg_zh"] == "此文件已删除或改名。"
    assert api.store.records == records
    api.store.objects[KEY] = b"image"
    assert api.ask("GET", f"/invoices/{KEY}").json == records[RECORD]
    assert len(api.ocr.given) == 1


def test_an_input_that_failed_and_was_removed_is_gone_with_its_failure() -> None:
    api = Api(REFUSAL)
    api.ask("POST", "/invoices", {"key": KEY})
    del api.store.objects[KEY]
    found = api.ask("GET", f"/invoices/{KEY}").json
    assert (found["status"], found["record"]["status"]) == ("gone", "failed")


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"status": "done"}, {"status": ["failed"]}])
def test_another_programs_object_in_a_records_place_is_no_record(document: dict[str, Any]) -> None:
    api = Api()
    for prefix in ("results", "failures"):
        api.store.records[f"{prefix}/2026/a.jpg.json"] = document
    assert api.ask("GET", f"/invoices/{KEY}").json["status"] == "pending"
    del api.store.objects[KEY]
    assert api.ask("GET", f"/invoices/{KEY}").status == 404


def test_a_conditional_request_gets_304_for_a_known_record() -> None:
    api = Api()
    api.ask("POST", "/invoices", {"key": KEY})
    first = api.ask("GET", f"/invoices/{KEY}")
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = api.ask("GET", f"/invoices/{KEY}", If_None_Match=known)
        assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
        assert "content-type" not in again.headers
    other = api.ask("GET", f"/invoices/{KEY}", If_None_Match='"other"')
    assert (other.status, "广东省深圳市" in other.text) == (200, True)
    assert api.ask("GET", "/invoices/incoming/none.jpg", If_None_Match="*").status == 404


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", f"/invoices/{KEY}", "/invoices"])
def test_head_is_get_without_a_body(path: str) -> None:
    api = Api()
    api.ask("POST", "/invoices", {"key": KEY})
    get, head = api.ask("GET", path), api.ask("HEAD", path)
    assert (head.status, head.text) == (200, "")
    assert get.text
    assert head.headers.get("etag") == get.headers.get("etag")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/invoices", "GET, POST, HEAD, OPTIONS"),
        ("/invoices/a.jpg", "GET, HEAD, OPTIONS"),
        ("/uploads", "POST, OPTIONS"),
        ("/healthz/", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_lists_each_paths_methods(path: str, methods: str) -> None:
    api = Api()
    options = api.ask("OPTIONS", path)
    assert (options.status, options.text, options.headers["allow"]) == (204, "", methods)
    assert not [name for name in options.headers if name.startswith("access-control")]
    other = api.ask("DELETE", path)
    assert other.error == (405, "Request.Method")
    assert other.headers["allow"] == methods


@pytest.mark.parametrize("path", ["/", "", "/invoice", "/v1", "/healthz/x", "/uploads/a"])
def test_other_paths_are_not_found(path: str) -> None:
    assert Api().ask("GET", path).error == (404, "Path.Unknown")


def test_web_pages_of_listed_origins_may_call_it() -> None:
    api = Api(user_data=CORS)
    asked = {"Origin": "https://app.example", "Access_Control_Request_Method": "POST"}
    options = api.ask("OPTIONS", "/invoices", **asked)
    assert options.status == 204
    assert options.headers["access-control-allow-origin"] == "https://app.example"
    assert "POST" in options.headers["access-control-allow-methods"]
    assert "content-type" in options.headers["access-control-allow-headers"]
    assert "authorization" in options.headers["access-control-allow-headers"]
    refused = api.ask("POST", "/invoices", {}, Origin="https://app.example")
    assert refused.headers["access-control-allow-origin"] == "https://app.example"
    other = api.ask("OPTIONS", "/invoices", Origin="https://evil.example")
    assert not [name for name in other.headers if name.startswith("access-control")]
    assert other.headers["vary"] == "origin"
    every = Api(user_data={"CORS_ORIGINS": "*"}).ask("GET", "/healthz", Origin="https://a.example")
    assert every.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "Request.NotJson"),
        ("{", "Request.NotJson"),
        ("[]", "Request.NotJson"),
        ('{"image": NaN}', "Request.NotJson"),
        ("[" * 100_000, "Request.NotJson"),
        ("{}", "Request.Invalid"),
        ('{"image": ""}', "Request.Invalid"),
        ('{"image": 1}', "Request.Invalid"),
        ('{"image": null}', "Request.Invalid"),
        ('{"image": "票"}', "Request.Invalid"),
        ('{"image": "QQ==", "url": "https://a.example/"}', "Request.Invalid"),
        ('{"image": "QQ==", "detect": true}', "Request.Invalid"),
        ('{"image": "data:image/jpeg;base64,"}', "Request.Invalid"),
        ('{"image": "data:image/jpeg,%FF%D8"}', "Request.Invalid"),
        ('{"image": "Data:image/jpeg;base64"}', "Request.Invalid"),
        ('{"key": "../results/a.jpg.json"}', "Key.Unusable"),
        ('{"key": "a\\ud800.jpg"}', "Key.Unusable"),
    ],
)
def test_invalid_requests_are_refused_before_any_other_request(body: str, code: str) -> None:
    api = Api()
    assert api.ask("POST", "/invoices", body).error == (400, code)
    assert (api.ocr.given, api.store.requests) == ([], [])


def test_a_body_that_is_too_large_is_referred_to_uploads() -> None:
    assert LARGEST_BODY == 4 * 1024 * 1024  # 5.6 MB in Base64, of the 6 MB of an event
    longest = json.dumps({"image": "A" * (LARGEST_BODY - len(json.dumps({"image": ""})))})
    assert Api().ask("POST", "/invoices", longest).error == (422, "File.Blank")
    reply = Api().ask("POST", "/invoices", longest.replace("A", "AA", 1))
    assert reply.error == (413, "Request.TooLarge")
    assert "/uploads" in reply.json["error_msg"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (REFUSAL, 422),
        (DownloadFailed("ModelArts.4603", "Obtaining the file from the URL failed."), 422),
        (ServiceRefused("ModelArts.9999", "unknown"), 502),
        (AccessRefused("APIG.0301", "Incorrect IAM authentication information: do-not-tell"), 502),
        (RateLimited("APIG.0308", "The throttling threshold has been reached."), 429),
        (ServiceUnavailable("ModelArts.4502", "busy"), 503),
        (StoreError("Store.AccessDenied", "get do-not-tell"), 502),
        (StoreBusy("Store.503", "get do-not-tell"), 503),
        (ConfigurationError(["REGION: do-not-tell"]), 500),
    ],
)
def test_each_error_has_its_code_and_status(error: Any, status: int) -> None:
    api = Api(*[error] * 9)
    api.seconds = 0.6  # enough for one attempt
    reply = api.ask("POST", "/invoices", {"image": IMAGE})
    assert reply.error == (status, error.code)
    assert "do-not-tell" not in reply.text
    assert reply.headers.get("retry-after") == {429: "3", 503: "1"}.get(status)
    told = json.loads(api.lines[-1])
    assert (told["step"], told["outcome"], told["code"]) == ("api", "error", error.code)


def test_the_services_retry_after_is_passed_on() -> None:
    error = RateLimited("APIG.0308", "The throttling threshold has been reached.")
    error.retry_after = 41
    reply = Api(error).ask("POST", "/invoices", {"image": IMAGE})
    assert reply.headers["retry-after"] == "41"


def test_a_slow_request_gets_a_timely_response_with_the_key_to_ask_for() -> None:
    api = Api()
    api.ocr.meanwhile = lambda: setattr(api, "seconds", 0.1)
    api.ocr.answers = [ServiceUnavailable("Service.Timeout", "no answer")]
    late = api.ask("POST", "/invoices", {"key": "2026/a.jpg"})
    assert late.error == (504, "Function.OutOfTime")
    assert (late.json["key"], late.json["record"]) == (KEY, f"/invoices/{KEY}")
    api.seconds = 0.1
    unasked = api.ask("POST", "/invoices", {"image": IMAGE})
    assert unasked.error == (504, "Function.OutOfTime")
    assert "/uploads" in unasked.json["error_msg"]


@pytest.mark.parametrize(("elapsed", "status"), [(3.0, 200), (3.6, 504)])
def test_a_cold_start_takes_of_the_callers_time(elapsed: float, status: int) -> None:
    api = Api(user_data={"API_TIMEOUT_SECONDS": "5"})
    api.seconds = 60.0
    api.elapsed = elapsed
    assert api.ask("POST", "/invoices", {"image": IMAGE}).status == status


def test_an_unresponsive_bucket_does_not_delay_the_response() -> None:
    api = Api()
    api.seconds = 0.1
    with serving(lambda _: ServerAnswer(delay=1.5)) as server:
        there = {"OBS_ENDPOINT": server.url, "OBS_PATH_STYLE": "true"}
        settings = Settings.read({"BUCKET": "invoices", **there}.get, "0" * 32)
        api.store = ObsStore.connect(settings, CREDENTIALS)
        begun = time.perf_counter()
        reply = api.ask("GET", f"/invoices/{KEY}")
        assert time.perf_counter() - begun < 1.5
        assert server.asked
    assert reply.error == (504, "Function.OutOfTime")
    assert reply.json["key"] == KEY


def test_a_busy_then_unresponsive_bucket_does_not_delay_the_response_twice() -> None:
    answers = iter([ServerAnswer(503, delay=0.3), *[ServerAnswer(delay=3)] * 9])
    with serving(lambda _: next(answers)) as server:
        there = {"OBS_ENDPOINT": server.url, "OBS_PATH_STYLE": "true"}
        settings = Settings.read({"BUCKET": "invoices", **there}.get, "0" * 32)
        store, until = ObsStore.connect(settings, CREDENTIALS), time.perf_counter() + 2.5
        store = store.until(Deadline.after(2.5))
        with pytest.raises(StoreError, match="head a"):
            store.describe("invoices", "a")
        assert time.perf_counter() < until + 0.4
        assert len(server.asked) > 1


def test_a_slow_scaling_does_not_delay_the_response(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    def slow(*_: object, **__: object) -> None:
        released.wait(20)

    monkeypatch.setattr("quota_invoice.recognition.formats.conversion.to_jpeg", slow)
    api = Api(ImageTooLarge("AIS.0103", "too large"))
    api.seconds = 0.6
    reply = api.ask("POST", "/invoices", {"image": IMAGE})
    released.set()
    assert reply.error == (504, "Function.OutOfTime")


def test_a_slow_name_lookup_does_not_delay_the_response(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        released.wait(20)
        return []

    monkeypatch.setattr("socket.getaddrinfo", slow)
    api = Api()
    api.seconds = 0.1
    reply = api.ask("POST", "/invoices", {"url": "https://slow.example/a.jpg"})
    released.set()
    assert reply.error == (504, "Function.OutOfTime")


def test_the_time_for_retries_begins_with_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        api.seconds -= 11
        return [(None, None, None, "", ("114.115.0.1", 443))]

    monkeypatch.setattr("socket.getaddrinfo", slow)
    api = Api(*[ServiceUnavailable("ModelArts.4502", "busy") for _ in range(3)])
    api.seconds = 29
    reply = api.ask("POST", "/invoices", {"url": "https://slow.example/a.jpg"})
    assert reply.error == (503, "ModelArts.4502")
    assert len(api.ocr.given) == 1


def test_a_defect_gets_a_response_without_its_text() -> None:
    api = Api()

    def fault() -> None:
        raise KeyError("do-not-tell")

    api.ocr.meanwhile = fault
    reply = api.ask("POST", "/invoices", {"image": IMAGE})
    assert reply.error == (500, "Function.Fault")
    assert "do-not-tell" not in reply.text + "".join(api.lines)
    assert "KeyError at test_api.py" in api.lines[-1]


def test_a_defect_while_an_object_is_read_names_its_key_in_the_log() -> None:
    api = Api()

    def fault() -> None:
        raise KeyError("do-not-tell")

    api.ocr.meanwhile = fault
    assert api.ask("POST", "/invoices", {"key": KEY}).error == (500, "Function.Fault")
    assert json.loads(api.lines[-1])["key"] == KEY


def test_a_url_of_the_bucket_itself_is_refused() -> None:
    url = f"https://invoices.obs.cn-north-4.myhuaweicloud.com/{KEY}"
    reply = Api().ask("POST", "/invoices", {"url": url})
    assert reply.error == (422, "Url.Refused")
    assert "give the key" in reply.json["error_msg"]


def test_invalid_settings_get_a_response() -> None:
    request = parse(event_of("GET", "/healthz"))
    assert isinstance(request, ApiRequest)

    def fail() -> Any:
        raise ConfigurationError(["REGION: mars is none of them"])

    reply = Reply(
        dispatch(request, fail, Log("request-1", lambda _: None), Deadline.after(9), Stopwatch())
    )
    assert reply.error == (500, "Configuration.Invalid")
    assert "mars" not in reply.text
    nowhere = Api(user_data={"BUCKET": ""})
    assert nowhere.ask("GET", "/invoices").error == (500, "Configuration.Invalid")
    assert nowhere.ask("POST", "/invoices", {"image": IMAGE}).status == 200


def test_no_request_header_or_body_reaches_the_log() -> None:
    api = Api()
    secrets = {"Authorization": "secret-1", "X_Auth_Token": "secret-2", "Cookie": "secret-3"}
    for body in ({"image": IMAGE}, {"image": "secret-4"}, {"nonsense": "secret-5"}):
        api.ask("POST", "/invoices", body, **secrets)
    everything = "".join(api.lines)
    assert "secret" not in everything
    assert IMAGE not in everything
    last = json.loads(api.lines[-1])
    assert (last["step"], last["reason"]) == ("api", "POST /invoices")
    assert last["gateway_request_id"] == "gateway-1"


@given(st.text(max_size=40))
def test_no_requested_key_leaves_the_input_prefix(text: str) -> None:
    api = Api(objects={})
    for reply in (
        api.ask("GET", "/invoices/" + quote(text, errors="surrogatepass")),
        api.ask("POST", "/invoices", {"key": text}),
        api.ask("POST", "/uploads", {"name": text}),
    ):
        assert reply.status in {200, 201, 202, 400, 404}
    asked = [key for _, key in api.store.requests]
    assert all(key.startswith(("incoming/", "results/", "failures/")) for key in asked)
    assert not [key for key in asked if {".", ".."} & set(key.split("/"))]


@given(
    st.dictionaries(
        st.sampled_from(["path", "headers", "body", "isBase64Encoded", "pathParameters"])
        | st.sampled_from(["queryStringParameters", "requestContext", "HTTPMETHOD"]),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=9) | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.text(max_size=9), inner, max_size=3)
            ),
            max_leaves=5,
        ),
    ),
    st.sampled_from(["GET", "post", "OPTIONS", "", "ODD"]),
)
def test_any_gateway_event_gets_a_response(event: dict[str, Any], method: str) -> None:
    event["httpMethod"] = method or "GET"
    assert Api().send(event).status < 500


def test_a_long_key_of_chinese_characters_leads_to_its_record() -> None:
    key = f"incoming/uploads/1/{'发' * 200}.jpg"
    api = Api(objects={key: b"image"})
    assert api.ask("GET", f"/invoices/{quote(key)}").status == 202


@pytest.mark.parametrize("odd", ["/b.jpg", "b\\c.jpg", "b\x07.jpg", "b/" + "x" * 850])
def test_pages_continue_after_any_existing_key(odd: str) -> None:
    keys = sorted([f"incoming/{odd}", "incoming/zz.jpg"])
    api = Api(objects=dict.fromkeys(keys, b"image"))
    first = api.ask("GET", "/invoices?limit=1").json
    assert first["next"] == keys[0]
    event = event_of("GET", "/invoices", "", {}, {"after": first["next"]})
    assert [entry["key"] for entry in api.send(event).json["invoices"]] == keys[1:]


@pytest.mark.parametrize(("seconds", "status"), [(0.5, 200), (0.4, 504)])
def test_a_page_without_time_to_begin_is_an_error(seconds: float, status: int) -> None:
    api = Api()
    api.seconds = seconds
    assert api.ask("GET", "/invoices").status == status


@pytest.mark.parametrize("path", ["x/../invoices/a", "./invoices/a", "%2e/invoices/a"])
def test_no_url_leads_to_the_bucket_by_dots(path: str) -> None:
    api = Api(user_data={"URL_ALLOW_HOSTS": "obs.cn-north-4.myhuaweicloud.com"})
    url = f"https://obs.cn-north-4.myhuaweicloud.com/{path}"
    assert api.ask("POST", "/invoices", {"url": url}).status == 422
    assert api.ocr.given == []
