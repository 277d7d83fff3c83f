"""The page lets in its team only, and no other site acts through a person's browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.review.desk import Desk
from tests.support.review.page import ReviewPage
from tests.support.review.requests import ask, requests_of

LOCKED = 401
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def stranger(review: ReviewPage) -> Iterator[httpx.Client]:
    """A client without a cookie."""
    with httpx.Client(base_url=review.url) as client:
        yield client


@pytest.fixture
def member(review: ReviewPage) -> Iterator[httpx.Client]:
    """A client with the cookie of a person."""
    with httpx.Client(base_url=review.url) as client:
        assert client.get(review.invite("王芳")).status_code == 303
        yield client


def test_an_address_is_exchanged_for_a_cookie_and_leaves_the_address_bar(
    review: ReviewPage, stranger: httpx.Client
) -> None:
    address = review.invite("王芳")
    answer = stranger.get(f"{address}&month=2026-11&place=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?month=2026-11&place=2"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"review-{urlsplit(review.url).port}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    token = address.partition("token=")[2]
    assert token not in cookie
    assert "复核人：王芳" in stranger.get("/no-page").text


def test_an_address_opens_from_a_message_on_another_site(
    review: ReviewPage, browser: Browser
) -> None:
    with browser.new_context(locale="zh-CN") as elsewhere:
        page = elsewhere.new_page()
        page.route(
            "http://mail.example.com/",
            lambda route: route.fulfill(
                body=f'<a href="{review.invite("王芳")}">open</a>', content_type="text/html"
            ),
        )
        page.goto("http://mail.example.com/")
        page.get_by_role("link").click()
        page.wait_for_url(f"{review.url}/")
        expect(page.locator("header")).to_contain_text("王芳")


def test_an_address_works_once_and_another_browser_gets_another_one(
    review: ReviewPage, stranger: httpx.Client, member: httpx.Client
) -> None:
    first = review.invite("王芳")
    assert review.addresses["王芳"] == []
    assert stranger.get(first).status_code == 303
    assert review.addresses["王芳"] != [first]
    stranger.cookies.clear()
    refused = stranger.get(first)
    assert (refused.status_code, refused.headers.get("set-cookie")) == (LOCKED, None)
    assert stranger.get("/").status_code == LOCKED
    # The person who opens the same address again in a browser with the cookie simply goes on.
    assert member.get(first).status_code == 303
    assert stranger.get(review.invite("王芳")).status_code == 303


def test_each_member_of_a_team_has_a_name_of_their_own(
    review: ReviewPage, member: httpx.Client
) -> None:
    with httpx.Client(base_url=review.url) as other:
        other.get(review.invite("李雷"))
        assert "复核人：李雷" in other.get("/no-page").text
    assert "复核人：王芳" in member.get("/no-page").text


@pytest.mark.parametrize("cookie", [None, "", "x" * 43, "é\x80", "token"])
def test_without_a_valid_cookie_every_route_is_refused(
    desk: Desk, review: ReviewPage, cookie: str | None
) -> None:
    port = urlsplit(review.url).port
    headers = httpx.Headers({"origin": review.url, "sec-fetch-site": "same-origin"})
    if cookie is not None:
        headers["cookie"] = f"review-{port}={cookie}"
    before = desk.keys()
    with httpx.Client(base_url=review.url, headers=headers) as client:
        for method, path in requests_of("incoming%2Fa.jpg"):
            answer = client.request(method, path)
            assert (path, answer.status_code) == (path, LOCKED)
            assert "复核人" not in answer.text
    assert desk.keys() == before


def test_a_request_without_the_token_does_not_use_up_an_address(
    review: ReviewPage, stranger: httpx.Client
) -> None:
    address = review.invite("王芳")
    own = {"origin": review.url, "sec-fetch-site": "same-origin"}
    assert stranger.head(address).status_code == LOCKED
    assert stranger.post(address, headers=own).status_code == LOCKED
    assert stranger.get(f"{address}x").status_code == LOCKED
    assert stranger.get(address).status_code == 303


@pytest.mark.parametrize(
    "host",
    [
        "rebound.test:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.nip.test:{port}",
        "0.0.0.0:{port}",
    ],
)
def test_a_name_that_another_site_points_at_this_machine_is_refused(
    review: ReviewPage, member: httpx.Client, host: str
) -> None:
    port = urlsplit(review.url).port
    answer = member.get("/", headers={"host": host.format(port=port)})
    assert answer.status_code == 421
    assert answer.text == "wrong Host\n"
    invited = member.get(review.invite("李雷"), headers={"host": host.format(port=port)})
    assert "set-cookie" not in invited.headers


def test_two_hosts_in_a_request_are_refused(review: ReviewPage, member: httpx.Client) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in member.cookies.items())
    assert ask(review.url, "GET", "/", {"cookie": cookies, "host": "other.test"}).status_code == 421


FOREIGN = [
    {"origin": "http://other.test"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "https://{netloc}"},
    {"origin": "http://{netloc}", "sec-fetch-site": "cross-site"},
    {"origin": "http://{netloc}", "sec-fetch-site": "same-site"},
    {"origin": "http://{netloc}", "sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_of_another_site_changes_nothing_on_any_route(
    desk: Desk, review: ReviewPage, member: httpx.Client, headers: dict[str, str]
) -> None:
    desk.recognize("a.jpg")
    before = desk.keys()
    netloc = urlsplit(review.url).netloc
    sent = {name: value.format(netloc=netloc) for name, value in headers.items()}
    changing = [each for each in requests_of("incoming%2Fa.jpg") if each[0] != "GET"]
    assert {method for method, _ in changing} >= {"POST", "PUT"}
    for method, path in changing:
        answer = member.request(method, path, headers=sent, content=b"verdict=confirmed")
        assert (path, answer.status_code) == (path, 403)
    assert desk.keys() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_load_parts_of_the_page(member: httpx.Client, site: str) -> None:
    for mode in ("no-cors", "cors"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": mode}
        for path in ("/", "/images/incoming%2Fa.jpg", "/static/base.js"):
            assert member.get(path, headers=headers).status_code == 403


def test_a_link_elsewhere_opens_the_page(member: httpx.Client) -> None:
    headers = {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}
    assert member.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/no-page", 404), ("/static/base.js", 200), ("/?language=en", 303)],
)
def test_each_answer_forbids_framing_sniffing_storing_and_other_hosts(
    member: httpx.Client, path: str, status: int
) -> None:
    answer = member.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["//other.test/", "/\\other.test/", "/%2F%2Fother.test/", "///"])
def test_the_language_switch_leads_to_no_other_host(review: ReviewPage, path: str) -> None:
    location = ask(review.url, "GET", f"{path}?language=en").headers["location"]
    assert re.match(r"/(?![/\\])", location), location
    assert urlsplit(location).netloc == ""
