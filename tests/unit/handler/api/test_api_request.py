"""API Gateway's events are read in all their variants."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.gateway.event import Request, gateway_event
from quota_invoice.api.requests import RecognizeRequest
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.events.parse import parse
from tests.support.announce import SHAPES, sample_event


def request(**members: Any) -> ApiRequest:
    found = parse({"httpMethod": "GET", "path": "/", **members})
    assert isinstance(found, ApiRequest)
    return found


def test_the_sample_is_read() -> None:
    found = parse(sample_event("api"))
    assert isinstance(found, ApiRequest)
    assert (found.method, found.paths) == ("POST", (("/invoices", "/invoices"),))
    assert found.headers["content-type"] == "application/json"
    assert found.body.startswith(b'{"key"')
    assert found.request_id == "11cdcdcf33949dc6d722640a13091c77"


def test_a_method_alone_is_a_request() -> None:
    found = parse({"httpMethod": "get"})
    assert isinstance(found, ApiRequest)
    assert (found.method, found.paths, found.body, found.request_id) == ("GET", (), b"", None)


def test_a_request_shows_neither_its_headers_nor_its_body() -> None:
    assert "secret" not in repr(request(body="secret", headers={"authorization": "secret"}))
    assert "secret" not in repr(RecognizeRequest(url="https://files.test/a?token=secret"))


@pytest.mark.parametrize(
    ("body", "flag", "expected"),
    [
        ("eyJhIjogMX0=", True, b'{"a": 1}'),
        ('{"a": 1}', True, b'{"a": 1}'),  # said to be encoded, and is not
        ('{"a": 1}', False, b'{"a": 1}'),
        ("eyJhIjogMX0=", False, b"eyJhIjogMX0="),
        ("", True, b""),
        (None, True, b""),
        ("票", True, "票".encode()),
        ({"a": 1}, False, b'{"a": 1}'),
        ("eyJhIjogMX0=", "true", b"eyJhIjogMX0="),
    ],
)
def test_bodies_are_decoded_once_where_they_are_encoded(
    body: Any, flag: Any, expected: bytes
) -> None:
    assert request(body=body, isBase64Encoded=flag).body == expected


def test_header_names_become_lower_case() -> None:
    found = request(headers={"If-None-Match": '"a"', "X": ["1", "2"], "n": 1, "ORIGIN": "o"})
    assert found.headers == {"if-none-match": '"a"', "x": "1", "origin": "o"}
    assert request(headers=None).headers == {}


@pytest.mark.parametrize("name", ["", "proxy", "key", "0", "path+"])
def test_a_wildcard_is_found_under_any_parameter_name(name: str) -> None:
    found = request(path="/v1/invoices/a%20b", pathParameters={"id": "7", name: "invoices/a%20b"})
    assert found.paths == (
        ("/v1/invoices/a b", "/v1/invoices/a%20b"),
        ("/invoices/a b", "/invoices/a%20b"),
    )


def test_a_decoded_wildcard_is_found() -> None:
    found = request(path="/v1/invoices/a%20b", pathParameters={"": "invoices/a b"})
    assert found.paths[1] == ("/invoices/a b", "/invoices/a b")
    alone = parse({"httpMethod": "GET", "pathParameters": {"": "healthz"}})
    assert isinstance(alone, ApiRequest)
    assert alone.paths == (("/healthz", "/healthz"),)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_upload_event_is_an_api_request(shape: str) -> None:
    assert not isinstance(parse(sample_event(shape)), ApiRequest)


@given(
    st.binary(max_size=50),
    st.text(max_size=20),
    st.dictionaries(st.text("abcXYZ-", min_size=1), st.text(max_size=9), max_size=3),
)
def test_a_request_survives_the_gateways_event_unchanged(
    body: bytes, query: str, headers: dict[str, str]
) -> None:
    lowered = {name.lower(): text for name, text in headers.items()}
    sent = Request("PUT", "/a%2Bb", f"q={query.encode().hex()}", lowered.items(), body, "id-1")
    found = parse(gateway_event(sent))
    assert isinstance(found, ApiRequest)
    assert found.body == body
    assert found.query == {"q": query.encode().hex()}
    assert found.headers == {**lowered, "x-request-id": "id-1"}
    assert found.paths == (("/a+b", "/a%2Bb"),)
    assert base64.b64decode(gateway_event(sent)["body"]) == body
