"""Names of uploads: any name becomes an input's key in its folder, and no taken one is used."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounting.review.files.names import NameRefused, free_key, safe_folder, safe_name
from quota_invoice.settings.layout import DEFAULT_LAYOUT

ANY = st.text(st.characters(categories=None, exclude_categories=()), max_size=300)
FOLDER = "incoming/2026/11/"


@given(ANY)
def test_any_name_becomes_a_key_in_the_folder(name: str) -> None:
    assume(not DEFAULT_LAYOUT.reason_to_ignore(FOLDER + safe_name(name)))
    key = free_key(FOLDER, safe_name(name), DEFAULT_LAYOUT, lambda _: False)
    assert DEFAULT_LAYOUT.requested_key(key) == key
    assert key.startswith(FOLDER)
    assert "/" not in key.removeprefix(FOLDER)
    assert DEFAULT_LAYOUT.keeps_order(key)


@given(ANY)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)


@pytest.mark.parametrize(
    "name", ["发票 1.jpg", "a+b%20.png", "'\"<b>&.pdf", "IMG_0001.HEIC", "a.b.c", "😀.jpg", ".jpg"]
)
def test_usual_names_are_kept(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("invoice\u202egpj.exe", "invoice_gpj.exe"),
        ("a" * 500 + ".jpeg", "a" * 195 + ".jpeg"),
        ("发" * 100 + ".jpg", "发" * 65 + ".jpg"),
        ("e\u0301.jpg", "\u00e9.jpg"),
    ],
)
def test_unsafe_names_are_changed_but_keep_their_ending(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@given(st.sets(st.integers(1, 6)))
def test_a_taken_name_gets_the_first_free_number(taken: set[int]) -> None:
    keys = {f"{FOLDER}a.jpg" if number == 1 else f"{FOLDER}a ({number}).jpg" for number in taken}
    key = free_key(FOLDER, "a.jpg", DEFAULT_LAYOUT, keys.__contains__)
    first = min(set(range(1, 8)) - taken)
    assert key == (f"{FOLDER}a.jpg" if first == 1 else f"{FOLDER}a ({first}).jpg")


def test_names_that_are_all_taken_are_refused() -> None:
    with pytest.raises(NameRefused) as refused:
        free_key(FOLDER, "a.jpg", DEFAULT_LAYOUT, lambda _: True)
    assert refused.value.reason == "full"


@pytest.mark.parametrize("name", ["Thumbs.db", "a.mp4", "scan.tmp", "~$a.docx"])
def test_a_name_that_the_function_ignores_is_refused(name: str) -> None:
    with pytest.raises(NameRefused) as refused:
        free_key(FOLDER, name, DEFAULT_LAYOUT, lambda _: False)
    assert (refused.value.reason, refused.value.values) == ("ignored", {"name": name})


@pytest.mark.parametrize(
    "text", ["..", "../results", "a/../b", "a/./b", "a\\b", "a//b", "a\x00", "a\u202eb", "x" * 2000]
)
def test_a_folder_that_leads_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(NameRefused) as refused:
        safe_folder(text, DEFAULT_LAYOUT)
    assert refused.value.reason == "folder"


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("2026/11/", "incoming/2026/11/"),
        ("/2026/11", "incoming/2026/11/"),
        (" 财务部 ", "incoming/财务部/"),
        ("", "incoming/"),
        ("incoming/2026", "incoming/2026/"),
    ],
)
def test_a_folder_is_below_the_inputs(text: str, folder: str) -> None:
    assert safe_folder(text, DEFAULT_LAYOUT) == folder
