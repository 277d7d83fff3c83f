"""The pictures of the page in the README: ``make screenshots`` writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounting.review.pages import invoice_url
from tests.support.paths import ROOT, SAMPLES
from tests.support.review.browsing import PHONE, Visit
from tests.support.review.desk import Desk

FOLDER = ROOT / "docs" / "review"
SIZE = (1160, 860)
COLOURS = 64
CLEAR = dict.fromkeys(("code", "number", "location", "amount"), 0.99)
DOUBTFUL = "shenyang-10-yuan-glare.jpg"
LARGEST = 200_000  # bytes


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of the README's pictures if they are made anew, or else another one."""
    return FOLDER if os.environ.get("SCREENSHOTS") else tmp_path


@pytest.fixture
def key(desk: Desk) -> str:
    """The samples and their records, as of an OCR that misread a digit of one of them."""
    truth: dict[str, dict[str, Any]] = json.loads((SAMPLES / "truth.json").read_bytes())
    for name, result in list(truth.items())[:9]:
        content = (SAMPLES / name).read_bytes()
        desk.recognize(f"2026/11/{name}", content, confidence=CLEAR, **result)
    first = next(iter(truth))
    desk.recognize(f"2026/11/again/{first}", b"copy", confidence=CLEAR, **truth[first])
    desk.fail("2026/11/blurred.jpg", b"not an image")
    number = truth[DOUBTFUL]["number"][:-1]
    misread = {**truth[DOUBTFUL], "number": number, "confidence": {**CLEAR, "number": 0.62}}
    return desk.recognize(f"2026/11/{DOUBTFUL}", (SAMPLES / DOUBTFUL).read_bytes(), **misread)


def take(page: Page, path: Path) -> None:
    """Write a small picture of a page."""
    path.parent.mkdir(exist_ok=True)
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    assert path.stat().st_size < LARGEST


@pytest.mark.exhaustive
def test_the_queue_and_an_invoice_are_pictured(key: str, visit: Visit, out: Path) -> None:
    page = visit(locale="en", size=SIZE).open()
    expect(page.locator("#rows > .row")).to_have_count(12)
    take(page, out / "queue.png")
    page.goto(f"{page.url.rstrip('/')}{invoice_url(key)}")
    expect(page.locator("#invoice [data-stage][data-loaded]")).to_have_count(1)
    take(page, out / "invoice.png")


def test_an_invoice_is_pictured_on_a_phone(key: str, visit: Visit, out: Path) -> None:
    page = visit(size=PHONE).open(invoice_url(key))
    expect(page.locator("#invoice [data-stage][data-loaded]")).to_have_count(1)
    take(page, out / "phone.png")


def test_the_readme_shows_every_picture() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = sorted(path.relative_to(ROOT).as_posix() for path in FOLDER.glob("*.png"))
    assert pictures
    assert [picture for picture in pictures if f"({picture})" not in shown] == []
