"""Two people at one invoice, and a bucket that takes no decision: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from accounting.review.invoice.decisions import Action, Wish
from accounting.review.invoice.reviewed import load, texts_at
from accounting.review.invoice.saving import Decider, Result
from local.bucket.bucket import LocalBucket
from local.faults import BUCKET, Faults, Proxy
from tests.support.review.browsing import Visit, intercept, wait_until
from tests.support.review.desk import Desk
from tests.support.review.invoices import field, open_invoice, saving, type_keys
from tests.support.review.page import ReviewPage

DOUBTFUL = {"code": 0.99, "number": 0.5, "location": 0.99, "amount": 0.99}
MANY = 20  # more requests than the page sends for one decision


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Faults of the bucket, as the page sees it."""
    found = Faults()
    yield found
    assert found.waiting == {}


@pytest.fixture
def desk(store: LocalBucket, faults: Faults) -> Iterator[Desk]:
    """The empty bucket; the page reaches it through a proxy."""
    found = Desk.on(store)
    found.clear()
    with Proxy(BUCKET, faults) as proxy:
        proxy.upstream = found.environment["OBS_ENDPOINT"]
        yield replace(found, environment={**found.environment, "OBS_ENDPOINT": proxy.url})


def numbers(desk: Desk, key: str) -> list[str | None]:
    return [entry["fields"].get("number") for entry in desk.entries(key)]


def two_at_one(desk: Desk, visit: Visit, locale: str = "zh-CN") -> tuple[str, Page, Page]:
    """Let two people open an invoice, and the first one save; return the key and their pages."""
    key = desk.recognize("a.png", number="91234561", confidence=DOUBTFUL)
    first, second = visit("王芳"), visit("李雷", locale=locale)
    second.expected.add("status of 412")
    pages = open_invoice(first, key), open_invoice(second, key)
    type_keys(pages[0], "4567")
    with saving(pages[0], 200):
        pages[0].keyboard.press("Enter")
    type_keys(pages[1], "4568")
    with saving(pages[1], 412):
        pages[1].keyboard.press("Enter")
    return key, *pages


def test_the_second_person_sees_both_and_saves_theirs_on_purpose(desk: Desk, visit: Visit) -> None:
    key, _, page = two_at_one(desk, visit)
    message = page.get_by_role("alert").filter(has_text="未保存")
    expect(message).to_contain_text("王芳")
    row = message.locator("tr").filter(has_text="发票号码")
    expect(row.locator("td")).to_have_text(["91234567", "91234568"])
    assert field(page, "number") == "91234568"
    assert numbers(desk, key) == ["91234567"]
    expect(message.locator("tr").filter(has_text="结论").locator("td")).to_have_text(
        ["已更正", "已更正"]
    )
    out_of_habit(page)
    page.locator("#field-number").focus()
    out_of_habit(page)
    page.locator("[data-save]").click()
    expect(message).to_be_focused()
    assert field(page, "number") == "91234568"
    with saving(page, 200):
        page.get_by_role("button", name="用我的输入覆盖并保存").click()
    assert numbers(desk, key) == ["91234567", "91234568"]
    _, second = desk.entries(key)
    assert second["by"] == "李雷"
    assert len(second["seen"]) == 1
    assert second["changes"] == [{"field": "number", "before": "91234567", "after": "91234568"}]


def out_of_habit(page: Page) -> None:
    """Press keys that decide on other invoices: here, they lead to the message."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for key in ("Enter", "Enter", "u", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#invoice .message")).to_be_focused()
    assert not [url for url in asked if "/decisions" in url]


def test_the_second_person_sees_another_verdict_and_whose_reason(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", number="91234561", confidence=DOUBTFUL)
    first, second = visit("王芳", locale="en"), visit("李雷", locale="en")
    second.expected.add("status of 412")
    pages = open_invoice(first, key), open_invoice(second, key)
    pages[0].locator("#reason").fill("a ticket")
    pages[0].keyboard.press("Escape")
    pages[0].keyboard.press("n")
    with saving(pages[0], 200):
        pages[0].keyboard.press("Enter")
    page = pages[1]
    with saving(page, 412):
        page.keyboard.press("Enter")
    rows = page.get_by_role("alert").locator("tbody tr.doubtful")
    expect(rows).to_have_text(["DecisionNot an invoiceConfirmed", "Reasona ticket"])
    pressed = page.get_by_role("button", name="Not an invoice")
    expect(pressed).to_have_attribute("aria-pressed", "false")
    with saving(page, 200):
        page.get_by_role("button", name="Save mine instead").click()
    assert [each["verdict"] for each in desk.entries(key)] == ["not_an_invoice", "confirmed"]


def test_the_second_person_keeps_the_others_decision(desk: Desk, visit: Visit) -> None:
    key, _, page = two_at_one(desk, visit, "en")
    page.get_by_role("link", name="Keep the other's").click()
    page.wait_for_url("**/")
    assert numbers(desk, key) == ["91234567"]


def test_a_third_value_is_saved_after_both_were_seen(desk: Desk, visit: Visit) -> None:
    key, _, page = two_at_one(desk, visit)
    page.locator("#field-number").fill("91234569")
    with saving(page, 200):
        page.get_by_role("button", name="用我的输入覆盖并保存").click()
    assert numbers(desk, key) == ["91234567", "91234569"]


def contradict(desk: Desk) -> str:
    """Let two servers write at the same moment; return the input's key."""
    key = desk.recognize("a.png", number="91234561", confidence=DOUBTFUL)
    before = load(desk.bucket, key)
    assert before
    texts = texts_at(before.effective(), 1)
    for by, number in (("王芳", "91234567"), ("李雷", "91234568")):
        wish = Wish(Action.SAVE, texts | {"number": number}, reason=f"by {by}")
        decider = Decider(desk.bucket, by, 0.9)
        # Each of them read the bucket before the other one wrote.
        result = decider.save(before, 1, wish, before.seen(1).revision).result
    assert result is Result.CONFLICT
    return key


def test_a_conflict_is_shown_until_one_of_the_two_is_chosen(desk: Desk, visit: Visit) -> None:
    key = contradict(desk)
    page = open_invoice(visit(), key)
    versions = page.get_by_role("alert").filter(has_text="两人同时")
    row = versions.locator("tr").filter(has_text="发票号码")
    expect(row.locator("td")).to_have_text(["91234567", "91234568"])
    expect(versions).to_contain_text("by 王芳")
    assert field(page, "number") == "91234561"  # the state before both
    out_of_habit(page)
    assert len(desk.entries(key)) == 2
    with saving(page, 200):
        versions.get_by_role("button", name="采用此项").nth(1).click()
    chosen = desk.entries(key)[-1]
    assert chosen["fields"] == {"number": "91234568"}
    assert len(chosen["seen"]) == 2
    page = open_invoice(visit("李雷"), key)
    expect(page.get_by_role("alert").filter(has_text="两人同时")).to_have_count(0)
    assert field(page, "number") == "91234568"


def test_a_conflict_ends_by_a_third_value(desk: Desk, visit: Visit) -> None:
    key = contradict(desk)
    page = open_invoice(visit(), key)
    page.locator("#field-number").fill("91234569")
    out_of_habit(page)
    with saving(page, 200):
        page.get_by_role("button", name="保存下方填写的内容").click()
    assert desk.entries(key)[-1]["fields"] == {"number": "91234569"}


def test_a_conflict_with_a_write_at_the_same_moment_is_shown_at_once(
    desk: Desk, visit: Visit, faults: Faults
) -> None:
    key = desk.recognize("a.png", number="91234561", confidence=DOUBTFUL)
    visitor = visit()
    visitor.expected.add("status of 412")
    page = open_invoice(visitor, key)
    before = load(desk.bucket, key)
    assert before
    # The page's own write meets a busy bucket once; the other server's write comes in between.
    faults.queue("503", "put", key_part="reviews/")
    other = Decider(desk.bucket, "李雷", 0.9)
    wish = Wish(Action.SAVE, texts_at(before.effective(), 1) | {"number": "91234568"})
    type_keys(page, "4567")
    with saving(page, 412):
        page.keyboard.press("Enter")
        wait_until(page, lambda: faults.wait("put", "503", 0))  # the browser's requests go on
        other.save(before, 1, wish, before.seen(1).revision)
    expect(page.get_by_role("alert").filter(has_text="两人同时")).to_contain_text("91234568")
    assert sorted(numbers(desk, key), key=str) == ["91234567", "91234568"]


def test_a_request_without_a_revision_is_refused(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    visitor = visit()
    visitor.expected.add("status of 428")
    page = open_invoice(visitor, key)
    type_keys(page, "4567")
    page.evaluate("document.getElementById('correction').removeAttribute('hx-headers')")
    with saving(page, 428):
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="If-Match")).to_be_visible()
    assert field(page, "number") == "91234567"
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert numbers(desk, key) == ["91234567"]


def test_new_findings_are_shown_before_they_are_accepted(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    visitor = visit(locale="en")
    visitor.expected.add("status of 422")
    page = open_invoice(visitor, key)
    # Enter comes before the rules have answered.
    page.evaluate("document.querySelector('.fields').removeAttribute('hx-post')")
    page.evaluate("htmx.process(document.querySelector('.fields'))")
    intercept(page, "**/check*", lambda route: route.abort())
    visitor.expected |= {"ERR_FAILED", "htmx:"}
    page.locator("#field-number").fill("9123456")
    with saving(page, 422):
        page.keyboard.press("Enter")
    expect(page.locator("#findings")).to_contain_text("8 digits")
    assert field(page, "number") == "9123456"
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert numbers(desk, key) == ["9123456"]
    assert "malformed_number" in desk.entries(key)[0]["accepted"]


def test_a_failed_save_is_shown_and_the_input_is_kept_and_sent_again(
    desk: Desk, visit: Visit, faults: Faults
) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    visitor = visit()
    visitor.expected |= {"status of 503", "Status Error Code 503"}
    page = open_invoice(visitor, key)
    type_keys(page, "4567")
    page.locator("#reason").fill("模糊")
    faults.queue("503", "put", MANY)
    with saving(page, 503):
        page.keyboard.press("Enter")
    expect(page.locator("#alerts")).to_contain_text("未能保存")
    assert (field(page, "number"), field_of_reason(page)) == ("91234567", "模糊")
    assert desk.keys("reviews/") == []
    faults.clear()
    with saving(page, 200):
        page.keyboard.press("Enter")
    [entry] = desk.entries(key)
    assert (entry["fields"], entry["reason"]) == ({"number": "91234567"}, "模糊")


def field_of_reason(page: Page) -> str:
    return page.locator("#reason").input_value()


def test_a_server_that_is_gone_is_told_and_the_input_is_kept(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    visitor = visit(locale="en")
    visitor.expected |= {"ERR_", "htmx:"}
    page = open_invoice(visitor, key)
    type_keys(page, "4567")
    visitor.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#alerts")).to_contain_text("cannot be reached")
    assert field(page, "number") == "91234567"
    visitor.context.set_offline(False)
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert numbers(desk, key) == ["91234567"]


def test_a_person_whom_the_page_no_longer_knows_enters_in_another_tab_and_saves(
    desk: Desk, visit: Visit, review: ReviewPage
) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    visitor = visit(locale="en")
    visitor.expected |= {"status of 401", "Status Error Code 401"}
    page = open_invoice(visitor, key)
    visitor.context.clear_cookies()  # as after a restart
    type_keys(page, "4567")
    with saving(page, 401):
        page.keyboard.press("Enter")
    expect(page.locator("#alerts")).to_contain_text("in another tab")
    assert field(page, "number") == "91234567"
    visitor.context.new_page().goto(review.invite("王芳"))
    page.bring_to_front()
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert numbers(desk, key) == ["91234567"]


def test_an_answer_that_was_lost_leads_to_one_entry_only(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=DOUBTFUL)
    visitor = visit()
    visitor.expected |= {"ERR_", "htmx:"}
    page = open_invoice(visitor, key)
    type_keys(page, "4567")

    def lose(route: Route) -> None:
        asked = route.request
        cookies = {each["name"]: each["value"] for each in visitor.context.cookies()}
        with httpx.Client(headers=asked.headers, cookies=cookies) as client:
            assert client.post(asked.url, content=asked.post_data_buffer).status_code == 200
        route.abort()

    intercept(page, "**/decisions*", lose, times=1)
    page.keyboard.press("Enter")
    expect(page.locator("#alerts")).to_contain_text("未能保存")
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert numbers(desk, key) == ["91234567"]


def test_a_lost_save_is_still_told_after_the_check_of_a_field(desk: Desk, visit: Visit) -> None:
    visitor = visit()
    visitor.expected |= {"ERR_", "htmx:"}
    page = open_invoice(visitor, desk.recognize("a.png", confidence=DOUBTFUL))
    intercept(page, "**/decisions*", lambda route: route.abort(), times=1)
    page.keyboard.press("Enter")
    expect(page.locator("#alerts")).to_contain_text("未能保存：连接不到服务器")
    with page.expect_response("**/check") as checked:
        page.locator("#field-number").fill("91234567")
    checked.value.finished()
    intercept(page, "**/check", lambda route: route.abort(), times=1)
    with page.expect_event("requestfailed"):
        page.locator("#field-number").fill("91234568")
    expect(page.locator("#alerts")).to_contain_text("未能保存：连接不到服务器")
    page.keyboard.press("Escape")
    with saving(page, 200):
        page.keyboard.press("Enter")
    expect(page.locator("#alerts")).to_be_empty()


def test_a_check_that_was_lost_is_not_called_a_lost_save(desk: Desk, visit: Visit) -> None:
    visitor = visit()
    visitor.expected |= {"ERR_", "htmx:"}
    page = open_invoice(visitor, desk.recognize("a.png", confidence=DOUBTFUL))
    intercept(page, "**/check", lambda route: route.abort(), times=1)
    page.locator("#field-number").fill("91234567")
    expect(page.locator("#alerts")).to_contain_text("未能加载")
    page.locator("#field-number").fill("91234568")
    expect(page.locator("#alerts")).to_be_empty()
