"""Values of OBS's responses, and the errors of refusals and of other servers' responses."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from quota_invoice.errors import (
    InvocationError,
    ObjectUnavailable,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from quota_invoice.obs.objects import Source
from quota_invoice.obs.responses import (
    error_of_response,
    etag_of_response,
    is_success,
    listed_time,
    name_of,
    source_of,
    utc,
    whole_size,
)

MODIFIED = "Sun, 22 Nov 2026 00:00:30 GMT"


def test_the_statuses_from_200_to_299_are_successes() -> None:
    assert [status for status in (199, 200, 206, 299, 300) if is_success(status)] == [200, 206, 299]


@pytest.mark.parametrize("etag", [None, "", "e" * 101])
def test_a_response_without_an_etag_of_obs_is_another_servers(etag: str | None) -> None:
    with pytest.raises(StoreError, match=r"Store\.BadAnswer: get a: "):
        etag_of_response(SimpleNamespace(etag=etag), "get a")


def test_an_etag_has_no_quotes_and_at_most_100_characters() -> None:
    assert etag_of_response(SimpleNamespace(etag='"AB-2"'), "get a") == "ab-2"
    assert etag_of_response(SimpleNamespace(etag="E" * 100), "get a") == "e" * 100


@pytest.mark.parametrize(
    ("version", "found"), [("v1", "v1"), ("null", None), ("", None), (None, None), ("v" * 200,) * 2]
)
def test_an_object_may_be_without_a_version(version: str | None, found: str | None) -> None:
    body = SimpleNamespace(etag="AB", versionId=version, contentLength=None, lastModified=MODIFIED)
    expected = Source("b", "a", "ab", 0, found, "2026-11-22T00:00:30Z")
    assert source_of("b", "a", body, "get a") == expected


def test_a_version_has_at_most_200_characters() -> None:
    body = SimpleNamespace(etag="AB", versionId="v" * 201, contentLength=1, lastModified=MODIFIED)
    with pytest.raises(StoreError, match=r"Store\.BadAnswer"):
        source_of("b", "a", body, "get a")


def test_a_size_of_more_than_19_digits_is_none() -> None:
    assert whole_size("bytes 0-4095/" + "9" * 19) == int("9" * 19)
    for text in (None, "", "bytes 1-4095/81920", "bytes 0-4095/" + "9" * 20):
        assert whole_size(text) is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidArgument", StoreError),
        (401, None, StoreRefused),
        (403, "AccessDenied", StoreRefused),
        (404, "NoSuchBucket", StoreRefused),
        (409, "OperationAborted", StoreError),
        (429, None, StoreBusy),
        (499, None, StoreError),
        (500, "InternalError", StoreUnreachable),
        (502, None, StoreUnreachable),
        (503, "SlowDown", StoreBusy),
    ],
)
def test_the_status_and_the_code_decide_on_the_consequence(
    status: int, code: str | None, kind: type[InvocationError]
) -> None:
    error = refused(status, code, is_input=False)
    assert type(error) is kind
    assert (error.code, error.message) == (f"Store.{code or status}", f"get a: {status} busy")


@pytest.mark.parametrize(
    ("code", "is_input", "found", "is_outage"),
    [
        ("InvalidObjectState", True, "Object.Archived", False),
        ("InvalidObjectState", False, "Object.Archived", False),
        ("AccessDenied", True, "Object.AccessDenied", True),
    ],
)
def test_an_object_that_the_bucket_keeps_back_is_unavailable(
    code: str, *, is_input: bool, found: str, is_outage: bool
) -> None:
    error = refused(403, code, is_input=is_input)
    assert type(error) is ObjectUnavailable
    assert (error.code, error.is_outage) == (found, is_outage)


def test_the_texts_of_a_refusal_are_cut() -> None:
    error = refused(400, "C" * 65, is_input=True, request_id="r" * 201)
    assert (error.code, error.request_id) == (f"Store.{'C' * 64}", "r" * 200)


def refused(
    status: int, code: str | None, *, is_input: bool, request_id: str | None = None
) -> InvocationError:
    response = SimpleNamespace(status=status, errorCode=code, requestId=request_id)
    return error_of_response(response, "get a", "busy", is_input=is_input)


@pytest.fixture
def _in_china() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("_in_china")
def test_a_listings_time_is_a_local_one() -> None:
    assert listed_time("2026/11/22 08:00:30") == "2026-11-22T00:00:30Z"
    assert (listed_time("soon"), listed_time(None)) == ("soon", "")


def test_a_text_that_is_no_http_date_is_no_time() -> None:
    assert utc(MODIFIED) == "2026-11-22T00:00:30Z"
    assert [utc(text) for text in (None, "", "soon", "Sun, 99 Nov 2026 00:00:30 GMT")] == [None] * 4


def test_a_network_failure_is_named_without_its_text() -> None:
    assert (
        name_of(ConnectionResetError(104, "reset by peer")) == "ConnectionResetError reset by peer"
    )
    assert name_of(OSError("https://b.test/a.jpg?Signature=do-not-tell")) == "OSError"
    assert name_of(ValueError("do-not-tell")) == "ValueError"
