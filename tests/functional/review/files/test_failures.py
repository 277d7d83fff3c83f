"""Files that could not be read: the image, the cause, another attempt, entering by hand."""

from __future__ import annotations

import secrets
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounting.review.pages import failure_url
from quota_invoice.errors import FileRefused, ImageRefused, QuotaInvoiceError
from quota_invoice.records.record import failed
from tests.support.bombs import black_png
from tests.support.review.browsing import PHONE, SECONDS, Visit
from tests.support.review.desk import NAME, Desk

TEXTS = {"code": "144031909110", "number": "91234561", "location": "广东省深圳市", "amount": "50"}


@pytest.fixture
def path() -> str:
    return f"{secrets.token_hex(4)}/a 发票+1.png"


def fail(
    desk: Desk, path: str, content: bytes | None = None, error: QuotaInvoiceError | None = None
) -> str:
    """Upload a file, and replace the function's record of it by a failure record."""
    key, layout = desk.upload(path, content), desk.bucket.layout
    deadline = time.monotonic() + SECONDS
    while not (desk.keys(layout.record_key(key)) or desk.keys(layout.failure_key(key))):
        assert time.monotonic() < deadline, "the function has not read the upload"
        time.sleep(0.1)
    spoil(desk, key, error)
    return key


def spoil(desk: Desk, key: str, error: QuotaInvoiceError | None = None) -> None:
    layout = desk.bucket.layout
    desk.client.deleteObject(NAME, layout.record_key(key))
    record = failed(desk.source(key), error or ImageRefused("AIS.0104", "poor", "request"))
    desk.bucket.store.write(NAME, layout.failure_key(key), record)


def test_another_attempt_is_read_by_the_function_as_often_as_a_person_wants(
    visit: Visit, desk: Desk, path: str
) -> None:
    """The second one stores whole what the first one stored in parts."""
    visitor = visit(locale="en")
    key = fail(desk, path)
    etags = [desk.source(key).etag]
    for _ in range(2):
        page = visitor.open(failure_url(key))
        page.get_by_role("button", name="Try again").press("Enter")
        page.wait_for_url("**/invoices/**")  # the page follows as soon as there is a record
        assert desk.keys(desk.bucket.layout.failure_key(key)) == []
        etags.append(desk.source(key).etag)
        spoil(desk, key)
    assert ["-" in etag for etag in etags] == [False, True, False]
    assert etags[0] == etags[2]


def test_a_file_that_was_replaced_meanwhile_is_not_stored_over(
    visit: Visit, desk: Desk, path: str
) -> None:
    visitor = visit(locale="en")
    visitor.expected.add("status of 412")
    key = fail(desk, path, black_png(200))  # the function never writes a record of it
    page = visitor.open(failure_url(key))
    fail(desk, path, b"another content")
    replaced = desk.source(key)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#failure [role=alert]")).to_contain_text("replaced or removed meanwhile")
    assert desk.source(key) == replaced


def test_an_invoice_is_entered_by_hand_and_then_no_attempt_outdates_it(
    visit: Visit, desk: Desk, path: str
) -> None:
    visitor = visit()
    key = fail(desk, path)
    page = visitor.open(failure_url(key))
    page.keyboard.press("e")
    page.wait_for_url("**/invoices/**")
    for name, text in TEXTS.items():
        page.locator(f"#field-{name}").fill(text)
    expect(page.locator("#findings")).to_contain_text("全国增值税发票查验平台")
    with page.expect_response(lambda answer: "/decisions" in answer.url):
        page.locator("[data-save]").click()
    [entry] = desk.entries(key)
    assert not any(entry["read"].values())
    assert (entry["fields"], entry["by"]) == (TEXTS, "王芳")
    page = visitor.context.new_page()  # the other one goes on to the next row
    page.goto(f"{visitor.base}{failure_url(key)}")
    expect(page.get_by_role("link", name="91234561")).to_be_visible()
    expect(page.get_by_role("link", name="再录入一张")).to_be_visible()
    expect(page.get_by_role("button", name="重新识别")).to_be_disabled()


@pytest.mark.parametrize(
    ("locale", "cause", "step"),
    [
        ("zh-CN", "这是压缩包，不是图片。", "请解压后上传其中的照片。"),
        ("en", "archive", "Unpack it"),
    ],
)
def test_the_cause_and_the_next_step_stand_in_both_languages(
    visit: Visit, desk: Desk, path: str, locale: str, cause: str, step: str
) -> None:
    key = fail(desk, path, b"PK\3\4" + b"0" * 99, FileRefused("File.Archive", "an archive"))
    page = visit(locale=locale, size=PHONE).open(failure_url(key))
    expect(page.locator("main")).to_contain_text(cause)
    expect(page.locator("main")).to_contain_text(step)
    assert page.locator("main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert Axe().run(page).response["violations"] == []


def test_an_image_is_shown_and_a_damaged_one_is_said(visit: Visit, desk: Desk, path: str) -> None:
    visitor = visit(locale="en")
    visitor.expected |= {"status of 404", "status of 415"}
    page = visitor.open(failure_url(fail(desk, path, black_png(200))))  # it never gets a record
    image = page.locator("img[data-picture]")
    expect(image).not_to_have_js_property("naturalWidth", 0)
    assert image.get_attribute("alt") == f"Image of the file {path}"
    assert Axe().run(page).response["violations"] == []
    damaged = fail(desk, f"{path}.tif", b"II*\0" + b"\1" * 99)
    page = visitor.open(failure_url(damaged))
    expect(page.get_by_text("This file cannot be shown as an image.")).to_be_visible()
    expect(image).to_be_hidden()


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", ["50%25.jpg", "%E5%8F%91.jpg", "a?b#c.jpg"])
def test_the_other_language_shows_the_same_file(visit: Visit, desk: Desk, name: str) -> None:
    page = visit(locale="en").open(failure_url(fail(desk, name, b"PK\3\4" + b"0" * 99)))
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("main")).to_contain_text(name)


def test_a_hostile_path_is_shown_as_text(visit: Visit, desk: Desk, path: str) -> None:
    hostile = f"{path}<script>alert(1)</script>\"'&.png"
    page = visit(locale="en").open(failure_url(fail(desk, hostile)))
    expect(page.locator("h1 .path")).to_have_text(hostile)
    assert page.locator("main script").count() == 0


def test_an_input_that_was_read_meanwhile_leads_to_its_invoice(
    visit: Visit, desk: Desk, path: str
) -> None:
    visitor = visit(locale="en")
    key = desk.upload(path)
    page = visitor.open(failure_url(key))  # the function may still be reading it
    page.wait_for_url("**/invoices/**")


def test_an_unknown_input_has_no_page(visit: Visit, desk: Desk) -> None:
    visitor = visit(locale="en")
    visitor.expected.add("status of 404")
    page = visitor.open(failure_url("incoming/none.png"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Error 404")
    assert desk.keys("failures/none.png") == []
