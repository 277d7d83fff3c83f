"""Steps of a person on the page of one invoice, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from playwright.sync_api import Page, expect

from accounting.review.pages import invoice_url
from tests.support.review.browsing import Visitor


def open_invoice(visitor: Visitor, key: str, place: int = 1) -> Page:
    """Open one invoice, and wait until it is shown."""
    page = visitor.open(invoice_url(key, place))
    shown(page, key)
    return page


def shown(page: Page, key: str) -> None:
    """Wait until an invoice is shown, and its image."""
    expect(page.locator("#invoice h1")).to_contain_text(key)
    expect(page.locator("#invoice [data-stage][data-loaded]")).to_have_count(1)


def field(page: Page, name: str) -> str:
    return page.locator(f"#field-{name}").input_value()


def type_keys(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@contextmanager
def saving(page: Page, status: int) -> Iterator[None]:
    """Wait for the answer to a decision; after that on the last invoice, for the queue."""
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "/decisions" in answer.url
    ) as found:
        yield
    assert found.value.status == status
    if status == HTTPStatus.OK:
        page.wait_for_url("**/")
