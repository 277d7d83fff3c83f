"""Every page for everybody: axe-core finds no fault, the keyboard reaches all, phones show all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounting.review.pages import failure_url, invoice_url
from tests.support.review.browsing import PHONE, WIDE, Visit, Visitor
from tests.support.review.desk import Desk

# The colours alone differ when the system's scheme is dark.
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
SIZES = {"wide": WIDE, "phone": PHONE}
# Where the page's content overflows its width, if it does.
OVERFLOW = """() => [...document.querySelectorAll("body *")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && each.checkVisibility())
  .filter(each => !each.closest("[data-scrolls], .uplot, dialog:not([open])"))
  .map(each => each.outerHTML.slice(0, 120))"""
# The place of the focused element among all elements, and whether its focus can be seen.
FOCUSED = """() => {
  const each = document.activeElement, style = getComputedStyle(each);
  const box = each.getBoundingClientRect();
  return {
    place: [...document.querySelectorAll("*")].indexOf(each),
    html: each.outerHTML.slice(0, 120),
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.right > 0 && box.bottom > 0,
  };
}"""


def open_queue(visitor: Visitor, keys: dict[str, str]) -> Page:
    page = visitor.open("/")
    expect(page.locator("#rows > .row")).to_have_count(len(keys))
    return page


def open_invoice(visitor: Visitor, keys: dict[str, str]) -> Page:
    page = visitor.open(invoice_url(keys["twin"]))
    expect(page.locator("#invoice [data-stage][data-loaded]")).to_have_count(1)
    return page


def open_failure(visitor: Visitor, keys: dict[str, str]) -> Page:
    return visitor.open(failure_url(keys["failed"]))


def open_uploads(visitor: Visitor, _: dict[str, str]) -> Page:
    return visitor.open("/uploads")


def open_jobs(visitor: Visitor, _: dict[str, str]) -> Page:
    return visitor.open("/jobs")


def open_error(visitor: Visitor, _: dict[str, str]) -> Page:
    visitor.expected.add("status of 404")
    return visitor.open("/nothing-here")


def open_keys(visitor: Visitor, keys: dict[str, str]) -> Page:
    page = open_queue(visitor, keys)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


Open = Callable[[Visitor, dict[str, str]], Page]
PAGES: list[Open] = [
    open_queue,
    open_invoice,
    open_failure,
    open_uploads,
    open_jobs,
    open_error,
    open_keys,
]


@pytest.fixture
def keys(desk: Desk) -> dict[str, str]:
    """A clear invoice, one with its number, a doubtful one and a failure."""
    long = f"2026/11/{'很长的文件名-' * 8}scan of a long name without end.png"
    return {
        "clear": desk.recognize("2026/11/a.png"),
        "twin": desk.recognize(long),
        "doubtful": desk.recognize("b.png", number="2000", confidence={"number": 0.5}),
        "failed": desk.fail("2026/11/c.png", b"not an image"),
    }


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_axe_finds_no_fault_on_any_page(
    keys: dict[str, str], visit: Visit, size: str, locale: str
) -> None:
    visitor = visit(locale=locale, size=SIZES[size])
    found: list[tuple[str, str]] = []
    for open_page in PAGES:
        page = open_page(visitor, keys)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        faults = [*violations(Axe().run(page)), *beyond(page)]
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        # axe is there from the first run.
        faults += violations(AxeResults(page.evaluate(f"axe.run({json.dumps(CONTRAST)})")))
        found += [(open_page.__name__, fault) for fault in faults]
    assert found == []


def violations(results: AxeResults) -> list[str]:
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


def beyond(page: Page) -> list[str]:
    """The elements that are not on the page because of its width."""
    width = page.evaluate("innerWidth")
    wider = ["the document"] * (page.evaluate("document.documentElement.scrollWidth") > width)
    return [*wider, *page.evaluate(OVERFLOW)]


def test_the_tab_key_goes_through_each_page_in_its_order_and_the_focus_is_seen(
    keys: dict[str, str], visit: Visit
) -> None:
    visitor = visit()
    for open_page in PAGES[:-1]:  # the dialog of keys has one button, which has the focus
        page = open_page(visitor, keys)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        focused = list(tabbed(page))
        assert [each for each in focused if not (each["outline"] and each["seen"])] == []
        places = [each["place"] for each in focused]
        assert places == sorted(places), open_page.__name__
        assert places, open_page.__name__


def tabbed(page: Page) -> Iterator[dict[str, Any]]:
    """Press the tab key until the focus leaves the page, or comes to an element again."""
    places = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["html"].startswith("<body") or focused["place"] in places:
            return
        places.add(focused["place"])
        yield focused


def test_the_skip_link_leads_past_the_bar(keys: dict[str, str], visit: Visit) -> None:
    page = open_queue(visit(locale="en"), keys)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
