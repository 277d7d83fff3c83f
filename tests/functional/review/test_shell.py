"""The parts that all pages share: language, keys, notices, focus."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.review.browsing import Visit

MISSING = "/nothing-here"


def test_the_browsers_language_comes_first_and_the_switch_stays(visit: Visit) -> None:
    visitor = visit(locale="en-GB")
    visitor.expected.add("status of 404")
    page = visitor.open(MISSING)
    expect(page.get_by_role("heading", level=1)).to_have_text("Error 404")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("出错了（404）")
    assert page.url.endswith(MISSING)
    visitor.open(MISSING)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
