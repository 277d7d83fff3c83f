"""The queue in a browser."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import Browser, Page, expect

from accounting.review.queue import routes
from quota_invoice.reviews.entry import Verdict
from tests.support.ledger.record_store import HOSTILE
from tests.support.review.browsing import PHONE, Visit, intercept, visiting
from tests.support.review.decisions import decide
from tests.support.review.desk import Desk
from tests.support.review.page import ReviewPage

CLEAR = dict.fromkeys(("code", "number", "location", "amount"), 0.99)
SCRIPT = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


def fill(desk: Desk) -> None:
    """Put a clear invoice, a duplicate of it, a doubtful one and a failure into the bucket."""
    desk.recognize("2026/11/clear.png", number="10000001", confidence=CLEAR)
    desk.recognize("2026/11/same.png", number="10000001", confidence=CLEAR)
    desk.recognize("2026/11/short.png", number="2000", confidence=CLEAR)
    beijing = {"code": "111001909110", "location": "北京市"}
    unsure = {**CLEAR, "number": 0.6}
    desk.recognize("2026/10/unsure.png", number="30000003", confidence=unsure, **beijing)
    desk.fail("2026/11/broken.png")


def paths(page: Page) -> list[str]:
    return page.locator("#rows .file bdi").all_inner_texts()


def at(page: Page, pattern: str) -> None:
    """Wait until the page with such a URL and its scripts are there."""
    expect(page).to_have_url(re.compile(pattern))
    page.wait_for_load_state()


def shown(page: Page, count: int) -> None:
    """Wait until so many rows and the scripts are there."""
    expect(page.locator("#rows > .row")).to_have_count(count)
    page.wait_for_load_state()


def test_the_queue_comes_by_itself_when_its_index_is_made(
    desk: Desk, browser: Browser, review: ReviewPage
) -> None:
    fill(desk)
    shutil.rmtree(review.context.folder)  # as before the first start
    with visiting(browser, review.url, review.invite) as visit:
        shown(visit().open(), 5)


def test_the_invoices_most_likely_wrong_come_first_and_say_why(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit().open()
    shown(page, 5)
    assert paths(page) == [
        "2026/11/broken.png",
        "2026/11/short.png",
        "2026/11/same.png",
        "2026/10/unsure.png",
        "2026/11/clear.png",
    ]
    risk = page.locator(".row").nth(1).locator(".risk")
    why = page.get_by_role("tooltip")
    expect(why).to_have_count(0)
    risk.hover()
    expect(why).to_contain_text("发票号码应为 8 位数字")
    page.keyboard.press("Escape")
    expect(why).to_have_count(0)
    page.mouse.move(0, 0)
    risk.focus()  # by the keyboard as well
    expect(why).to_contain_text("发票号码应为 8 位数字")
    expect(risk).to_have_accessible_description(re.compile("发票号码应为 8 位数字"))


def test_a_failure_says_what_to_do_and_a_decision_who_made_it(desk: Desk, visit: Visit) -> None:
    fill(desk)
    short, same = (f"incoming/2026/11/{name}.png" for name in ("short", "same"))
    decide(desk.bucket, short, Verdict.CONFIRMED, accepted=("malformed_number",))
    decide(desk.bucket, same, Verdict.CONFIRMED)
    decide(desk.bucket, same, Verdict.NOT_AN_INVOICE, by="李雷", sees=lambda _: False)
    page = visit(locale="en").open()
    shown(page, 5)
    assert paths(page)[0] == "2026/11/same.png"
    expect(page.locator(".row").first).to_contain_text("Two people decided differently")
    expect(page.locator(".row").nth(1)).to_contain_text("Take a new photo or scan")
    expect(page.locator(".row").last).to_contain_text("Confirmed · 王芳")


def test_filters_and_search_stand_in_the_url_and_the_sums_follow(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit().open()
    shown(page, 5)
    expect(page.locator("#sum")).to_contain_text("共 5 条，其中计入金额的发票 3 张，合计 ￥150.00")
    page.get_by_role("link", name="重复 1").click()
    at(page, r"\?state=duplicate$")
    assert paths(page) == ["2026/11/same.png"]
    page.get_by_role("link", name="全部", exact=True).click()
    at(page, r"/\?$")
    page.get_by_label("地区").select_option("北京市")
    at(page, r"\?region=%E5%8C%97%E4%BA%AC%E5%B8%82$")
    assert paths(page) == ["2026/10/unsure.png"]
    page.get_by_label("文件夹").fill("2026/11/")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("没有符合条件的发票")).to_be_visible()
    page.get_by_role("link", name="清除筛选").first.click()
    at(page, r"/$")
    page.keyboard.press("/")
    page.keyboard.type("００００００１")
    page.keyboard.press("Enter")
    shown(page, 2)
    expect(page.get_by_label("号码或代码")).to_have_value("0000001")
    page.reload()
    shown(page, 2)


def test_the_keyboard_moves_opens_and_comes_back_to_the_row(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit().open()
    shown(page, 5)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator(".row.current bdi")).to_have_text("2026/11/short.png")
    page.keyboard.press("Enter")
    at(page, r"/invoices/incoming%2F2026%2F11%2Fshort.png\?place=1$")
    page.go_back()
    expect(page.locator(".row.current bdi")).to_have_text("2026/11/short.png")
    expect(page.locator(".row.current .open")).to_be_focused()


def test_further_rows_come_while_scrolling(
    desk: Desk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_SIZE", 3)
    fill(desk)
    page = visit(size=(900, 300)).open()
    expect(page.locator("#rows > .row").first).to_be_visible()
    page.locator(".row").last.scroll_into_view_if_needed()
    page.mouse.wheel(0, 2000)
    shown(page, 5)
    assert len(set(paths(page))) == 5
    expect(page.locator(".more")).to_have_count(0)


def test_the_totals_per_month_are_a_chart_and_a_table(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit(locale="en").open()
    shown(page, 5)
    page.get_by_text("Totals per month").click()
    expect(page.locator("#chart canvas")).to_be_visible()
    month = page.get_by_role("rowheader").first
    expect(page.get_by_role("row").filter(has=month)).to_contain_text("￥150.00")
    month.get_by_role("link").click()
    at(page, r"\?month=\d{4}-\d\d$")


def test_an_empty_bucket_says_so_and_leads_to_the_upload(desk: Desk, visit: Visit) -> None:
    del desk
    page = visit().open()
    expect(page.get_by_text("存储桶里还没有识别过的发票")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name="上传发票")).to_be_visible()


def test_a_change_by_others_is_told_and_nothing_moves_by_itself(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit().open()
    shown(page, 5)
    desk.recognize("2026/11/new.png", number="50000005")
    page.get_by_role("button", name="与存储桶同步").click()
    expect(page.get_by_role("link", name="列表有变化")).to_be_visible()
    shown(page, 5)
    page.get_by_role("link", name="列表有变化").click()
    shown(page, 6)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_page_fits_a_phone_and_hostile_texts_stay_texts(
    desk: Desk, visit: Visit, locale: str
) -> None:
    for place, text in enumerate([SCRIPT, *HOSTILE]):
        name = f"2026/{SCRIPT if place == 0 else place}.png".replace("</", "<∕")
        desk.recognize(name, f"{place}".encode(), code=text, number=text, location=text)
    page = visit(locale=locale, size=PHONE).open()
    shown(page, len(HOSTILE) + 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    expect(page.locator("#rows script, #rows img")).to_have_count(0)
    expect(page.locator("#rows")).to_contain_text("<img src=x onerror=")
    assert page.title() != "run"


def test_the_page_does_not_load_anew_while_a_person_types(visit: Visit) -> None:
    page = visit(locale="en").open()
    compare = page.get_by_role("button", name="Compare with the bucket")
    intercept(
        page, "**/queue/refresh*", lambda route: route.fulfill(headers={"HX-Refresh": "true"})
    )
    field = page.get_by_label("Number or code")
    field.fill("4823")
    page.evaluate("document.body.dataset.same = ''")
    same = page.locator("body[data-same]")
    for value in ("4823", ""):
        field.fill(value)
        with page.expect_response("**/queue/refresh*") as answered:
            compare.click()
        answered.value.finished()
        if value:
            expect(field).to_have_value(value)
            expect(same).to_have_count(1)
    expect(same).to_have_count(0)
