"""Malicious requests: the service as a process stays within its limits of memory and time."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from bench.attacks.nested_forms import nested_forms
from tests.support import bombs
from tests.support.ocr_service import (
    PATH,
    SEVERAL,
    TOKEN,
    Running,
    body_of,
    code_of,
    measured,
    running,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

LITTLE_MB = 40
"""More than limited buffers need, and a tenth of the growth without limits."""
SMALL = BytesIO()
Image.new("RGB", (40, 30), "white").save(SMALL, "PNG")
CHUNKED = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%b" % (
    b"%b",
    b"X-Auth-Token: tok\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("ocr")
    with running(folder, body_seconds=2, decode_seconds=1, page_seconds=1, workers=2) as one:
        ask(one, SMALL.getvalue())
        yield one


def ask(at: Running, data: bytes, path: str = PATH) -> tuple[int, str]:
    response = httpx.post(at.url + path, headers=TOKEN, json=body_of(data), timeout=60)
    return response.status_code, response.json().get("error_code", "")


def flood(
    at: Running, head: bytes, more: bytes, seconds: float, *, read: bool = True
) -> tuple[int, bytes]:
    """Send without reading, until the time is over or the service closes the connection.

    Return the number of accepted bytes, and the response, if it is to be ``read``.
    """
    taken = 0
    with contextlib.closing(socket.create_connection(at.address, timeout=seconds)) as connection:
        end = time.monotonic() + seconds
        try:
            connection.sendall(head)
            while time.monotonic() < end:
                taken += connection.send(more)
        except OSError:
            pass
        received = b""
        try:
            while read and (part := connection.recv(65536)):
                received += part
        except OSError:
            pass
    return taken, received


@pytest.mark.parametrize(
    "more",
    [b"A: " + b"b" * 60_000 + b"\r\n", b"A: b\r\n" * 10_000, b"b" * 60_000],
    ids=["long", "short", "one"],
)
@pytest.mark.parametrize("path", [PATH.encode(), b"/v3/auth/tokens", b"/healthz"])
def test_endless_trailers_end_the_connection(service: Running, path: bytes, more: bytes) -> None:
    head = CHUNKED % path + b"0\r\n" + (b"" if b":" in more else b"A: ")
    with measured(service.process.pid) as peak:
        taken, received = flood(service, head, more, 4)
    assert 64 << 10 < taken < 32 << 20  # accepted at first, then refused
    assert not received or code_of(received) in ("ModelArts.4202", "APIG.0101")
    assert peak.growth < LITTLE_MB


def test_endless_chunk_extensions_end_the_connection(service: Running) -> None:
    with measured(service.process.pid) as peak:
        taken, _ = flood(service, CHUNKED % PATH.encode() + b"2;", b"x" * 60_000, 4)
    assert 64 << 10 < taken < 32 << 20
    assert peak.growth < LITTLE_MB


def test_trailers_are_ignored(service: Running) -> None:
    head = b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunks = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n"
    _, received = flood(service, head + chunks + b"X-Auth-Token: tok\r\n\r\n", b"", 0.2)
    assert code_of(received) == "AIS.0101"


def test_unread_responses_take_no_memory(service: Running) -> None:
    # Large responses: a service that keeps them needs much memory, and this one little time.
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 7000
    with measured(service.process.pid) as peak, ThreadPoolExecutor(4) as pool:
        floods = [pool.submit(flood, service, b"", asked, 5, read=False) for _ in range(4)]
        assert sum(one.result()[0] for one in floods) > 4 << 20  # enough for a flood
    assert peak.growth < LITTLE_MB
    assert httpx.get(service.url + "/healthz").status_code == 200


def test_a_client_that_reads_nothing_is_disconnected(service: Running) -> None:
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
    with socket.create_connection(service.address, timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        started = time.monotonic()
        with contextlib.suppress(OSError):  # reset, or a broken pipe
            while time.monotonic() - started < 20:
                connection.sendall(asked)
    assert time.monotonic() - started < 20


def test_many_pipelined_requests_get_responses_in_order(service: Running) -> None:
    number = 3000
    parts = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % (n % 2) for n in range(number - 1)]
    parts[0] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    parts.append(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    with socket.create_connection(service.address, timeout=30) as connection:
        connection.sendall(b"".join(parts))
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.count(b"HTTP/1.1 404 ") == number - 2
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b'{"status":"ok"}')


def test_a_valid_request_before_a_malformed_one_gets_its_response(service: Running) -> None:
    slow = BytesIO()
    Image.new("RGB", (400, 30), "white").save(slow, "PNG")
    request = httpx.Request(
        "POST", service.url + PATH, headers=TOKEN, json=body_of(slow.getvalue())
    )
    lines = [
        f"POST {PATH} HTTP/1.1",
        *(f"{key}: {value}" for key, value in request.headers.items()),
    ]
    raw = "\r\n".join([*lines, "", ""]).encode() + request.read()
    with socket.create_connection(service.address, timeout=30) as connection:
        connection.sendall(raw + b"NONSENSE\r\n\r\n")
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1") == 1
    assert b"connection: close" in received


@pytest.mark.exhaustive
@pytest.mark.parametrize("levels", [6, 7])
def test_an_endless_page_does_not_delay_other_requests(service: Running, levels: int) -> None:
    """Form XObjects in form XObjects: one or ten million rectangles in 2 kB."""
    bomb = nested_forms(levels)
    with measured(service.process.pid) as peak, ThreadPoolExecutor(3) as pool:
        refused = [pool.submit(ask, service, bomb, SEVERAL) for _ in range(3)]
        time.sleep(0.3)
        assert [ask(service, SMALL.getvalue())[0] for _ in range(3)] == [200] * 3
        assert not all(one.done() for one in refused)  # they are decoded one by one
        assert [one.result() for one in refused] == [(400, "AIS.0102")] * 3
    assert peak.growth < 500  # one page at a time, of at most 384 MB
    assert ask(service, nested_forms(1), SEVERAL)[0] == 200


def test_it_stops_during_an_endless_page(tmp_path: Path) -> None:
    with (
        running(tmp_path, stop_seconds=1, page_seconds=60) as service,
        ThreadPoolExecutor(2) as pool,
    ):
        bomb = nested_forms(6)
        refused = [pool.submit(ask, service, bomb, SEVERAL) for _ in range(2)]
        time.sleep(1)
        service.process.terminate()
        assert [one.result() for one in refused] == [(503, "ModelArts.4403")] * 2
        assert service.process.wait(10) == 0


def test_a_tile_that_is_larger_than_its_image_is_not_decoded(service: Running) -> None:
    bomb = bombs.tiff_tile(side=20_000)
    assert len(bomb) < 1 << 20
    with measured(service.process.pid) as peak, ThreadPoolExecutor(2) as pool:
        refused = [pool.submit(ask, service, bomb) for _ in range(2)]
        assert [one.result() for one in refused] == [(400, "AIS.0103")] * 2
    assert peak.growth < 100


@pytest.mark.exhaustive
def test_the_largest_images_share_their_memory(tmp_path: Path) -> None:
    large = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = np.tile(np.asarray(Image.effect_noise((256, 256), 20).convert("RGB")), (16, 16, 1))
    Image.fromarray(noise).save(large, "JPEG", quality=30, exif=exif)
    with running(tmp_path, workers=4) as service:
        ask(service, SMALL.getvalue())
        with measured(service.process.pid) as peak, ThreadPoolExecutor(4) as pool:
            read = [pool.submit(ask, service, large.getvalue()) for _ in range(3)]
            assert [one.result()[0] for one in read] == [200] * 3
    assert peak.growth < 330  # three at once would take 600


def test_a_file_with_endless_segments_is_refused(service: Running) -> None:
    jpeg = BytesIO()
    Image.new("RGB", (40, 30)).save(jpeg, "JPEG")
    data = jpeg.getvalue()
    bomb = data[:2] + b"\xff\xfe\0\2" * 1_800_000 + data[2:]
    started = time.monotonic()
    with measured(service.process.pid) as peak:
        assert ask(service, bomb) == (400, "AIS.0102")
    assert time.monotonic() - started < 20
    assert peak.growth < 200


def test_compressed_metadata_is_not_decompressed(service: Running) -> None:
    file = BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    data = file.getvalue()
    profile = b"k\0\0" + bombs.repeated(bytes(1 << 20), 500)
    bomb = data[:33] + bombs.png_chunk(b"iCCP", profile) + data[33:]
    with measured(service.process.pid) as peak:
        assert ask(service, bomb) in ((400, "AIS.0102"), (200, ""))
    assert peak.growth < 100
