"""The queue in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.review.browsing import PHONE, Visit
from tests.support.review.desk import Desk

CLEAR = dict.fromkeys(("code", "number", "location", "amount"), 0.99)


def fill(desk: Desk) -> None:
    """Put a clear invoice, a duplicate of it, a doubtful one and a failure into the bucket."""
    desk.recognize("2026/11/clear.png", b"clear", number="10000001", confidence=CLEAR)
    desk.recognize("2026/11/same.png", b"same", number="10000001", confidence=CLEAR)
    desk.recognize("2026/11/short.png", b"short", number="2000", confidence=CLEAR)
    desk.recognize(
        "2026/10/unsure.png", b"unsure", number="30000003", confidence={**CLEAR, "number": 0.6}
    )
    desk.fail("2026/11/broken.png", b"broken")


def numbers(page: Page) -> list[str]:
    return page.locator("#rows .open").all_inner_texts()


def ready(page: Page, count: int) -> None:
    expect(page.locator("#rows > .row")).to_have_count(count)


def test_the_invoices_most_likely_wrong_come_first_and_say_why(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit().page
    ready(page, 5)
    assert numbers(page) == ["识别失败", "2000", "10000001", "30000003", "10000001"]
    page.screenshot(path="/dev/shm/queue15/wide.png")
    page.locator(".row").nth(1).hover()
    page.locator(".row").nth(1).locator(".risk").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("发票号码应为 8 位数字")
    page.screenshot(path="/dev/shm/queue15/hover.png")
    page.locator("#months summary").click()
    page.screenshot(path="/dev/shm/queue15/chart.png")


def test_phone(desk: Desk, visit: Visit) -> None:
    fill(desk)
    page = visit(locale="en", size=PHONE).page
    ready(page, 5)
    page.screenshot(path="/dev/shm/queue15/phone.png", full_page=True)
