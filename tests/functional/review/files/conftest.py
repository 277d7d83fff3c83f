"""The page over the local cloud, whose function reads uploads, with the rights of reviewers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounting.review.serve import listen, open_context, running_page
from local.bucket import seaweedfs
from local.cloud import Cloud, Options, running_cloud
from tests.support.review.browsing import Visit, visiting
from tests.support.review.desk import Desk
from tests.support.review.page import TEAM, ReviewPage


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, reads_once: tuple[str, ...]) -> Iterator[Cloud]:
    log = tmp_path_factory.mktemp("cloud") / "log"
    with running_cloud(Options(output=log, ocr=reads_once)) as running:
        yield running


@pytest.fixture(scope="session")
def desk(cloud: Cloud) -> Desk:
    """The bucket, whose uploads the function reads; each test has a folder of its own."""
    return Desk.on(cloud.bucket)


@pytest.fixture
def review(cloud: Cloud, desk: Desk, tmp_path: Path) -> Iterator[ReviewPage]:
    """The page with the credentials of the reviewers' role, not those of the bucket's owner."""
    role = cloud.bucket.temporary_credentials(seaweedfs.REVIEWERS)
    environment = {
        **desk.environment,
        "HW_ACCESS_KEY": role.access_key,
        "HW_SECRET_KEY": role.secret_key,
        "HW_SECURITY_TOKEN": role.security_token or "",
    }
    addresses: dict[str, list[str]] = {name: [] for name in TEAM}
    context = open_context(environment, tmp_path / "review")
    with running_page(
        context, TEAM, listen(0), lambda name, address: addresses[name].append(address)
    ) as page:
        yield ReviewPage(page.url, addresses, context)


@pytest.fixture
def visit(browser: Browser, review: ReviewPage) -> Iterator[Visit]:
    """Opens the page for a person; the pages of files show no queue."""
    with visiting(browser, review.url, review.invite) as open_page:
        yield open_page
