"""Uploads by other clients than the page's own script: broken, simultaneous, and hostile ones."""

from __future__ import annotations

import http.client
import secrets
import socket
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.paths import SAMPLES
from tests.support.review.browsing import SECONDS
from tests.support.review.desk import SAMPLE, Desk
from tests.support.review.page import ReviewPage

IMAGE = (SAMPLES / SAMPLE).read_bytes()


@dataclass(frozen=True)
class Sender:
    """A client of a person who is in.

    Attributes:
        url: the page's URL.
        client: sends whole requests.
        headers: the headers of each request.
        folder: a folder of the test's own.
    """

    url: str
    client: httpx.Client
    headers: Mapping[str, str]
    folder: str

    def put(self, name: str, content: Any, **headers: str) -> httpx.Response:
        url = f"{self.url}/uploads/{name}?folder={self.folder}"
        return self.client.put(url, content=content, headers={**self.headers, **headers})

    def begin(self, name: str, sent: bytes, size: int) -> socket.socket:
        """Send a request's head and the first bytes of its body."""
        parts = urlsplit(self.url)
        opened = socket.create_connection((parts.hostname, parts.port or 80), timeout=SECONDS)
        head = {"Host": parts.netloc, "Content-Length": str(size), **self.headers}
        lines = "".join(f"{key}: {value}\r\n" for key, value in head.items())
        path = f"/uploads/{name}?folder={self.folder}"
        opened.sendall(f"PUT {path} HTTP/1.1\r\n{lines}\r\n".encode() + sent)
        return opened


@pytest.fixture
def sender(review: ReviewPage) -> Iterator[Sender]:
    with httpx.Client(timeout=SECONDS) as client:
        client.get(review.invite("王芳"))
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        headers = {"Cookie": cookies, "Origin": review.url}
        yield Sender(review.url, client, headers, f"{secrets.token_hex(4)}/")


def answer_of(opened: socket.socket) -> int:
    with http.client.HTTPResponse(opened) as answer:
        answer.begin()
        return answer.status


def test_an_upload_that_breaks_off_leaves_nothing_and_frees_its_name(
    sender: Sender, desk: Desk
) -> None:
    with sender.begin("a.png", IMAGE[: len(IMAGE) // 2], len(IMAGE)):
        time.sleep(0.3)  # the first half is on its way to the bucket
    deadline = time.monotonic() + SECONDS
    while (answer := sender.put("a.png", IMAGE)).json()["key"] != f"incoming/{sender.folder}a.png":
        assert time.monotonic() < deadline, answer.text
    assert answer.status_code == 201
    assert desk.source(f"incoming/{sender.folder}a.png").size == len(IMAGE)


def test_two_files_of_one_name_at_the_same_moment_are_both_stored(
    sender: Sender, desk: Desk
) -> None:
    halves = IMAGE[: len(IMAGE) // 2], IMAGE[len(IMAGE) // 2 :]
    opened = [sender.begin("a.png", halves[0], len(IMAGE)) for _ in range(2)]
    for each in opened:
        each.sendall(halves[1])
    assert [answer_of(each) for each in opened] == [201, 201]
    for each in opened:
        each.close()
    assert {key.rpartition("/")[2] for key in desk.keys(f"incoming/{sender.folder}")} == {
        "a.png",
        "a (2).png",
    }


@pytest.mark.parametrize(
    "name",
    ["..%2F..%2Fresults%2Fa.png", "%2e%2e%2fa.png", "x%5C..%5Ca.png", "a%00.png", "%ED%A0%80.png"],
)
def test_names_lead_to_no_other_folder(sender: Sender, desk: Desk, name: str) -> None:
    answer = sender.put(name, IMAGE)
    if answer.status_code == 201:
        key = answer.json()["key"]
        assert key.startswith(f"incoming/{sender.folder}")
        assert "/" not in key.removeprefix(f"incoming/{sender.folder}")
        assert desk.source(key).size == len(IMAGE)
    else:
        assert answer.status_code in {400, 404, 405}
    assert desk.keys("results/a.png") == desk.keys("a.png") == []


def test_a_request_without_a_length_or_with_a_large_one_stores_nothing(
    sender: Sender, desk: Desk
) -> None:
    assert sender.put("a.png", iter([IMAGE])).status_code == 411
    with sender.begin("a.png", IMAGE, 65 << 20) as opened:
        assert answer_of(opened) == 413
    with sender.begin("a.pdf", b"%PDF-1.7\n" + b"0" * 5000, 129 << 20) as opened:
        assert answer_of(opened) == 413
    assert desk.keys(f"incoming/{sender.folder}") == []


def test_an_upload_of_another_site_is_refused(sender: Sender, desk: Desk) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Cookie": ""},
    ):
        assert sender.put("a.png", IMAGE, **headers).status_code in {401, 403}
    assert desk.keys(f"incoming/{sender.folder}") == []


def test_the_page_works_behind_the_proxy_of_the_documentation(sender: Sender, desk: Desk) -> None:
    """It sends the page's own Host and Origin; the browser's Sec-Fetch-Site is passed on."""
    answer = sender.put("a.png", IMAGE, **{"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 201
    assert desk.keys(f"incoming/{sender.folder}") == [f"incoming/{sender.folder}a.png"]


def test_a_large_file_is_never_held_in_memory(sender: Sender, desk: Desk) -> None:
    """The page takes from the browser as fast as the bucket takes from the page."""
    size, chunk = 60 << 20, b"\xff\xd8\xff\xe0" + bytes(range(256)) * 256

    def chunks() -> Iterator[bytes]:
        left = size
        while left:
            yield chunk[:left]
            left -= len(chunk[:left])

    tracemalloc.start()
    try:
        answer = sender.put("large.jpg", chunks(), **{"Content-Length": str(size)})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code == 201
    assert desk.source(f"incoming/{sender.folder}large.jpg").size == size
    assert peak < size // 6
