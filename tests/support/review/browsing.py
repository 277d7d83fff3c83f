"""Visitors of the review page: each one has a browser context that reports every fault."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    ProxySettings,
    Request,
    Route,
    ViewportSize,
    sync_playwright,
)

from accounting.packet.font import font_file

# The headless shell opens a page in a fifth of the time: it has no windows.
PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = (1280, 800)
PHONE = (360, 740)
SECONDS = 30
"""Seconds that a busy machine may need for one step."""
_NOBODY = "http://127.0.0.1:1"
_PROBE = "/static/icon.svg?intercepted"  # the server answers it with 200


def intercept(
    page: Page, url: str, handler: Callable[[Route], object], times: int | None = None
) -> None:
    """Give a page's requests to a handler instead of the server.

    The browser may confirm this a moment before the process of the page knows it, and a request in
    between would still reach the server. So this waits until a request of the page does not.
    """
    page.route(url, handler, times=times)
    page.route(f"**{_PROBE}", lambda route: route.fulfill(status=204))
    page.wait_for_function(f"async () => (await fetch('{_PROBE}')).status === 204")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium; a machine without it skips the test, but the checks of a change fail."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium: .ci/run installs it")
        pytest.skip("needs Chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[*ARGUMENTS, *sandbox],
            env={**os.environ, "FONTCONFIG_FILE": str(_fonts(Path(folder)))},
            headless=True,
        )
        try:
            yield browser
        finally:
            browser.close()


def _fonts(folder: Path) -> Path:
    """Return a configuration with the project's Chinese fonts besides the machine's fonts."""
    path = folder / "fonts.conf"
    path.write_text(
        f"""<?xml version="1.0"?><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<dir>{font_file().parent}</dir><cachedir>{folder}</cachedir>
</fontconfig>""",
        encoding="utf-8",
    )
    return path


@dataclass
class Visitor:
    """A person with a browser of their own.

    Attributes:
        page: the open page.
        base: the page's URL without path.
        context: the browser's context.
        entry: the query by which the person enters, ``token=…``; empty after that.
        expected: parts of console messages that the test causes, such as ``status of 412``.
    """

    page: Page
    base: str
    context: BrowserContext
    entry: str
    expected: set[str] = field(default_factory=set)
    _faults: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._faults.append(f"page error: {error}"))

    def open(self, path: str = "/") -> Page:
        """Open a path of the page, and wait until it has loaded; the person enters by the first."""
        entry, self.entry = self.entry, ""
        mark = "&" if "?" in path else "?"
        url = f"{self.base}{path}{mark}{entry}" if entry else f"{self.base}{path}"
        # The former page may go on to another one at this moment, and after that, the interrupted
        # navigation may interrupt the next one.
        for _ in range(2):
            with suppress(Error):
                self.page.goto(url)
                return self.page
        self.page.goto(url)
        return self.page

    def note_failed(self, request: Request) -> None:
        """Take a request that failed: each one to another host does."""
        if not request.url.startswith((f"{self.base}/", "blob:", "data:")):
            self._faults.append(f"request to {request.url}")

    def faults(self) -> list[str]:
        """Return the requests to other hosts, the console's errors, and the scripts' errors."""
        return [fault for fault in self._faults if not any(part in fault for part in self.expected)]

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self._faults.append(f"console {kind}: {text}")


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait until a condition holds that no ``expect`` of Playwright tells.

    Its ``wait_for_function`` needs ``eval``, which the page forbids.
    """
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


Visit = Callable[..., Visitor]
"""Takes a name, and perhaps language and size: ``visit("王芳", locale="en", size=PHONE)``."""


@contextmanager
def visiting(browser: Browser, base: str, invite: Callable[[str], str]) -> Iterator[Visit]:
    """Give a function that makes a browser context for a person who enters by an address.

    Args:
        browser: the browser.
        base: the page's URL without path.
        invite: gives a person's next address.
    """
    visitors: list[Visitor] = []
    # Requests to other hosts go to a proxy that is not there. Playwright's own interception takes
    # processor time for each request, and turns the browser's cache off.
    proxy: ProxySettings = {"server": _NOBODY, "bypass": urlsplit(base).netloc}

    def visit(
        name: str = "王芳", *, locale: str = "zh-CN", size: tuple[int, int] = WIDE
    ) -> Visitor:
        width, height = size
        viewport: ViewportSize = {"width": width, "height": height}
        context = browser.new_context(locale=locale, viewport=viewport, proxy=proxy)
        context.set_default_timeout(SECONDS * 1000)
        visitor = Visitor(context.new_page(), base, context, urlsplit(invite(name)).query)
        visitors.append(visitor)
        visitor.watch(visitor.page)
        context.on("page", visitor.watch)
        context.on("requestfailed", visitor.note_failed)
        return visitor

    try:
        yield visit
        faults = [fault for visitor in visitors for fault in visitor.faults()]
        if faults:
            pytest.fail("\n".join(faults))
    finally:
        for visitor in visitors:
            visitor.context.close()
