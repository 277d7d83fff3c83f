"""Callers' URLs follow the OCR service's own rules, and a few more."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service import fetch
from quota_invoice.api import url_check
from quota_invoice.errors import UrlRefused

ENDPOINT = "https://obs.cn-north-4.myhuaweicloud.com"


def check(url: str, *found: str, allowed: frozenset[str] = frozenset()) -> None:
    url_check.check_host(url_check.parse_url(url), allowed, lambda _host, _port: found)


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example/a.jpg",
        "http://files.example:8080/a%20b.jpg?x=1&y=%2F#part",
        "HTTPS://FILES.EXAMPLE",
        "https://114.115.0.1/a.jpg",
        "https://[2400:3200::1]/a.jpg",
    ],
)
def test_public_urls_pass(url: str) -> None:
    check(url, "114.115.0.1", "2400:3200::1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files.example/a.jpg",
        "//files.example/a.jpg",
        "ftp://files.example/a.jpg",
        "file:///etc/passwd",
        "gopher://files.example/",
        "https://",
        "https:///a.jpg",
        "https://files.example:0/",
        "https://files.example:port/",
        "https://files.example:99999/",
        "https://user@files.example/",
        "https://user:do-not-tell@files.example/",
        "https://127.0.0.1\\@files.example/",
        "https://files.example/a b.jpg",
        "https://files.example/a\n.jpg",
        " https://files.example/",
        "https://发票.example/",
        "https://[::1/",
        "https://files.example/" + "a" * url_check.LONGEST,
    ],
)
def test_an_invalid_url_is_refused_before_it_is_resolved(url: str) -> None:
    with pytest.raises(UrlRefused) as caught:
        url_check.parse_url(url)
    assert "files.example" not in caught.value.message
    assert "do-not-tell" not in caught.value.message


@pytest.mark.parametrize(
    "found",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("100.64.0.1",),
        ("169.254.169.254",),
        ("192.168.1.1",),
        ("0.0.0.0",),  # noqa: S104 - refused
        ("224.0.0.1",),
        ("255.255.255.255",),
        ("::1",),
        ("fe80::1%eth0",),
        ("fd00::1",),
        ("::ffff:127.0.0.1",),
        ("64:ff9b::a00:1",),
        ("2002:7f00:1::",),
        ("114.115.0.1", "10.0.0.1"),
        (),
    ],
)
def test_a_host_with_a_private_address_is_refused(found: tuple[str, ...]) -> None:
    with pytest.raises(UrlRefused, match="host that is not"):
        check("https://files.example/a.jpg", *found)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "localhost", "[::1]"]
)
def test_every_notation_of_loopback_is_refused(host: str) -> None:
    with pytest.raises(UrlRefused):
        url_check.check_host(url_check.parse_url(f"http://{host}/"))


def test_a_host_that_cannot_be_resolved_is_refused() -> None:
    def fail(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(UrlRefused, match="not found"):
        url_check.check_host(url_check.parse_url("https://nowhere.example/"), resolve=fail)


def test_a_host_that_is_no_name_is_not_found() -> None:
    with pytest.raises(UrlRefused, match="not found"):
        url_check.check_host(url_check.parse_url(f"https://{'a' * 64}.example/"))


def test_hosts_on_the_list_need_not_be_public() -> None:
    for allowed in ("intranet.example", "intranet.example:8443"):
        check("https://intranet.example:8443/", "10.0.0.1", allowed=frozenset({allowed}))
    with pytest.raises(UrlRefused):
        check("https://intranet.example/", "10.0.0.1", allowed=frozenset({"intranet.example:8443"}))


def test_a_url_has_at_most_16384_characters() -> None:
    longest = "https://files.example/".ljust(16384, "a")
    assert url_check.parse_url(longest).path
    with pytest.raises(UrlRefused, match="too long"):
        url_check.parse_url(longest + "a")


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://files.example/", 80),
        ("https://files.example/", 443),
        ("https://files.example:1/", 1),
    ],
)
def test_a_host_is_resolved_with_the_port_of_its_scheme(url: str, port: int) -> None:
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["114.115.0.1"]

    url_check.check_host(url_check.parse_url(url), resolve=resolve)
    assert asked == [("files.example", port)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("192.0.0.9", False),
        ("192.88.99.1", False),
        ("64:ff9b:1::1", False),
        ("fec0::1", False),
        ("5f00::1", False),
        ("64:ff9b::7273:1", True),
        ("::114.115.0.1", True),
        ("2002:7273:1::", True),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
    ],
)
def test_addresses_of_special_networks_are_not_public(address: str, *, public: bool) -> None:
    assert url_check.is_public(address) is public


@given(st.ip_addresses())
def test_the_function_and_the_service_agree_on_public_addresses(address: object) -> None:
    assert url_check.is_public(str(address)) == fetch.is_public(str(address))


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://invoices.obs.cn-north-4.myhuaweicloud.com/a.jpg", True),
        ("https://INVOICES.obs.cn-north-4.myhuaweicloud.com./a.jpg", True),
        ("https://invoices.obs.myhuaweicloud.com/a.jpg", True),
        ("https://obs.cn-north-4.myhuaweicloud.com/invoices/a.jpg", True),
        ("https://obs.cn-north-4.myhuaweicloud.com//%69nvoices/a.jpg", True),
        ("https://invoices.obs-website.cn-north-4.myhuaweicloud.com/a.jpg", True),
        ("https://other.obs.cn-north-4.myhuaweicloud.com/invoices/a.jpg", False),
        ("https://obs.cn-north-4.myhuaweicloud.com/invoices-of-others/a.jpg", False),
        ("https://invoices.example/a.jpg", False),
    ],
)
def test_the_buckets_own_urls_are_recognized(url: str, ours: bool) -> None:
    assert url_check.is_of_bucket(urlsplit(url), "invoices", ENDPOINT) == ours


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://invoices.store.example/a.jpg", True),
        ("https://store.example/invoices/a.jpg", True),
        ("https://other.store.example/a.jpg", False),
    ],
)
def test_the_urls_of_an_endpoint_with_another_name_are_recognized(url: str, ours: bool) -> None:
    assert url_check.is_of_bucket(urlsplit(url), "invoices", "https://Store.example") == ours
