"""The local gateway: events of requests, responses of the function, and errors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.gateway.app import MAX_EVENT_BYTES, gateway
from local.gateway.event import BadResponseError, parse_response
from local.http_server import HttpServer
from local.runtime import Discarded, FunctionError

MAX_BODY = MAX_EVENT_BYTES * 3 // 4  # Base64 encodes three bytes as four
GOOD: dict[str, Any] = {
    "statusCode": 200,
    "headers": {"Content-Type": "text/plain", "ETag": '"a"'},
    "body": "text",
    "isBase64Encoded": False,
}


class Front:
    """A gateway before a function that returns, or raises, a chosen value."""

    def __init__(self) -> None:
        self.value: Any = GOOD
        self.events: list[dict[str, Any]] = []
        self.delay = 0.0
        self.server = HttpServer(gateway(self._invoke, seconds=0.5))
        self.http = httpx.Client(base_url=self.server.url, trust_env=False, timeout=20)

    def _invoke(self, event: Any, request_id: str) -> Any:
        assert event["requestContext"]["requestId"] == request_id
        self.events.append(event)
        time.sleep(self.delay)
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.fixture
def front() -> Iterator[Front]:
    made = Front()
    yield made
    made.http.close()
    made.server.stop()


def error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body.keys() == {"error_code", "error_msg", "request_id"}
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, body["error_code"]


def test_a_request_becomes_an_event_in_the_platforms_shape(front: Front) -> None:
    headers = {"X-Own": "1", "Authorization": "a"}
    front.http.post("/a%20b/c+d?q=1&q=2&e=&z=%2F", content=b"body", headers=headers)
    [event] = front.events
    assert (event["httpMethod"], event["path"]) == ("POST", "/a%20b/c+d")
    assert event["pathParameters"] == {"": "a%20b/c+d"}
    assert event["queryStringParameters"] == {"q": "1", "e": "", "z": "/"}
    assert (event["body"], event["isBase64Encoded"]) == ("Ym9keQ==", True)
    assert event["headers"]["x-own"] == "1"
    assert event["requestContext"]["stage"] == "RELEASE"
    front.http.get("/")
    assert (front.events[1]["body"], front.events[1]["isBase64Encoded"]) == ("", True)


def test_the_functions_response_becomes_an_http_response(front: Front) -> None:
    answer = front.http.get("/")
    assert (answer.status_code, answer.text) == (200, "text")
    assert answer.headers["etag"] == '"a"'
    assert answer.headers["x-request-id"] == front.events[0]["requestContext"]["requestId"]
    front.value = {**GOOD, "body": "AP8=", "isBase64Encoded": True}
    assert front.http.get("/").content == b"\0\xff"
    front.value = {**GOOD, "statusCode": 304, "body": ""}
    assert front.http.get("/").status_code == 304
    assert front.http.head("/").headers["etag"] == '"a"'


@pytest.mark.parametrize("missing", GOOD)
def test_a_response_without_a_member_is_an_error_as_on_the_platform(
    front: Front, missing: str
) -> None:
    front.value = {name: value for name, value in GOOD.items() if name != missing}
    assert error(front.http.get("/")) == (500, "APIG.9999")


@pytest.mark.parametrize(
    "changed",
    [
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 101},
        {"headers": []},
        {"headers": {"a b": "c"}},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"a": "票"}},
        {"body": None},
        {"body": {"a": 1}},
        {"isBase64Encoded": "false"},
        {"body": "no base64", "isBase64Encoded": True},
        {"body": "发票", "isBase64Encoded": True},
        {"body": "\ud800"},
    ],
)
def test_a_response_with_an_invalid_member_is_an_error(
    changed: dict[str, Any],
) -> None:
    assert parse_response(GOOD).status == 200
    with pytest.raises(BadResponseError):
        parse_response({**GOOD, **changed})
    none: tuple[object, ...] = (None, [], "text")
    for value in none:
        with pytest.raises(BadResponseError):
            parse_response(value)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (FunctionError("KeyError", "internal-detail"), (500, "APIG.9999")),
        (ConnectionError("internal-detail"), (500, "APIG.9999")),
        (Discarded(), (429, "APIG.0308")),
    ],
)
def test_an_invocation_without_a_response_is_an_error_of_the_gateway(
    front: Front, raised: Exception, expected: tuple[int, str]
) -> None:
    front.value = raised
    answer = front.http.get("/")
    assert error(answer) == expected
    assert "internal-detail" not in answer.text


def test_a_slow_function_is_a_timeout(front: Front) -> None:
    front.delay = 2
    started = time.monotonic()
    assert error(front.http.get("/")) == (504, "APIG.0201")
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("length", [MAX_BODY - 50, MAX_BODY + 1, MAX_EVENT_BYTES])
def test_a_body_too_large_for_an_event_is_refused(front: Front, length: int) -> None:
    assert error(front.http.post("/", content=b"x" * length)) == (413, "APIG.0201")
    assert front.events == []
    assert front.http.post("/", content=b"x" * (MAX_BODY - 1000)).status_code == 200


def test_a_response_that_is_too_large_is_an_error(front: Front) -> None:
    front.value = {**GOOD, "body": "x" * (MAX_EVENT_BYTES + 1)}
    assert error(front.http.get("/")) == (500, "APIG.9999")
