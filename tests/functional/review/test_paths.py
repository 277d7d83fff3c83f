"""Keys in addresses lead to inputs only."""

from __future__ import annotations

import re
from itertools import product

import httpx
import pytest

from tests.support.paths import SAMPLES
from tests.support.review.desk import NAME, SAMPLE, Desk
from tests.support.review.page import ReviewPage
from tests.support.review.requests import ask, requests_of

UPLOADED = re.compile(r"incoming/(?!.*(^|/)\.{1,2}(/|$))[^\x00-\x1f\\]+")
IMAGE = (SAMPLES / SAMPLE).read_bytes()
SECRET = "content of another object"
HIDDEN = ("results/a.jpg.json", "reviews/a.jpg/note.txt", "failures/a.jpg.json", "private.jpg")
TRICKS = [
    *HIDDEN,
    *(name.replace("/", "%2F") for name in HIDDEN),
    "incoming/../private.jpg",
    "incoming%2F..%2Fprivate.jpg",
    "incoming/%2E%2E/private.jpg",
    "incoming%2F%2E%2E%2Fprivate.jpg",
    "incoming%252F..%252Fprivate.jpg",
    "incoming%2F.%2Fa.jpg",
    "incoming%2F%2Fa.jpg/../../../private.jpg",
    "incoming%5C..%5Cprivate.jpg",
    "incoming%2F..%5Cprivate.jpg",
    "incoming%2Fa.jpg%00",
    "incoming%2Fa.jpg%0A",
    "incoming%2F%C0%AE%C0%AE%2Fprivate.jpg",
    "incoming%2F%EF%BC%8E%EF%BC%8E%2Fprivate.jpg",
    "incoming%2F",
    "incoming",
    "%2Fincoming%2Fa.jpg",
    "",
    "%2Fetc%2Fpasswd",
    "..%2F..%2Fetc%2Fpasswd",
    "file%3A%2F%2F%2Fetc%2Fpasswd",
    "incoming%2F" + "a" * 2000,
]


@pytest.fixture
def cookie(review: ReviewPage) -> dict[str, str]:
    answer = httpx.get(review.invite("王芳"))
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_a_key_leads_to_no_other_object_or_file(
    desk: Desk, review: ReviewPage, cookie: dict[str, str]
) -> None:
    for name in HIDDEN:
        desk.client.putContent(NAME, name, SECRET)
    before = desk.keys()
    headers = own(review, cookie)
    keyed = [(method, path) for method, path in requests_of("\0") if "\0" in path]
    assert {method for method, _ in keyed} >= {"GET", "POST"}
    for trick, (method, path) in product(TRICKS, keyed):
        sent = path.replace("\0", trick)
        answer = ask(review.url, method, sent, headers)
        assert answer.is_client_error, (method, sent, answer.status_code)
        assert SECRET not in answer.text
        assert "root:" not in answer.text
    assert desk.keys() == before


def test_an_uploads_name_leads_out_of_no_folder(
    desk: Desk, review: ReviewPage, cookie: dict[str, str]
) -> None:
    before = set(desk.keys())
    for trick in TRICKS:
        answer = ask(review.url, "PUT", f"/uploads/{trick}", own(review, cookie), IMAGE)
        assert not answer.is_server_error, trick
    assert [key for key in set(desk.keys()) - before if not UPLOADED.fullmatch(key)] == []


def own(review: ReviewPage, cookie: dict[str, str]) -> dict[str, str]:
    """The headers that the page's own scripts send."""
    return {**cookie, "origin": review.url, "sec-fetch-site": "same-origin", "if-match": '""'}


def test_static_files_lead_to_no_other_file(review: ReviewPage) -> None:
    paths = ("../app.py", "..%2Fapp.py", "%2E%2E/app.py", "vendor/..%2F..%2Fapp.py", "..%5Capp.py")
    for trick in (*paths, "%2Fetc%2Fpasswd", "%00"):
        answer = ask(review.url, "GET", f"/static/{trick}")
        assert answer.status_code in {401, 404}, trick
        assert "Starlette" not in answer.text
