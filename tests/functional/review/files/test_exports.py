"""The ledger and the packet of a selection, made and downloaded in a browser, by a reviewer."""

from __future__ import annotations

import csv
import secrets
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from python_calamine import load_workbook

from tests.support.paths import SAMPLES
from tests.support.review.browsing import PHONE, SECONDS, Visit
from tests.support.review.desk import SAMPLE, Desk
from tests.support.review.page import ReviewPage

OTHER = "beijing-10-yuan-stamped.jpg"


@pytest.fixture(scope="module")
def folder(desk: Desk) -> str:
    """A folder with two invoices that the function has read; no test changes it."""
    name = f"{secrets.token_hex(4)}/"
    layout = desk.bucket.layout
    keys = [desk.upload(f"{name}{each}", (SAMPLES / each).read_bytes()) for each in (SAMPLE, OTHER)]
    deadline = time.monotonic() + SECONDS
    while not all(desk.keys(layout.record_key(key)) for key in keys):
        assert time.monotonic() < deadline, "the function has not read the uploads"
        time.sleep(0.1)
    return name


def download(page: Page, button: str, target: Path) -> Path:
    links = page.get_by_role("link", name="Download")
    former = links.count()
    page.get_by_role("button", name=button).press("Enter")
    expect(links).to_have_count(former + 1)
    with page.expect_download() as started:
        links.first.click()  # the latest one
    started.value.save_as(target / started.value.suggested_filename)
    return target / started.value.suggested_filename


def test_the_ledger_has_the_invoices_of_the_selection(
    visit: Visit, folder: str, tmp_path: Path
) -> None:
    page = visit(locale="en").open(f"/jobs?prefix={folder}")
    expect(page.locator("main")).to_contain_text(f"folder {folder}, month all")
    table = download(page, "Ledger (CSV)", tmp_path)
    assert table.name == f"ledger-{folder.strip('/')}.csv"
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    files = {cell for row in rows for cell in row if folder in cell}
    assert len(rows) == 1 + 2, rows
    assert {SAMPLE, OTHER} == {Path(file).name for file in files}
    workbook = load_workbook(download(page, "Ledger (Excel)", tmp_path))
    assert "Invoices" in workbook.sheet_names


def test_the_packet_has_the_originals_of_the_selection(
    visit: Visit, folder: str, tmp_path: Path
) -> None:
    page = visit(locale="en").open(f"/jobs?prefix={folder}")
    with zipfile.ZipFile(download(page, "Packet (ZIP)", tmp_path)) as packet:
        names = packet.namelist()
    assert "ledger.xlsx" in names
    assert any(name.startswith("paste-sheets-") for name in names)


def test_a_selection_without_inputs_is_said_in_words(visit: Visit, folder: str) -> None:
    page = visit().open(f"/jobs?prefix={folder}none/")
    page.get_by_role("button", name="生成装订包").click()
    expect(page.locator("#jobs [role=status]").first).to_contain_text("所选范围内没有文件")


def test_a_page_that_is_opened_again_has_the_files_that_were_made(
    visit: Visit, folder: str
) -> None:
    page = visit(locale="en").open(f"/jobs?prefix={folder}")
    page.get_by_role("button", name="Ledger (CSV)").click()
    made = page.locator(".job", has_text=f"ledger-{folder.strip('/')}.csv").first
    expect(made.get_by_role("link", name="Download")).to_be_visible()
    page.reload()
    expect(made.get_by_role("link", name="Download")).to_be_visible()


def test_exports_work_on_a_phone_without_barriers(visit: Visit, folder: str) -> None:
    page = visit(size=PHONE).open(f"/jobs?prefix={folder}")
    page.get_by_role("button", name="生成台账（Excel）").click()
    expect(page.get_by_role("link", name="下载").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert Axe().run(page).response["violations"] == []


def test_files_are_for_their_owner_only_and_go_with_the_server(
    ended: list[Path], visit: Visit, folder: str, tmp_path: Path
) -> None:
    page = visit(locale="en").open(f"/jobs?prefix={folder}")
    page.get_by_role("button", name="Ledger (CSV)").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    jobs = tmp_path / "review" / "jobs"
    [made] = jobs.rglob("*.csv")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (jobs, made.parent, made)] == [
        0o700,
        0o700,
        0o600,
    ]
    ended.append(jobs)


@pytest.fixture
def ended() -> Iterator[list[Path]]:
    """Takes paths that must be gone when the server has stopped."""
    paths: list[Path] = []
    yield paths
    assert not [path for path in paths if path.exists()]


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "11/2026"])
def test_a_month_that_there_is_not_makes_no_file_of_all_months(
    review: ReviewPage, month: str
) -> None:
    with httpx.Client(base_url=review.url, headers={"Origin": review.url}) as member:
        member.get(review.invite("王芳"))
        assert member.post("/jobs/ledger", data={"month": month}).status_code == 422
