"""Honest callers of the service while others attack it; log lines, numbers and warnings."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from bench.attacks.attackers import head
from bench.attacks.nested_forms import nested_forms
from tests.support.ocr_service import PATH, SEVERAL, TOKEN, Running, body_of, running

PNG = BytesIO()
Image.new("RGB", (40, 30), "white").save(PNG, "PNG")
FORGED = "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + "0" * 64


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("ocr")
    with running(folder, connections=30, address_connections=20, concurrency=4) as one:
        yield one


def ask(at: Running, headers: dict[str, str] = TOKEN, path: str = PATH) -> httpx.Response:
    """Send an image over a connection of its own."""
    body = body_of(PNG.getvalue())
    return httpx.post(at.url + path, headers=headers, json=body, timeout=30)


def metric(at: Running, name: str) -> float:
    lines = httpx.get(f"{at.url}/metrics").text.splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")))


@contextlib.contextmanager
def connected(at: Running, count: int, sent: bytes) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(at.address))
            with contextlib.suppress(OSError):  # closed for others
                one.sendall(sent)
        yield


def test_silent_connections_make_room_for_others(service: Running) -> None:
    with connected(service, 60, b""):
        assert [ask(service).status_code for _ in range(5)] == [200] * 5
        assert httpx.get(f"{service.url}/healthz").json() == {"status": "ok"}
        assert metric(service, "quota_ocr_connections") <= 20
    assert metric(service, "quota_ocr_evicted_connections_total") >= 40


def test_made_up_signatures_with_a_known_key_take_no_slot(service: Running) -> None:
    date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    begun = head(PATH, 1000, {"X-Sdk-Date": date, "Authorization": FORGED}) + b"{"
    with connected(service, 16, begun):  # four times as many as there are slots
        deadline = time.monotonic() + 20
        while metric(service, "quota_ocr_pending_bodies") < 16:
            assert time.monotonic() < deadline
        assert metric(service, "quota_ocr_slots_used") == 0
        assert [ask(service).status_code for _ in range(5)] == [200] * 5


@pytest.mark.exhaustive
def test_pdfs_that_take_long_leave_slots_and_readers_for_images(tmp_path: Path) -> None:
    with (
        running(tmp_path, concurrency=4, page_seconds=1) as service,
        ThreadPoolExecutor(16) as pool,
    ):
        body = body_of(nested_forms(7))
        sent = [
            pool.submit(httpx.post, service.url + SEVERAL, headers=TOKEN, json=body, timeout=60)
            for _ in range(16)
        ]
        while not any(one.done() for one in sent):  # those beyond the limit are refused at once
            time.sleep(0.02)
        assert [ask(service).status_code for _ in range(5)] == [200] * 5
        codes = sorted(one.result().json()["error_code"] for one in sent)
    assert codes.count("ModelArts.4401") >= 12
    assert set(codes) == {"AIS.0102", "ModelArts.4401"}


def test_wrong_tokens_wait_and_a_right_one_beside_them_does_not(service: Running) -> None:
    wrong = TOKEN | {"X-Auth-Token": "guess"}
    before = metric(service, "quota_ocr_wrong_credentials_total")
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        guesses = pool.submit(lambda: [ask(service, wrong).status_code for _ in range(9)])
        while not guesses.done():
            assert ask(service).status_code == 200
    assert guesses.result() == [401] * 9
    assert time.monotonic() - started > 0.1 + 0.2 + 0.4 + 0.8
    assert metric(service, "quota_ocr_wrong_credentials_total") == before + 9


def test_a_log_line_names_the_key_and_the_address(service: Running) -> None:
    date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    fixed = service.line_of(ask(service))
    forged = service.line_of(ask(service, {"X-Sdk-Date": date, "Authorization": FORGED}))
    other = service.line_of(ask(service, path=PATH.replace("p1", "p2")))
    assert (fixed["key"], fixed["status"], fixed["address"]) == ("fixed", 200, "127.0.0.1")
    assert (other["key"], other["status"]) == ("fixed", 403)
    assert (forged["key"], forged["error_code"]) == ("AK", "APIG.0301")


def test_the_numbers_count_requests_by_path_status_and_code(service: Running) -> None:
    ask(service)
    httpx.get(f"{service.url}/nowhere")
    text = httpx.get(f"{service.url}/metrics").text
    path = "/v2/{project_id}/ocr/quota-invoice"
    name = "quota_ocr_requests_total"
    assert f'{name}{{error_code="",path="{path}",status="200"}}' in text
    assert f'{name}{{error_code="APIG.0101",path="-",status="404"}}' in text
    assert f'quota_ocr_request_seconds_bucket{{le="0.1",path="{path}"}}' in text
    assert metric(service, "quota_ocr_ready") == 1


def test_only_plain_text_beyond_this_machine_gets_a_warning(
    service: Running, tmp_path: Path
) -> None:
    host = "0.0.0.0"  # noqa: S104 - the subject
    with running(tmp_path, host=host) as one:
        [warning] = [line["event"] for line in one.log() if line["level"] == "warning"]
    assert warning.startswith(f"listening on {host} without TLS")
    assert not [line for line in service.log() if "without TLS" in line["event"]]
