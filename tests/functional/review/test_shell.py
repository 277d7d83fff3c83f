"""The parts that all pages share: language, keys, notices, focus."""

from __future__ import annotations

from playwright.sync_api import expect

from accounting.review.pages import invoice_url
from accounting.review.texts import texts
from tests.support.review.browsing import Visit
from tests.support.review.desk import Desk

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


def test_the_question_mark_shows_the_keys_of_all_parts_but_not_while_typing(visit: Visit) -> None:
    page = visit(locale="en").open()
    field = page.get_by_label("Number or code")
    field.press_sequentially("?")
    expect(field).to_have_value("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    explained = [text["en"] for key, text in texts().items() if ".keys." in key]
    assert len(explained) > 10
    for text in explained:
        expect(dialog).to_contain_text(text)
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_keys_of_the_page_rest_while_the_keys_are_shown(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", number="2000")
    page = visit().open(invoice_url(key))
    expect(page.locator("#invoice [data-stage][data-loaded]")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.locator("#field-number").input_value() == "2000"
    assert desk.entries(key) == []
