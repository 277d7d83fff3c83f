"""The review page on a real bucket, and browsers that visit it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounting.review.queue.index import open_index
from accounting.review.serve import listen, open_context, running_page
from local.bucket.bucket import LocalBucket
from tests.support.review.browsing import Visit, running_browser, visiting
from tests.support.review.desk import NAME, Desk
from tests.support.review.page import TEAM, ReviewPage
from tests.support.waiting import wait_for


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBucket]:
    bucket = LocalBucket(NAME, tmp_path_factory.mktemp("store"), None)
    try:
        bucket.wait()
        yield bucket
    finally:
        bucket.stop()


@pytest.fixture
def desk(store: LocalBucket) -> Desk:
    """The empty bucket."""
    found = Desk.on(store)
    found.clear()
    return found


@pytest.fixture(scope="session")
def empty_index(store: LocalBucket, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's folder after a run on the empty bucket; a copy takes less time than a new one."""
    empty = Desk.on(store)
    empty.clear()
    folder = tmp_path_factory.mktemp("index")
    with closing(open_context(empty.environment, folder)) as context:
        index = context.part(open_index)
        wait_for(lambda: not index.status().is_running)
        assert index.status().is_ready
    return folder


@pytest.fixture
def review(empty_index: Path, desk: Desk, tmp_path: Path) -> Iterator[ReviewPage]:
    """The page of the bucket, for a team of two."""
    addresses: dict[str, list[str]] = {name: [] for name in TEAM}
    folder = shutil.copytree(empty_index, tmp_path / "review")
    context = open_context(desk.environment, folder)
    with running_page(
        context, TEAM, listen(0), lambda name, address: addresses[name].append(address)
    ) as page:
        assert page.is_running()
        yield ReviewPage(page.url, addresses, context)
    assert not page.is_running()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, review: ReviewPage) -> Iterator[Visit]:
    """Opens the page for a person: ``visit("李雷", locale="en", size=PHONE)``."""
    with visiting(browser, review.url, review.invite_with_index) as open_page:
        yield open_page
