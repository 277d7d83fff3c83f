"""Hostile or broken responses: they cost little, and none becomes a record or a deletion."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from quota_invoice.errors import (
    ImageRefused,
    NotRecognized,
    ObjectUnavailable,
    QuotaInvoiceError,
    ServiceRefused,
    ServiceUnavailable,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
    UnusableAnswer,
)
from quota_invoice.obs.objects import Source
from quota_invoice.obs.store import LARGEST_RECORD
from quota_invoice.ocr import connections
from quota_invoice.sockets import bounded_tls, exchange
from tests.support import bombs
from tests.support.fakes import RESULT
from tests.support.hostile import Peer, hostile, ocr_at, recognize, response, store_at

MB = 1 << 20
ETAG = 'ETag: "e"'
GZIP = "Content-Encoding: gzip"
PATIENT = {"OBS_TIMEOUT_SECONDS": "20", "OCR_TIMEOUT_SECONDS": "20"}


def answers(*contents: bytes) -> Callable[[Peer], None]:
    """Answer each request with the next content; the last one repeats."""
    left = list(contents)

    def talk(peer: Peer) -> None:
        while request := peer.request():
            content = left.pop(0) if len(left) > 1 else left[0]
            is_head = request.startswith(b"HEAD")
            peer.send(content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if is_head else content)

    return talk


@contextmanager
def cheap(seconds: float, megabytes: float) -> Iterator[None]:
    """Fail if the block takes longer or allocates more."""
    tracemalloc.start()
    started = time.monotonic()
    try:
        yield
        took, (_, peak) = time.monotonic() - started, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < seconds
    assert peak < megabytes * MB


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """500 MB of spaces, compressed a thousand times."""
    return bombs.repeated(b" " * MB, 500, is_gzip=True)


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "503 Busy"])
def test_a_small_response_that_expands_to_gigabytes_costs_little(bomb: bytes, status: str) -> None:
    assert len(bomb) < MB
    with hostile(answers(response(status, bomb, GZIP))) as server:
        ocr = ocr_at(server.url, **PATIENT)
        kind = UnusableAnswer if status.startswith("200") else QuotaInvoiceError
        with cheap(seconds=2, megabytes=40), pytest.raises(kind):
            recognize(ocr)
        assert server.methods() == ["POST"]


def test_a_compressed_response_is_read() -> None:
    packed = gzip.compress(json.dumps({"result": {"amount": "￥5.00"}}).encode())
    with hostile(answers(response("200 OK", packed, GZIP))) as server:
        assert recognize(ocr_at(server.url)).result == {"amount": "￥5.00"}


@pytest.mark.parametrize(("encoding", "reason"), [("br", "unknown"), ("gzip", "invalid")])
def test_a_response_that_cannot_be_decoded_is_an_unusable_answer(
    encoding: str, reason: str
) -> None:
    answer = response("200 OK", b"{}", f"Content-Encoding: {encoding}")
    with (
        hostile(answers(answer)) as server,
        pytest.raises(UnusableAnswer, match=f"its encoding is {reason}"),
    ):
        recognize(ocr_at(server.url))


def endless(peer: Peer) -> None:
    if peer.request():
        peer.send(f"HTTP/1.1 200 OK\r\n{ETAG}\r\nContent-Length: {700 * MB}\r\n\r\n".encode())
        while peer.send(b" " * MB):
            pass


def test_an_object_of_700_mb_in_a_records_place_is_not_read_whole() -> None:
    with hostile(endless) as server:
        store = store_at(server.url, **PATIENT)
        with cheap(seconds=10, megabytes=80):
            assert store.read("invoices", "results/a.json") == {}
        assert server.methods() == ["GET"]


def test_a_listing_without_an_end_is_given_up() -> None:
    with hostile(endless) as server:
        store = store_at(server.url, **PATIENT)
        with cheap(seconds=10, megabytes=40), pytest.raises(StoreError, match=r"Store.BadAnswer: "):
            list(store.listing("invoices", "incoming/"))
        assert server.methods() == ["GET"]


def test_a_record_of_the_largest_size_is_read() -> None:
    record = json.dumps({"text": "x" * (LARGEST_RECORD - 12)}).encode()
    assert len(record) == LARGEST_RECORD
    with hostile(answers(response("200 OK", record, ETAG))) as server:
        assert store_at(server.url, **PATIENT).read("invoices", "results/a.json")


def test_an_ocr_response_without_an_end_is_given_up() -> None:
    with hostile(endless) as server:
        ocr = ocr_at(server.url, **PATIENT)
        with cheap(seconds=5, megabytes=40), pytest.raises(UnusableAnswer, match="more than"):
            recognize(ocr)
        assert server.peers[0].closed.wait(5)


@pytest.mark.parametrize(
    ("length", "headers", "is_read"),
    [
        (4 * MB, 1000, True),
        (4 * MB + 1, 1000, False),
        (4 * MB, 256 << 10, True),
        (4 * MB, (256 << 10) + 1, False),
    ],
)
def test_an_ocr_response_has_at_most_4_mib_beside_256_kib_of_headers(
    length: int, headers: int, *, is_read: bool
) -> None:
    whole = with_headers(response("200 OK", b'{"result": {}}'.ljust(length)), length + headers)
    with hostile(answers(whole)) as server:
        ocr = ocr_at(server.url, **PATIENT)
        if is_read:
            assert recognize(ocr).result == {}
        else:
            with pytest.raises(UnusableAnswer, match=r"^Service.BadAnswer: "):
                recognize(ocr)


@pytest.mark.parametrize(("headers", "is_read"), [(64 << 10, True), ((64 << 10) + 1, False)])
def test_an_object_is_read_beside_64_kib_of_headers(headers: int, *, is_read: bool) -> None:
    source = Source("invoices", "incoming/a.jpg", "e", 9, None, "2026-01-01T00:00:00Z")
    with hostile(answers(with_headers(response("200 OK", b"x" * 9, ETAG), 9 + headers))) as server:
        store = store_at(server.url, **PATIENT)
        if is_read:
            assert store.fetch(source, 9) == b"x" * 9
        else:
            with pytest.raises(StoreError, match=r"^Store.BadAnswer: "):
                store.fetch(source, 9)


def with_headers(whole: bytes, length: int) -> bytes:
    """Return a response with further headers, so that it has so many bytes."""
    status, rest = whole.split(b"\r\n", 1)
    missing, lines = length - len(whole), []
    while missing:
        taken = missing if missing <= 60_000 else 50_000
        lines.append(b"X-Filled: ".ljust(taken - 2, b"x") + b"\r\n")
        missing -= taken
    return b"\r\n".join((status, b"".join(lines) + rest))


NUMBERS = ["1e999", "-1e999", "NaN", "Infinity", "9" * 20, "9" * 100_000]
DEEP = "[" * 65 + "]" * 65
VERY_DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("value", [*NUMBERS, DEEP, VERY_DEEP])
def test_a_value_that_is_no_json_for_others_never_gets_into_a_record(value: str) -> None:
    body = f'{{"result": {{"amount": "1", "confidence": {value}}}}}'.encode()
    with hostile(answers(response("200 OK", body, ETAG))) as server:
        with pytest.raises(UnusableAnswer, match=r"^Service.BadAnswer: "):
            recognize(ocr_at(server.url))
        assert server.methods() == ["POST"]
        assert store_at(server.url).read("invoices", "results/a.json") == {}


def test_a_record_that_would_be_no_json_is_not_written() -> None:
    with hostile(answers(response("200 OK", b"", ETAG))) as server:
        with pytest.raises(ValueError, match="JSON"):
            store_at(server.url).write("invoices", "results/a.json", {"amount": float("nan")})
        assert server.peers == []


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"result": null}', b'{"result": [1]}', b'{"result": "x"}', b"7"],
)
def test_a_success_without_a_usable_result_is_asked_for_once(body: bytes) -> None:
    # The SDK sends a request again if it does not understand the shape of the response.
    with hostile(answers(response("200 OK", body))) as server:
        with pytest.raises(UnusableAnswer, match=r"^Service.BadAnswer: ") as caught:
            recognize(ocr_at(server.url))
        assert server.methods() == ["POST"]
    assert caught.value.tries == 1


def test_an_exchange_is_one_request_even_if_its_client_sends_another() -> None:
    adapter = connections.BoundedAdapter(bounded_tls(None))
    session = requests.Session()
    session.mount("http://", adapter)
    with hostile(answers(response("200 OK", b"{}"))) as server:
        with exchange(5, MB, adapter.kept):
            session.get(server.url, timeout=5)
            with pytest.raises(connections.UnusableBody, match="its shape is unknown"):
                session.get(server.url, timeout=5)
        assert server.methods() == ["GET"]


@pytest.mark.parametrize("kind", ["application/xml", "application/bson"])
def test_a_success_of_another_kind_is_an_unusable_answer(kind: str) -> None:
    with hostile(answers(response("200 OK", b"{<", f"Content-Type: {kind}"))) as server:
        with pytest.raises(UnusableAnswer):
            recognize(ocr_at(server.url))
        assert server.methods() == ["POST"]


@pytest.mark.parametrize("kind", ["application/xml", "application/bson", "text/html"])
def test_a_result_with_the_name_of_another_kind_is_read(kind: str) -> None:
    body = json.dumps({"result": RESULT}).encode()
    with hostile(answers(response("200 OK", body, f"Content-Type: {kind}"))) as server:
        assert recognize(ocr_at(server.url)).result == RESULT


@pytest.mark.parametrize("text", ["?" * 60_000, "?a" * 30_000, "token " * 10_000, "OBS " * 15_000])
def test_a_long_message_of_either_service_costs_little(text: str) -> None:
    body = json.dumps({"error_code": "AIS.0104", "error_msg": text}).encode()
    xml = f"<Error><Code>InternalError</Code><Message>{text}</Message></Error>".encode()
    with hostile(answers(response("400 Bad Request", body))) as server:
        with cheap(seconds=1, megabytes=20), pytest.raises(ImageRefused) as caught:
            recognize(ocr_at(server.url, **PATIENT))
        assert len(str(caught.value)) < 2100
    with hostile(answers(response("409 Conflict", xml))) as server:
        store = store_at(server.url, **PATIENT)
        with cheap(seconds=1, megabytes=20), pytest.raises(StoreError) as refused:
            store.read("invoices", "results/a.json")
        assert len(str(refused.value)) < 2100


def test_long_codes_and_request_ids_are_cut() -> None:
    long = "x" * 5000
    body = json.dumps({"error_code": long, "error_msg": "no"}).encode()
    with hostile(answers(response("400 Bad Request", body, f"X-Request-Id: {long}"))) as server:
        with pytest.raises(QuotaInvoiceError) as caught:
            recognize(ocr_at(server.url))
        assert caught.value.code == "Service.400"
        assert len(caught.value.request_id or "") == 200


@pytest.mark.parametrize("header", ["ETag: ", "ETag: e\r\nx-obs-version-id: "])
def test_a_long_etag_or_version_is_not_from_the_bucket(header: str) -> None:
    content = response("200 OK", b"", header + "x" * 5000)
    with (
        hostile(answers(content)) as server,
        pytest.raises(StoreError, match=r"^Store.BadAnswer: "),
    ):
        store_at(server.url).identify("invoices", "incoming/a.jpg")


@pytest.mark.parametrize(("length", "kind"), [(65_536, ImageRefused), (65_537, ServiceRefused)])
def test_an_ocr_error_of_64_kib_is_read_whole(length: int, kind: type[Any]) -> None:
    body = b'{"error_code": "AIS.0104", "error_msg": "no"' + b"}".rjust(length - 44)
    assert len(body) == length
    with (
        hostile(answers(response("400 Bad Request", body))) as server,
        pytest.raises(kind) as caught,
    ):
        recognize(ocr_at(server.url, **PATIENT))
    assert type(caught.value) is kind


def test_a_redirect_of_the_bucket_is_not_followed() -> None:
    with hostile(answers(response("200 OK", b"{}", ETAG))) as other:
        away = response("307 Temporary Redirect", b"", f"Location: {other.url}/results/a.json")
        with hostile(answers(away)) as server, pytest.raises(StoreError):
            store_at(server.url).read("invoices", "results/a.json")
        assert (server.methods(), other.methods()) == (["GET"], [])


HTML_404 = response("404 Not Found", b"<html>Not here</html>")


def error(status: str, code: str) -> bytes:
    return response(status, f"<Error><Code>{code}</Code></Error>".encode())


def test_a_404_of_an_intermediary_to_head_does_not_mean_that_the_object_is_gone() -> None:
    with hostile(answers(HTML_404, HTML_404)) as server:
        with pytest.raises(StoreError, match=r"^Store.404: get incoming/a.jpg"):
            store_at(server.url).describe("invoices", "incoming/a.jpg")
        assert server.methods() == ["HEAD", "GET"]


def test_a_404_to_head_that_the_bucket_confirms_means_that_the_object_is_gone() -> None:
    with hostile(answers(HTML_404, error("404 Not Found", "NoSuchKey"))) as server:
        assert store_at(server.url).describe("invoices", "incoming/a.jpg") is None


def test_an_object_that_only_an_intermediary_denies_is_described() -> None:
    found = response("206 Partial", b"abc", ETAG, "Content-Range: bytes 0-2/3")
    with hostile(answers(HTML_404, found)) as server:
        source = store_at(server.url).describe("invoices", "incoming/a.jpg")
    assert source is not None
    assert (source.etag, source.size) == ("e", 3)


@pytest.mark.parametrize(
    ("status", "code", "key", "kind", "name"),
    [
        (403, "InvalidObjectState", "incoming/a", ObjectUnavailable, "Object.Archived"),
        (403, "AccessDenied", "incoming/a", ObjectUnavailable, "Object.AccessDenied"),
        (403, "AccessDenied", "results/a", StoreRefused, "Store.AccessDenied"),
        (403, "SignatureDoesNotMatch", "incoming/a", StoreRefused, "Store.SignatureDoesNotMatch"),
        (401, "Unauthorized", "results/a", StoreRefused, "Store.Unauthorized"),
        (404, "NoSuchBucket", "incoming/a", StoreRefused, "Store.NoSuchBucket"),
        (429, "TooManyRequests", "incoming/a", StoreBusy, "Store.TooManyRequests"),
        (503, "SlowDown", "incoming/a", StoreBusy, "Store.SlowDown"),
        (500, "InternalError", "incoming/a", StoreUnreachable, "Store.InternalError"),
        (409, "OperationAborted", "incoming/a", StoreError, "Store.OperationAborted"),
    ],
)
def test_each_refusal_of_the_bucket_has_its_error(
    status: int, code: str, key: str, kind: type[Any], name: str
) -> None:
    with hostile(answers(error(f"{status} X", code))) as server:
        store = store_at(server.url)
        # The response to HEAD has no code; a GET names it where it matters.
        refused = status in {403, 404}
        for act in (store.identify, store.describe) if refused else (store.identify,):
            with pytest.raises(QuotaInvoiceError) as caught:
                act("invoices", key)
            assert type(caught.value) is kind
            assert caught.value.code == name


def test_a_listing_of_inputs_that_is_refused_is_no_refusal_of_one_input() -> None:
    with (
        hostile(answers(error("403 Forbidden", "AccessDenied"))) as server,
        pytest.raises(StoreRefused, match=r"^Store.AccessDenied: list incoming/"),
    ):
        list(store_at(server.url).listing("invoices", "incoming/"))


def test_an_empty_object_is_identified_by_a_head() -> None:
    no_range = error("416 Range", "InvalidRange")
    with hostile(answers(no_range, response("200 OK", b"", ETAG))) as server:
        found = store_at(server.url).identify("invoices", "incoming/a.jpg")
        assert server.methods() == ["GET", "HEAD"]
    assert found is not None
    assert (found.source.size, found.beginning) == (0, b"")


def test_a_range_that_nobody_asked_for_is_not_from_the_bucket() -> None:
    source = Source("invoices", "incoming/a.jpg", "e", 3, None, "2026-01-01T00:00:00Z")
    with hostile(answers(error("416 Range", "InvalidRange"))) as server:
        store = store_at(server.url)
        for act in (lambda: store.read("invoices", "a.json"), lambda: store.fetch(source, 3)):
            with pytest.raises(StoreError, match=r"^Store.BadAnswer: "):
                act()


def test_a_recognition_tells_its_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(perf_counter=iter([10.0, 12.5]).__next__)
    monkeypatch.setattr("quota_invoice.ocr.service.time", clock)
    with hostile(answers(response("200 OK", b'{"result": {}}'))) as server:
        assert recognize(ocr_at(server.url)).elapsed_ms == 2500


def test_a_failed_recognition_is_an_error_that_may_pass() -> None:
    body = b'{"error_code": "AIS.0105", "error_msg": "Recognition failed."}'
    with (
        hostile(answers(response("400 Bad Request", body))) as server,
        pytest.raises(NotRecognized, match=r"^AIS.0105: "),
    ):
        recognize(ocr_at(server.url))


def test_a_server_that_refuses_connections_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(StoreUnreachable, match="ConnectionRefusedError"):
        store_at(url).identify("invoices", "incoming/a.jpg")
    with pytest.raises(ServiceUnavailable, match=r"^Service.Unreachable: "):
        recognize(ocr_at(url))


@pytest.mark.parametrize("error", [socket.gaierror(-2, "do-not-tell"), TimeoutError("do-not-tell")])
def test_a_connection_that_cannot_be_opened_is_named_without_its_text(
    error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(connections, "connect", fail)
    with pytest.raises(ServiceUnavailable, match=r"^Service.Unreachable: ") as caught:
        recognize(ocr_at("https://service.test"))
    assert "do-not-tell" not in str(caught.value)


def test_no_message_for_api_callers_names_the_ocr_endpoint() -> None:
    def ends(peer: Peer) -> None:
        peer.request()

    with hostile(ends) as server, pytest.raises(ServiceUnavailable) as caught:
        recognize(ocr_at(server.url))
    assert caught.value.code == "Service.Unreachable"
    assert "127.0.0.1" not in str(caught.value)
    assert str(server.port) not in str(caught.value)
