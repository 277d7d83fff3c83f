"""A web page in a real browser uploads a large photo through the API and reads its record."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.cloud import Cloud, Options, running_cloud
from tests.functional.handler.api.test_api_calls import large_photo
from tests.support.servers import Answer, Asked, serving

BROWSER = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None
)
# The script of a caller's page, without a library.
PAGE = """<!doctype html><meta charset="utf-8"><title>Upload</title><script type="module">
const api = new URLSearchParams(location.search).get("api");
const wait = ms => new Promise(done => setTimeout(done, ms));
async function run() {
  const blob = await (await fetch("/photo")).blob();
  const file = new File([blob], "照片 7 MB.bmp", {type: "image/bmp"});
  const wish = {name: file.name, content_type: file.type};
  const asked = await fetch(api + "/uploads", {method: "POST", body: JSON.stringify(wish),
    headers: {"Content-Type": "application/json"}});
  const upload = await asked.json();
  const put = await fetch(upload.url, {method: upload.method, body: file, headers: upload.headers});
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(api + upload.record);
    if (answer.status === 200) {
      const again = await fetch(api + upload.record,
        {headers: {"If-None-Match": answer.headers.get("ETag")}, cache: "no-store"});
      return {put: put.status, size: file.size, record: await answer.json(), again: again.status};
    }
    await wait(300);
  }
  return {put: put.status, error: "no record"};
}
const done = await run().catch(error => ({error: String(error)}));
await fetch("/done", {method: "POST", body: JSON.stringify(done)});
</script>"""


class Page:
    """The page's server, and the result that the page sends at the end."""

    def __init__(self) -> None:
        self.photo = large_photo()
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/done":
            self.done.put(json.loads(asked.body))
            return Answer(204)
        if asked.path == "/photo":
            return Answer(200, {"Content-Type": "image/bmp"}, self.photo)
        return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.encode())


@contextlib.contextmanager
def browsing(url: str, folder: Path) -> Iterator[None]:
    """Open a page in a browser with a new profile until the block ends."""
    assert BROWSER
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    process = subprocess.Popen(  # noqa: S603 - the browser that was found
        [*command, f"--user-data-dir={folder}", "--remote-debugging-port=0", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        # On some systems a script starts the browser: end the whole process group.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[Page, str]]:
    found = Page()
    with serving(found.answer) as server:
        yield found, server.url


@pytest.fixture(scope="module")
def browsed(
    page: tuple[Page, str],
    tmp_path_factory: pytest.TempPathFactory,
    reads_once: tuple[str, ...],
) -> Iterator[Cloud]:
    """A cloud that allows the page's origin only."""
    log = tmp_path_factory.mktemp("browsed") / "log"
    with running_cloud(Options(output=log, origins=(page[1],), ocr=reads_once)) as cloud:
        yield cloud


@pytest.mark.exhaustive
@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_page_uploads_a_photo_of_seven_megabytes_and_reads_its_record(
    page: tuple[Page, str], browsed: Cloud, tmp_path: Path
) -> None:
    with browsing(f"{page[1]}/?api={browsed.api_endpoint}", tmp_path):
        done = page[0].done.get(timeout=90)
    assert "error" not in done
    assert done["size"] > 7_000_000
    assert (done["put"], done["again"]) == (200, 304)
    assert done["record"]["result"]["code"] == "13100139T713"
    assert done["record"]["source"]["size"] == done["size"]
    assert done["record"]["source"]["key"].endswith("/照片 7 MB.bmp")


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_page_of_another_origin_is_refused(browsed: Cloud, tmp_path: Path) -> None:
    other = Page()
    with serving(other.answer) as server:
        url = f"{server.url}/?api={browsed.api_endpoint}"
        with browsing(url, tmp_path):
            done = other.done.get(timeout=60)
    assert "Failed to fetch" in done["error"]


def test_the_bucket_allows_preflight_requests_of_the_pages_origin_only(
    page: tuple[Page, str], browsed: Cloud
) -> None:
    asked = httpx.post(f"{browsed.api_endpoint}/uploads", json={"name": "a.jpg"}, trust_env=False)
    question = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }

    def ask(origin: str) -> httpx.Response:
        return httpx.options(
            asked.json()["url"], headers={"Origin": origin, **question}, trust_env=False
        )

    allowed = ask(page[1])
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == page[1]
    assert "PUT" in allowed.headers["access-control-allow-methods"]
    assert ask("https://evil.example").status_code == 403
