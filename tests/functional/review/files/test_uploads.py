"""Uploads by a browser: progress, names, outcomes, and files that cannot be sent."""

from __future__ import annotations

import base64
import re
import secrets
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Dialog, FilePayload, Route, expect

from tests.support.paths import SAMPLES
from tests.support.review.browsing import PHONE, Visit, intercept
from tests.support.review.desk import SAMPLE, Desk

expect.set_options(timeout=30_000)  # a busy machine reads an image in seconds
OTHER = "beijing-10-yuan-stamped.jpg"
HOSTILE = "<img src=x onerror=alert(1)> '+%2F\"&.jpg"


@pytest.fixture
def folder() -> str:
    """A folder of the test's own."""
    return f"{secrets.token_hex(4)}/"


def image(name: str = SAMPLE, sample: str = SAMPLE) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": (SAMPLES / sample).read_bytes()}


def test_an_upload_shows_its_values_and_a_second_one_is_a_duplicate(
    visit: Visit, desk: Desk, folder: str
) -> None:
    page = visit(locale="en").open(f"/uploads?folder={folder}")
    page.locator("#choose").set_input_files([image("发票 1.png")])
    first = page.locator("#rows tr")
    expect(first.locator(".state")).to_have_text("Read")
    record = desk.json(desk.bucket.layout.record_key(f"incoming/{folder}发票 1.png"))
    expect(first.locator(".outcome")).to_contain_text(record["invoices"][0]["number"])
    page.locator("#choose").set_input_files([image("other.png")])
    second = page.locator("#rows tr").nth(1)
    expect(second.locator(".outcome")).to_contain_text("The same content was uploaded before:")
    expect(second.locator(".outcome")).to_contain_text("Duplicate; the invoice is first on:")
    assert page.locator("#summary").inner_text() == (
        "2 files: 2 stored, 2 read, 0 cannot be read, 0 not sent."
    )


def test_the_outcomes_are_there_when_a_person_comes_back(visit: Visit, folder: str) -> None:
    page = visit(locale="en").open(f"/uploads?folder={folder}")
    page.locator("#choose").set_input_files([image("a.png")])
    outcome = page.locator("#rows .outcome")
    outcome.get_by_role("link").first.click()
    page.wait_for_url("**/invoices/**")
    page.go_back()
    expect(page.locator("#rows .name")).to_have_text("a.png")
    expect(page.locator("#rows .state")).to_have_text("Read")
    expect(outcome.get_by_role("link").first).to_be_visible()


def test_a_name_that_is_taken_is_not_overwritten(visit: Visit, desk: Desk, folder: str) -> None:
    desk.upload(f"{folder}a.png", b"the first one")
    page = visit(locale="en").open(f"/uploads?folder={folder}")
    page.locator("#choose").set_input_files([image("a.png"), image("a.png", OTHER)])
    expect(page.locator("#rows .state").nth(0)).to_have_text("Read")
    expect(page.locator("#rows .state").nth(1)).to_have_text("Read")
    names = {key.rpartition("/")[2] for key in desk.keys(f"incoming/{folder}")}
    assert names == {"a.png", "a (2).png", "a (3).png"}
    first = desk.source(f"incoming/{folder}a.png")
    assert first.size == len(b"the first one")
    expect(page.locator("#rows")).to_contain_text("stored as a (2).png")


def test_hostile_names_are_shown_as_text_and_kept(visit: Visit, desk: Desk, folder: str) -> None:
    page = visit(locale="en").open(f"/uploads?folder={folder}")
    page.locator("#choose").set_input_files([image(HOSTILE)])
    expect(page.locator("#rows .name")).to_have_text(HOSTILE)
    expect(page.locator("#rows .state")).to_have_text("Read")
    [key] = desk.keys(f"incoming/{folder}")
    assert key == f"incoming/{folder}{HOSTILE}"
    page.locator("#choose").set_input_files([image(HOSTILE)])
    expect(page.locator("#rows .state").nth(1)).to_have_text("Read")
    assert page.locator("#rows img").count() == 0


def test_an_unreadable_file_is_refused_before_it_is_sent(
    visit: Visit, desk: Desk, folder: str
) -> None:
    visitor = visit()
    visitor.expected |= {"status of 415", "status of 413", "status of 422"}
    page = visitor.open(f"/uploads?folder={folder}")
    files: list[FilePayload] = [
        {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": b"<!DOCTYPE html><script>"},
        {"name": "all.zip", "mimeType": "application/zip", "buffer": b"PK\3\4" + b"0" * 99},
        {"name": "scan.part", "mimeType": "", "buffer": (SAMPLES / SAMPLE).read_bytes()},
    ]
    page.locator("#choose").set_input_files(files)
    expect(page.locator("#rows .state")).to_have_text(["未发送"] * 3)
    expect(page.locator("#rows .outcome").nth(0)).to_contain_text("这不是图片，也不是 PDF。")
    expect(page.locator("#rows .outcome").nth(1)).to_contain_text("这是压缩包，不是图片。")
    expect(page.locator("#rows .outcome").nth(2)).to_contain_text("系统不识别名为“scan.part”的文件")
    assert desk.keys(f"incoming/{folder}") == []


def test_a_failed_upload_is_said_and_sent_again(visit: Visit, desk: Desk, folder: str) -> None:
    visitor = visit(locale="en")
    visitor.expected |= {"ERR_FAILED", "ERR_CONNECTION"}
    page = visitor.open(f"/uploads?folder={folder}")
    intercept(page, "**/uploads/a.png?*", lambda route: route.abort())
    page.locator("#choose").set_input_files([image("a.png")])
    expect(page.locator("#rows .state")).to_have_text("Not sent")
    expect(page.locator("#rows .outcome")).to_contain_text("nothing was stored")
    assert desk.keys(f"incoming/{folder}") == []
    page.unroute("**/uploads/a.png?*")
    page.get_by_role("button", name="Send a.png again").press("Enter")
    expect(page.locator("#rows .state")).to_have_text("Read")


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("check", 502, "Not saved: the server answered 502"),
        ("a.png", 502, "answer (502) does not say whether the file was stored"),
        ("check", 401, "Open a new address"),
    ],
)
def test_an_answer_without_words_is_not_called_a_lost_connection(
    visit: Visit, folder: str, path: str, status: int, told: str
) -> None:
    visitor = visit(locale="en")
    visitor.expected |= {f"status of {status}"}
    page = visitor.open(f"/uploads?folder={folder}")
    intercept(
        page, f"**/uploads/{path}?*", lambda route: route.fulfill(status=status, body="proxy")
    )
    page.locator("#choose").set_input_files([image("a.png")])
    expect(page.locator("#rows .state")).to_have_text("Not sent")
    expect(page.locator("#rows .outcome")).to_contain_text(told)
    page.unroute(f"**/uploads/{path}?*")
    page.get_by_role("button", name="Send a.png again").press("Enter")
    expect(page.locator("#rows .state")).to_have_text("Read")


def test_a_page_that_no_longer_knows_the_person_says_so_until_it_does(
    visit: Visit, folder: str
) -> None:
    visitor = visit(locale="en")
    visitor.expected |= {"status of 401"}
    page = visitor.open(f"/uploads?folder={folder}")
    intercept(page, "**/uploads/outcomes?*", lambda route: route.fulfill(status=401))
    page.locator("#choose").set_input_files([image("a.png")])
    expect(page.locator("#alerts")).to_contain_text("Open a new address")
    page.unroute("**/uploads/outcomes?*")  # as after that in another tab
    expect(page.locator("#alerts")).to_be_empty()
    expect(page.locator("#rows .state")).to_have_text("Read")


def test_the_page_warns_before_it_is_closed_while_a_file_is_sent(visit: Visit, folder: str) -> None:
    page = visit(locale="en").open(f"/uploads?folder={folder}")
    held: list[Route] = []
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    intercept(page, "**/uploads/a.png?*", lambda route: held.append(route))  # noqa: PLW0108 - no built-in
    page.on("dialog", stay)
    with page.expect_request("**/uploads/a.png?*"):
        page.locator("#choose").set_input_files([image("a.png")])
    page.locator("#folder").click()  # browsers ask only a person who has used the page
    with page.expect_event("dialog"):
        page.evaluate("() => { setTimeout(() => location.assign('/jobs')) }")
    assert asked == ["beforeunload"]
    held[0].continue_()
    expect(page.locator("#rows .state")).to_have_text("Read")
    page.goto(page.url)
    assert asked == ["beforeunload"]


def test_files_are_dropped_on_the_page(visit: Visit, folder: str) -> None:
    page = visit(locale="en").open(f"/uploads?folder={folder}")
    content = base64.b64encode((SAMPLES / SAMPLE).read_bytes()).decode()
    data = page.evaluate_handle(
        """(text) => {
            const data = new DataTransfer();
            const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
            data.items.add(new File([bytes], "dropped.png"));
            return data;
        }""",
        content,
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    expect(page.locator("#rows .name")).to_have_text("dropped.png")
    expect(page.locator("#rows .state")).to_have_text("Read")


def test_uploads_work_by_keyboard_on_a_phone_without_barriers(
    visit: Visit, folder: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes((SAMPLES / SAMPLE).read_bytes())
    visitor = visit(size=PHONE)
    visitor.page.on("filechooser", lambda chooser: chooser.set_files(path))
    page = visitor.open(f"/uploads?folder={folder}")
    assert page.locator("#camera").get_attribute("capture") == "environment"
    page.locator("#folder").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#choose")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#rows .state")).to_have_text("已识别")
    expect(page.get_by_role("status").filter(has_text="共 1 个文件")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert Axe().run(page).response["violations"] == []


def test_folders_cannot_lead_out_of_the_inputs(visit: Visit, desk: Desk) -> None:
    visitor = visit(locale="en")
    visitor.expected.add("status of 422")
    page = visitor.open("/uploads?folder=../results/")
    page.locator("#choose").set_input_files([image("a.png")])
    expect(page.locator("#rows .outcome")).to_contain_text("This folder cannot be used")
    assert desk.keys("results/a.png") == []


def test_the_default_folder_is_that_of_the_month(visit: Visit) -> None:
    page = visit().open("/uploads")
    assert re.fullmatch(r"\d{4}/\d{2}/", page.locator("#folder").input_value())
