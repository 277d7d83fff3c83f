"""The OCR service as a process: official SDK, raw connections, signals."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import trustme
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkocr.v1 import (
    AutoClassificationRequestBody,
    OcrClient,
    QuotaInvoiceRequestBody,
    RecognizeAutoClassificationRequest,
    RecognizeQuotaInvoiceRequest,
)
from PIL import Image

from ocr_service.auth.keyring import Credentials, write_key_file
from tests.support.ocr_service import PATH, TOKEN, Running, code_of, running, talk
from tests.support.paths import ROOT

PNG = BytesIO()
Image.new("RGB", (40, 30), "white").save(PNG, "PNG")
IMAGE = base64.b64encode(PNG.getvalue()).decode()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("ocr")
    with running(
        folder,
        key_file=folder / "keys.json",
        user="me",
        password="pw",
        head_seconds=1,
        body_seconds=1,
    ) as one:
        yield one


def client(at: Running, ak: str = "AK", sk: str = "S3CRET", st: str = "") -> OcrClient:
    credentials = BasicCredentials(ak, sk, "p1")
    if st:
        credentials.with_security_token(st)
    return OcrClient.new_builder().with_credentials(credentials).with_endpoint(at.url).build()


def recognize(by: OcrClient, **body: str) -> dict[str, Any]:
    request = RecognizeQuotaInvoiceRequest(body=QuotaInvoiceRequestBody(**body))
    response: dict[str, Any] = by.recognize_quota_invoice(request).to_json_object()
    return response


def refused(by: OcrClient, **body: str) -> tuple[int, str]:
    with pytest.raises(ServiceResponseException) as caught:
        recognize(by, **body)
    assert len(caught.value.request_id) == 32
    return caught.value.status_code, caught.value.error_code


def test_the_sdk_is_served(service: Running) -> None:
    by = client(service)
    request = RecognizeQuotaInvoiceRequest(
        enterprise_project_id="0", body=QuotaInvoiceRequestBody(image=IMAGE)
    )
    response = by.recognize_quota_invoice(request)
    assert response.result.number == "12345678"
    assert response.to_json_object()["result"]["confidence"]["amount"] == 0.9
    assert response.status_code == 200


def test_the_sdk_finds_several_tickets(service: Running) -> None:
    body = AutoClassificationRequestBody(image=IMAGE, type_list=["quota_invoice"])
    request = RecognizeAutoClassificationRequest(body=body)
    (ticket,) = client(service).recognize_auto_classification(request).result
    assert ticket.status.error_code == "AIS.0000"
    assert ticket.location == [[0, 0], [10, 0], [10, 5], [0, 5]]
    assert ticket.content["number"] == "12345678"


def test_the_sdk_gets_error_codes(service: Running) -> None:
    by = client(service)
    assert refused(by, image="") == (400, "AIS.0102")
    assert refused(by, image=IMAGE, url="http://a/") == (400, "AIS.0101")
    assert refused(by, url="http://127.0.0.1:9/票 +%") == (400, "ModelArts.4601")
    assert refused(by, image="A" * (11 << 20)) == (400, "AIS.0103")
    assert refused(client(service, sk="wrong"), image=IMAGE) == (401, "APIG.0301")
    assert refused(client(service, ak="wrong"), image=IMAGE) == (401, "APIG.0301")


def test_a_body_changed_in_transit_is_refused(service: Running) -> None:
    """A relay changes one byte of the signed body."""
    changed = []
    with socket.create_server(("127.0.0.1", 0)) as relay:

        def run() -> None:
            caller, _ = relay.accept()
            with caller, socket.create_connection(service.address) as onward:
                data = b""
                while not data.endswith(b"}"):
                    data += caller.recv(65536)
                tampered = data.replace(b'"image": "iVBOR', b'"image": "jVBOR')
                changed.append(tampered != data)
                onward.sendall(tampered)
                while part := onward.recv(65536):
                    caller.sendall(part)
                    if part.endswith(b"}"):
                        break

        thread = threading.Thread(target=run)
        thread.start()
        through = Running(
            service.process, f"http://127.0.0.1:{relay.getsockname()[1]}", service.stderr
        )
        assert refused(client(through), image=IMAGE) == (401, "APIG.0301")
        thread.join()
    assert changed == [True]


def test_temporary_credentials_change_while_it_runs(service: Running) -> None:
    path = service.stderr.parent / "keys.json"
    by = client(service, "TK", "TS", "security+token/=")
    assert refused(by, image=IMAGE) == (401, "APIG.0301")
    end = datetime.now(timezone.utc) + timedelta(hours=1)
    write_key_file(path, [Credentials("TK", "TS", "security+token/=", end)])
    assert recognize(by, image=IMAGE)["result"]["number"] == "12345678"
    assert refused(client(service, "TK", "TS", "another"), image=IMAGE) == (401, "APIG.0301")
    assert refused(client(service, "TK", "TS"), image=IMAGE) == (401, "APIG.0301")
    write_key_file(path, [Credentials("TK", "TS", "security+token/=", end - timedelta(hours=2))])
    assert refused(by, image=IMAGE) == (401, "APIG.0301")
    path.unlink()
    assert refused(by, image=IMAGE) == (401, "APIG.0301")


def test_the_contract_s_sample_runs(service: Running) -> None:
    """The Python 3 sample of the documentation, with endpoint, token and image inserted."""
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": "me", "password": "pw", "domain": {"name": "me"}}},
    }
    body = {"auth": {"identity": identity, "scope": {"project": {"name": "cn-north-4"}}}}
    issued = requests.post(f"{service.url}/v3/auth/tokens", json=body, timeout=10)
    assert issued.status_code == 201
    headers = {
        "Content-Type": "application/json",
        "X-Auth-Token": issued.headers["X-Subject-Token"],
    }
    payload = {"image": IMAGE}
    response = requests.post(service.url + PATH, headers=headers, json=payload, timeout=10)
    assert json.loads(response.text)["result"]["code"] == "144031800111"


def test_responses_over_a_kept_connection_are_not_delayed(service: Running) -> None:
    with httpx.Client(base_url=service.url) as kept:
        kept.get("/healthz")
        times = []
        for _ in range(20):
            started = time.monotonic()
            kept.get("/healthz")
            times.append(time.monotonic() - started)
        # With Nagle's algorithm each would take 0.044 s; on a busy machine some do without it.
        assert statistics.median(times) < 0.03


def test_messages_of_native_libraries_stay_out_of_the_log(service: Running) -> None:
    tiff = BytesIO()
    Image.new("1", (64, 64)).save(tiff, "TIFF", compression="group4")
    data = bytearray(tiff.getvalue())
    data[8:12] = b"\xff\x00\xff\x00"  # libtiff prints an error to file descriptor 2
    code = (
        "import sys; from io import BytesIO; from PIL import Image;"
        "Image.open(BytesIO(bytes.fromhex(sys.argv[1]))).load()"
    )
    alone = subprocess.run(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", code, data.hex()], capture_output=True, check=False
    )
    assert b"Fax4Decode" in alone.stderr
    response = httpx.post(
        service.url + PATH, headers=TOKEN, json={"image": base64.b64encode(data).decode()}
    )
    assert response.status_code in (200, 400)
    assert service.line_of(response)["event"] == "request"


HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: tok\r\nContent-Type: application/json\r\n"
    "Connection: close\r\n"
).encode()


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([b"NONSENSE\r\n\r\n"], "ModelArts.4202"),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], "ModelArts.4202"),
        ([b"GET / HTTP/1.1\r\nX: " + b"x" * 400_000], "ModelArts.4202"),
        ([b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 65_530 + b"\r\n\r\n"], "ModelArts.4202"),
        ([b"GET /healthz HTTP/1.1\r\n\r\n"], "ModelArts.4202"),
        ([b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"], "ModelArts.4202"),
        ([HEAD, b"Content-Length: -1\r\n\r\n"], "ModelArts.4202"),
        ([HEAD, b"Content-Length: 999999999999\r\n\r\n", b"x" * 1000], "ModelArts.4104"),
        ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n"], "AIS.0101"),
        (
            [
                HEAD,
                b"Transfer-Encoding: chunked\r\n\r\n",
                *[b"100000\r\n%b\r\n" % bytes(1 << 20)] * 20,
                b"0\r\n\r\n",
            ],
            "ModelArts.4104",
        ),
        ([HEAD, b"Content-Length: 100\r\n\r\n", b"{"], "ModelArts.4402"),
    ],
    ids=[
        "nonsense",
        "tls",
        "endless head",
        "long head",
        "no host",
        "two hosts",
        "length",
        "huge",
        "chunked",
        "huge chunks",
        "slow body",
    ],
)
def test_malformed_http_gets_the_contract_s_error_body(
    service: Running, parts: list[bytes], code: str
) -> None:
    response = talk(service, *parts)
    assert code_of(response) == code
    assert b"x-request-id: " in response


def test_a_client_that_still_sends_sees_the_early_error(service: Running) -> None:
    body = b"x" * (15 << 20)
    response = requests.post(service.url + PATH, data=body, timeout=20)
    assert (response.status_code, response.json()["error_code"]) == (401, "ModelArts.4101")


def test_connections_with_slow_heads_are_closed(service: Running) -> None:
    started = time.monotonic()
    assert talk(service, *[b"GET /healthz HTTP/1.1\r\n", *[b"X: y\r\n"] * 50], pause=0.1) == b""
    assert talk(service) == b""
    assert time.monotonic() - started < 9


def test_no_secret_reaches_the_log(service: Running) -> None:
    """Runs last: checks the output of the service during all tests above."""
    text = service.stderr.read_text()
    lines = service.log()
    assert len([one for one in lines if one["event"] == "request"]) > 20
    assert {one["path"] for one in lines if "path" in one} >= {"/v2/{project_id}/ocr/quota-invoice"}
    for secret in ("S3CRET", "security+token", 'tok"', "iVBOR", "127.0.0.1:9", "pw", "Signature"):
        assert secret not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_current_requests_are_finished_at_a_signal(tmp_path: Path, number: int) -> None:
    wide = BytesIO()
    Image.new("RGB", (1500, 30), "white").save(wide, "PNG")
    body = {"image": base64.b64encode(wide.getvalue()).decode()}
    with running(tmp_path) as service:
        responses = []
        thread = threading.Thread(
            target=lambda: responses.append(
                httpx.post(service.url + PATH, headers=TOKEN, json=body, timeout=10)
            )
        )
        thread.start()
        service.wait_until_reading()  # for 1.5 s
        assert responses == []
        service.process.send_signal(number)
        assert service.process.wait(10) == 0
        thread.join()
        assert responses[0].status_code == 200
        assert service.log()[-1]["event"] == "stopped"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(service.address)


def test_https_with_a_time_limit_for_handshakes(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    files = {"tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    with running(tmp_path, head_seconds=1, **files) as service:
        with socket.create_connection(service.address, timeout=30) as silent:  # by default 60 s
            assert silent.recv(1) == b""
        assert service.url.startswith("https://")
        session = requests.Session()
        response = session.get(f"{service.url}/healthz", verify=f"{tmp_path}/ca.pem", timeout=10)
        assert response.json() == {"status": "ok"}
        service.process.terminate()  # while the session keeps its connection
        assert service.process.wait(5) == 0
        session.close()


def test_unfinished_requests_get_an_error_when_the_service_stops(tmp_path: Path) -> None:
    wide = BytesIO()
    Image.new("RGB", (2500, 30), "white").save(wide, "PNG")
    body = {"image": base64.b64encode(wide.getvalue()).decode()}
    with running(tmp_path, stop_seconds=1, workers=1) as service, ThreadPoolExecutor(3) as pool:
        asked = [
            pool.submit(httpx.post, service.url + PATH, headers=TOKEN, json=body, timeout=20)
            for _ in range(3)
        ]
        service.wait_until_reading()  # for 2.5 s
        time.sleep(0.7)  # until the two others have arrived and wait for their turn
        service.process.terminate()
        for one in asked:
            response = one.result()
            assert (response.status_code, response.json()["error_code"]) == (503, "ModelArts.4403")
            assert len(response.headers["x-request-id"]) == 32
        assert service.process.wait(10) == 0
        log = service.log()
    assert [one["status"] for one in log if one["event"] == "request"] == [503] * 3
    assert not [one for one in log if "Exception" in one["event"]]
    assert log[-1]["event"] == "stopped"


def test_invalid_settings_end_it_with_every_problem(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match=r"(?s)QUOTA_OCR_PORT.*QUOTA_OCR_WORKERS"),
        running(tmp_path, port="x", workers=0),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may share the port")
def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        environment = {
            "PATH": os.environ["PATH"],
            "QUOTA_OCR_PROJECT": "p1",
            "QUOTA_OCR_TOKEN": "tok",
            "QUOTA_OCR_PORT": str(other.getsockname()[1]),
        }
        done = subprocess.run(
            [sys.executable, "-m", "ocr_service"],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == ["error: [Errno 98] Address already in use"]
