"""One invoice as people see it: image, fields, findings, duplicates, history, on any screen."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from accounting.review.pages import image_url, invoice_url
from quota_invoice.invoice.duplicates import hash_of_key
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.reviews.entry import FIRST_BY_HAND
from tests.support.fakes import ticket
from tests.support.files.formats import side_by_side
from tests.support.paths import HEIC
from tests.support.review.browsing import PHONE, Visit
from tests.support.review.desk import SAMPLE, Desk
from tests.support.review.invoices import field, open_invoice, saving, shown, type_keys
from tests.support.review.page import ReviewPage

CLEAR = dict.fromkeys(("code", "number", "location", "amount"), 0.99)
DOUBTFUL = {**CLEAR, "number": 0.5}
SCRIPT = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u202egpj.exe"


def no_violations(page: Page) -> None:
    """Check the page by axe-core's rules."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


def two_on_one_image(desk: Desk) -> str:
    """Put an image with two invoices into the bucket; return its key."""
    image = side_by_side(SAMPLE, SAMPLE)
    with Image.open(io.BytesIO(image)) as opened:
        width, height = opened.size
    tickets = []
    for at, number in enumerate(("10000001", "10000002")):
        left = at * width // 2
        corners = [[left, 0], [left + width // 2, 0], [left + width // 2, height], [left, height]]
        tickets.append(ticket(number=number) | {"location": corners})
    reading = Reading(Api.AUTO_CLASSIFICATION, {1: Recognition(tickets, "request", 1)}, 1)
    return desk.record("two.png", reading, image)


def test_confidence_and_findings_are_in_words_not_in_colours_only(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", number="9123456", confidence={**CLEAR, "code": 0.7})
    for locale, words in (
        ("zh-CN", ("存疑 70%", "可信 99%", "问题", "8 位数字")),
        ("en", ("doubtful, 70%", "confident, 99%", "Problem", "8 digits")),
    ):
        visitor = visit(locale=locale)
        page = open_invoice(visitor, key)
        for word in words:
            expect(page.locator("#correction")).to_contain_text(word)
        no_violations(page)
        visitor.context.close()


def test_the_rules_check_while_a_person_types(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    other = desk.recognize("b.png", number="20000002", confidence=CLEAR)
    page = open_invoice(visit(locale="en"), key)
    findings = page.locator("#findings")
    page.locator("#field-number").fill("9123456")
    expect(findings).to_contain_text("8 digits")
    page.locator("#field-number").fill("91234567")
    expect(findings).not_to_contain_text("8 digits")
    page.locator("#field-amount").fill("5O.00")
    expect(findings).to_contain_text("amount")
    page.locator("#field-number").fill("20000002")
    expect(findings).to_contain_text(other)  # it would be a duplicate


def test_each_invoice_of_an_image_has_its_outline(desk: Desk, visit: Visit) -> None:
    key = two_on_one_image(desk)
    page = open_invoice(visit(), key)
    image = page.locator("img[data-picture]").bounding_box()
    outlines = page.locator(".outlines polygon")
    expect(outlines).to_have_count(2)
    boxes = [outline.bounding_box() for outline in outlines.all()]
    assert image
    for at, box in enumerate(boxes):
        assert box
        assert box["x"] == pytest.approx(image["x"] + at * image["width"] / 2, abs=8)
        assert box["height"] == pytest.approx(image["height"], abs=16)
    expect(page.locator(".outlines polygon.present")).to_have_count(1)
    page.locator(".siblings a").nth(1).click()
    shown(page, key)
    assert field(page, "number") == "10000002"
    expect(page.locator(".outlines polygon").nth(1)).to_have_class("present")
    no_violations(page)


def test_outlines_fit_an_image_that_was_made_smaller(desk: Desk, visit: Visit) -> None:
    with io.BytesIO() as file:
        Image.new("RGB", (5000, 2500), "white").save(file, "TIFF", compression="tiff_lzw")
        content = file.getvalue()
    corners = [[2500, 0], [5000, 0], [5000, 2500], [2500, 2500]]
    tickets = [ticket(number="10000001") | {"location": corners}]
    reading = Reading(Api.AUTO_CLASSIFICATION, {1: Recognition(tickets, "request", 1)}, 1)
    page = open_invoice(visit(), desk.record("large.tif", reading, content))
    image = page.locator("img[data-picture]").bounding_box()
    box = page.locator(".outlines polygon").bounding_box()
    assert image
    assert box
    assert box["x"] == pytest.approx(image["x"] + image["width"] / 2, abs=8)
    assert box["width"] == pytest.approx(image["width"] / 2, abs=16)


def test_the_suspected_duplicate_is_beside_it(desk: Desk, visit: Visit) -> None:
    # Of two uploads in one second, the first appearance is that with the smaller hash.
    names = sorted(("a.png", "b.png"), key=lambda name: hash_of_key(f"incoming/{name}"))
    first = desk.recognize(names[0], amount="￥20.00", confidence=CLEAR)
    key = desk.recognize(names[1], confidence=CLEAR)
    visitor = visit(size=(1500, 900))
    page = open_invoice(visitor, key)
    twin = page.get_by_role("region", name="疑似重复的发票")
    expect(twin).to_contain_text(first)
    expect(twin.locator("tr").filter(has_text="金额")).to_contain_text("不同")
    expect(twin.locator("tr").filter(has_text="发票号码")).to_contain_text("相同")
    expect(page.locator(".twin img")).not_to_have_js_property("naturalWidth", 0)
    own, other = page.locator(".viewer").bounding_box(), twin.bounding_box()
    assert own
    assert other
    assert other["x"] >= own["x"] + own["width"]
    no_violations(page)
    page.keyboard.press("d")
    expect(page.locator("#duplicate-of")).to_have_value(first)
    with saving(page, 303):
        page.keyboard.press("Enter")
    assert desk.entries(key)[0]["duplicate_of"] == first


def test_history_and_outdated_decisions_are_shown(desk: Desk, visit: Visit) -> None:
    key, visitor = desk.recognize("a.png", confidence=DOUBTFUL), visit()
    page = open_invoice(visitor, key)
    type_keys(page, "4567")
    page.locator("#reason").fill("盖章遮挡")
    with saving(page, 200):
        page.keyboard.press("Enter")
    history = page.locator(".history")
    visitor.open(invoice_url(key))
    for text in ("已更正", "王芳", "发票号码", "91234561", "91234567", "盖章遮挡"):
        expect(history).to_contain_text(text)
    expect(page.locator(".field").filter(has_text="发票号码")).to_contain_text("91234561")
    desk.recognize("a.png", HEIC.read_bytes(), confidence=DOUBTFUL)
    page.reload()
    expect(history.locator(".outdated")).to_contain_text("盖章遮挡")
    assert field(page, "number") == "91234561"
    no_violations(page)


@pytest.mark.parametrize("size", [PHONE, (1280, 800)], ids=["phone", "laptop"])
def test_the_image_stays_in_view_beside_or_above_the_fields(
    desk: Desk, visit: Visit, size: tuple[int, int]
) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    page = open_invoice(visit(locale="en", size=size), key)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.locator("#reason").focus()
    page.get_by_role("button", name="Undo").scroll_into_view_if_needed()
    box = page.locator(".stage").bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["y"] + 100 <= size[1]
    no_violations(page)


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("size", [PHONE, (1280, 800)], ids=["phone", "laptop"])
def test_hostile_names_and_texts_are_shown_as_text(
    desk: Desk, visit: Visit, size: tuple[int, int]
) -> None:
    key = desk.recognize(
        f"{SCRIPT.replace('/', '')}{RIGHT_TO_LEFT}.png",
        number=SCRIPT,
        location=RIGHT_TO_LEFT,
        amount="长" * 900,
        confidence=DOUBTFUL,
    )
    visitor = visit(size=size)
    page = visitor.open(invoice_url(key))
    expect(page.locator("[data-stage][data-loaded]")).to_have_count(1)
    expect(page.locator("h1")).to_contain_text("<script>")
    expect(page.locator("h1")).to_contain_text("[U+202E]gpj.exe")
    assert field(page, "number") == SCRIPT
    assert page.title() != "taken"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.locator("#reason").fill(SCRIPT)
    page.locator("#reason").press("Enter")
    page.wait_for_url("**/")
    page = visitor.open(invoice_url(key))
    expect(page.locator(".history")).to_contain_text(SCRIPT)
    assert page.title() != "taken"
    [entry] = desk.entries(key)
    assert (entry["verdict"], entry["fields"]) == ("confirmed", {})
    no_violations(page)


def test_an_invoice_of_a_failed_input_is_entered_by_hand(desk: Desk, visit: Visit) -> None:
    key = desk.fail("a.png")
    page = open_invoice(visit(), key)
    texts = {"code": "144031909110", "number": "91234567", "location": "深圳市", "amount": "50"}
    for name, text in texts.items():
        page.locator(f"#field-{name}").fill(text)
    expect(page.locator("#findings")).not_to_contain_text("没有读到")
    with saving(page, 200):
        page.keyboard.press("Enter")
    [entry] = desk.entries(key)
    assert entry["invoice"] == FIRST_BY_HAND
    assert entry["fields"] == texts


def test_both_languages_have_the_same_page(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    page = open_invoice(visit(locale="en"), key)
    expect(page.get_by_role("button", name="Confirm, go on")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    shown(page, key)
    expect(page.get_by_role("button", name="确认并下一张")).to_be_visible()


def test_a_file_that_is_no_image_is_not_shown_but_can_be_decided(desk: Desk, visit: Visit) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    key = desk.fail("a.png", svg)
    visitor = visit()
    visitor.expected.add("status of 415")
    page = visitor.open(invoice_url(key))
    expect(page.get_by_text("无法显示为图片")).to_be_visible()


@pytest.fixture
def member(review: ReviewPage) -> Iterator[httpx.Client]:
    """A client with the cookie of a person."""
    with httpx.Client(base_url=review.url) as client:
        client.get(review.invite("王芳"))
        yield client


def test_images_have_the_type_of_their_bytes_and_are_kept_by_the_browser_only(
    desk: Desk, member: httpx.Client
) -> None:
    key = desk.recognize("picture.html", HEIC.read_bytes())
    etag = desk.source(key).etag
    url = image_url(key)
    named = member.get(f"{url}&etag={etag}")
    assert (named.status_code, named.headers["content-type"]) == (200, "image/jpeg")
    assert named.headers["x-content-type-options"] == "nosniff"
    assert named.headers["cache-control"] == "private, max-age=3600, immutable"
    unnamed = member.get(url)
    assert unnamed.headers["cache-control"] == "private, no-cache"
    again = member.get(url, headers={"If-None-Match": named.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for content in (b"<svg><script>alert(1)</script></svg>", b"<html><script>1</script>"):
        other = desk.upload("picture.png", content)
        refused = member.get(image_url(other))
        assert refused.status_code == 415
        assert content not in refused.content
    assert member.get(f"{url}x").status_code == 404
    assert member.get(url.replace("page=1", "page=9")).status_code == 415
