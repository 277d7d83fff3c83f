"""Downloads of images by the OCR service, from servers on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import trustme

from ocr_service import errors
from ocr_service.decode.images import MAX_BYTES
from ocr_service.fetch import Fetcher

IMAGE = b"\x89PNG and so on"


class Site(ThreadingHTTPServer):
    """Serves pages by path, and keeps the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pages)
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.elsewhere = ""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Ignore errors: clients disconnect on purpose."""


class Pages(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.headers.append(dict(self.headers))
        name = self.path.partition("?")[0].strip("/").replace("-", "_")
        getattr(self, f"page_{name}", self.page_missing)()

    def give(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for key, value in ({"content_length": str(len(body))} | headers).items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def page_image(self) -> None:
        self.give(IMAGE, set_cookie="a=b")

    def page_empty(self) -> None:
        self.give(b"")

    def page_missing(self) -> None:
        self.give(b"no", 404)

    def page_denied(self) -> None:
        self.give(b"no", 403)

    def page_zipped(self) -> None:
        self.give(b"x", content_encoding="gzip")

    def page_announced_too_large(self) -> None:
        self.give(b"x", content_length=str(MAX_BYTES + 1))

    def page_largest(self) -> None:
        self.give(bytes(MAX_BYTES))

    def page_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(bytes(1 << 20))

    def page_cut(self) -> None:
        self.give(b"x", content_length="1000")

    def page_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def page_silent(self) -> None:
        time.sleep(3)

    def page_redirect(self) -> None:
        self.give(b"", 302, location="/image")

    def page_redirects(self) -> None:
        self.give(b"", 307, location="/redirects")

    def page_redirect_away(self) -> None:
        self.give(b"", 301, location=self.server.elsewhere)

    def page_redirect_nowhere(self) -> None:
        self.give(b"", 301)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def running(site: Site) -> Iterator[Site]:
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    with running(Site()) as one:
        yield one


async def loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def fetch(
    url: str, *allowed: str, seconds: float = 5.0, trust: ssl.SSLContext | None = None
) -> bytes:
    async def run() -> bytes:
        transport = httpx.AsyncHTTPTransport(verify=trust or ssl.create_default_context())
        fetcher = Fetcher(transport, {*allowed}, seconds, loopback)
        try:
            return await fetcher.get(url)
        finally:
            await fetcher.aclose()

    return asyncio.run(run())


def refusal(url: str, *allowed: str, seconds: float = 5.0) -> errors.Code:
    with pytest.raises(errors.ApiError) as caught:
        fetch(url, *allowed, seconds=seconds)
    return caught.value.code


@pytest.mark.parametrize("port", ["65536", "99999"])
def test_a_port_that_does_not_exist_is_refused(site: Site, port: str) -> None:
    assert refusal(f"http://127.0.0.1:{port}/image", "127.0.0.1") is errors.URL_REFUSED
    assert site.asked == []


def test_an_allowed_private_host_is_used(site: Site) -> None:
    url = f"http://{site.host}/image?AccessKeyId=x&Signature=%2B%2F"
    assert fetch(url, site.host) == IMAGE
    assert fetch(url, "127.0.0.1") == IMAGE
    assert site.asked == ["/image?AccessKeyId=x&Signature=%2B%2F"] * 2


def test_a_private_host_is_refused(site: Site) -> None:
    assert refusal(f"http://{site.host}/image") is errors.URL_REFUSED
    assert refusal(f"http://{site.host}/image", "127.0.0.1:1", "localhost") is errors.URL_REFUSED
    assert refusal(f"http://localhost:{site.server_address[1]}/image") is errors.URL_REFUSED
    assert site.asked == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "017700000001", "[::1]", "[::ffff:7f00:1]"]
)
def test_other_spellings_of_loopback_are_refused(host: str) -> None:
    async def run() -> None:
        fetcher = Fetcher(httpx.MockTransport(lambda _: httpx.Response(200)), set(), 5)
        await fetcher.get(f"http://{host}/")

    with pytest.raises(errors.ApiError) as caught:
        asyncio.run(run())
    assert caught.value.code in (errors.URL_REFUSED, errors.DOWNLOAD_FAILED)


def test_only_necessary_headers_are_sent(site: Site) -> None:
    fetch(f"http://user:word@{site.host}/image", site.host)
    fetch(f"http://{site.host}/image", site.host)
    for headers in site.headers:
        assert {name.lower() for name in headers} == {
            "host",
            "accept",
            "accept-encoding",
            "connection",
        }


def test_environment_proxies_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(f"http://{site.host}/image", site.host) == IMAGE


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("missing", errors.DOWNLOAD_FAILED),
        ("denied", errors.DOWNLOAD_FAILED),
        ("zipped", errors.DOWNLOAD_FAILED),
        ("cut", errors.DOWNLOAD_FAILED),
        ("redirects", errors.DOWNLOAD_FAILED),
        ("redirect-nowhere", errors.DOWNLOAD_FAILED),
        ("announced-too-large", errors.BAD_SIZE),
        ("endless", errors.BAD_SIZE),
    ],
)
def test_failed_downloads(site: Site, page: str, code: errors.Code) -> None:
    assert refusal(f"http://{site.host}/{page}", site.host) is code
    assert site.asked
    assert len(site.asked) <= 4


def test_a_redirect_without_location_is_not_repeated(site: Site) -> None:
    assert refusal(f"http://{site.host}/redirect-nowhere", site.host) is errors.DOWNLOAD_FAILED
    assert site.asked == ["/redirect-nowhere"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/a%2Fb/../image", "/a%2Fb/../image"),
        ("/./x//image?X-Amz=%2f&a=b/../c", "/./x//image?X-Amz=%2f&a=b/../c"),
        ("/票 +%?q=票", "/%E7%A5%A8%20+%25?q=%E7%A5%A8"),
        ("", "/"),
        ("?a", "/?a"),
    ],
)
def test_the_path_is_sent_unchanged(site: Site, path: str, asked: str) -> None:
    """A part of an object's key may be ``..``, and a signature covers the unchanged path."""
    refusal(f"http://{site.host}{path}#fragment", site.host)
    assert site.asked == [asked]


def test_files_of_10_mib_and_of_0_bytes_are_downloaded(site: Site) -> None:
    assert len(fetch(f"http://{site.host}/largest", site.host)) == MAX_BYTES
    assert fetch(f"http://{site.host}/empty", site.host) == b""


@pytest.mark.parametrize("page", ["drip", "silent"])
def test_the_time_limit_covers_the_whole_download(site: Site, page: str) -> None:
    started = time.monotonic()
    assert refusal(f"http://{site.host}/{page}", site.host, seconds=0.5) is errors.DOWNLOAD_FAILED
    assert 0.4 < time.monotonic() - started < 1.5
    assert site.asked == [f"/{page}"]


def test_a_closed_port_is_a_failed_download() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert refusal(f"http://127.0.0.1:{port}/", "127.0.0.1") is errors.DOWNLOAD_FAILED


def test_a_redirect_is_followed(site: Site) -> None:
    assert fetch(f"http://{site.host}/redirect", site.host) == IMAGE
    assert site.asked == ["/redirect", "/image"]


@pytest.mark.parametrize("scheme", ["http", "https", "file", "ftp"])
def test_a_redirect_to_a_private_host_is_refused(site: Site, scheme: str) -> None:
    with running(Site()) as inner:
        site.elsewhere = f"{scheme}://{inner.host}/image"
        assert refusal(f"http://{site.host}/redirect-away", site.host) is errors.URL_REFUSED
        assert site.asked == ["/redirect-away"]
        assert inner.asked == []


def test_connections_go_to_the_checked_address() -> None:
    """DNS rebinding: a name has a public address at the check, and a private one later."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    sent: list[httpx.Request] = []

    async def rebinding(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    def serve(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(302, headers={"location": "/again"})

    async def run() -> None:
        await Fetcher(httpx.MockTransport(serve), set(), 5, rebinding).get("http://re.test:81/a")

    with pytest.raises(errors.ApiError) as caught:
        asyncio.run(run())
    assert caught.value.code is errors.URL_REFUSED  # for the second address
    assert [(str(one.url), one.headers["host"]) for one in sent] == [
        ("http://93.184.216.34:81/a", "re.test:81")
    ]
    assert answers == []


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with pytest.raises(errors.ApiError) as caught:
        asyncio.run(Fetcher(transport, set(), 5, both).get("http://two.test/"))
    assert caught.value.code is errors.URL_REFUSED


def test_the_next_address_is_tried_when_one_cannot_be_reached() -> None:
    tried = []

    async def two(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "93.184.216.35"]

    def serve(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.host)
        if len(tried) == 1:
            raise httpx.ConnectError("down")
        return httpx.Response(200, stream=httpx.ByteStream(IMAGE))

    fetcher = Fetcher(httpx.MockTransport(serve), set(), 5, two)
    assert asyncio.run(fetcher.get("http://two.test/")) == IMAGE
    assert tried == ["93.184.216.34", "93.184.216.35"]


def test_certificates_are_verified_for_the_name_in_the_url(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("bucket.test").configure_cert(server)
    site = Site()
    site.socket = server.wrap_socket(site.socket, server_side=True)
    port = site.server_address[1]
    allowed = {f"bucket.test:{port}", f"other.test:{port}"}
    with running(site):
        assert fetch(f"https://bucket.test:{port}/image", *allowed, trust=trusting) == IMAGE
        with pytest.raises(errors.ApiError, match="4603"):  # the certificate has another name
            fetch(f"https://other.test:{port}/image", *allowed, trust=trusting)
        with pytest.raises(errors.ApiError, match="4603"):  # the authority is not trusted
            fetch(f"https://bucket.test:{port}/image", *allowed)
        assert site.asked == ["/image"]
