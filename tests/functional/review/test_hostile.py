"""Files and texts from strangers: shown as pictures and as text, never run."""

from __future__ import annotations

from itertools import product

import httpx
import pytest
from playwright.sync_api import expect

from accounting.review.pages import failure_url, image_url, invoice_url
from tests.support.paths import SAMPLES
from tests.support.review.browsing import Visit
from tests.support.review.desk import SAMPLE, Desk
from tests.support.review.page import ReviewPage

SCRIPT = b"<script>document.title = 'ran'</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>" + SCRIPT + b"</svg>"
IMAGE = (SAMPLES / SAMPLE).read_bytes()
FILES = {
    "svg": SVG,
    "svg with a declaration": b"<?xml version='1.0'?>\n<!DOCTYPE svg>" + SVG,
    "svg after spaces": b"\xef\xbb\xbf \n" + SVG,
    "html": b"<!doctype html>" + SCRIPT,
    "xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT + b"</html>",
    "pdf with a script": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(1)>>>>endobj\n"
    + SCRIPT,
    "image with a script": IMAGE + SCRIPT,
    "gif that is a script": b"GIF89a=1;/*" + SCRIPT + b"*/",
    "bmp that is a script": b"BM=1;//" + SCRIPT,
    "script": b"document.title = 'ran'",
}
NAMES = ["a.jpg", "a.svg", "a.html", "a.png", "a.xhtml"]
PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif"}
TEXT = (
    "\"'><img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script>{{7*7}}"
)


def test_a_file_that_may_run_is_never_shown_inline(desk: Desk, review: ReviewPage) -> None:
    with httpx.Client(base_url=review.url) as client:
        client.get(review.invite("王芳"))
        for name, (kind, content) in product(NAMES, FILES.items()):
            answer = client.get(image_url(desk.fail(f"{kind}/{name}", content)))
            media_type = answer.headers["content-type"].partition(";")[0]
            assert answer.headers["x-content-type-options"] == "nosniff"
            if answer.is_success:
                assert media_type in PICTURES, kind
            else:
                assert answer.is_client_error, kind
                assert b"document.title" not in answer.content


def test_nothing_runs_when_a_files_address_is_opened(desk: Desk, visit: Visit) -> None:
    keys = [desk.fail(f"{kind}/a.html", content) for kind, content in FILES.items()]
    visitor = visit()
    visitor.expected |= {"status of 404", "status of 415"}
    visitor.expected.add("Applying inline style")  # of the browser's own view of an image
    for key, url_of in product(keys, (image_url, failure_url)):
        assert visitor.open(url_of(key)).title() != "ran", key


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_names_and_ocr_texts_are_shown_as_text(desk: Desk, visit: Visit, locale: str) -> None:
    keys = [
        desk.recognize(f"{TEXT}.png", number=TEXT, location=TEXT),
        desk.recognize(f"b/{TEXT}.png", code=TEXT, amount=TEXT),
        desk.fail(f"c/{TEXT}.png", b"not an image"),
    ]
    visitor = visit(locale=locale)
    visitor.expected |= {"status of 404", "status of 415"}
    page = visitor.open("/")
    expect(page.locator("#rows > .row")).to_have_count(len(keys))
    for path in ("/", *map(invoice_url, keys[:2]), failure_url(keys[2])):
        visitor.open(path)
        expect(page.locator("main")).to_contain_text("<script>document.title='ran'</script>")
        expect(page.locator("main")).to_contain_text("{{7*7}}")
        assert page.title() != "ran"
        assert page.locator("img[src=x]").count() == 0
