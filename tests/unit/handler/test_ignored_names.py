"""Names that are no invoice's: which are ignored, and which never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.errors import ConfigurationError, UnusableKey
from quota_invoice.obs.walk import walk
from quota_invoice.settings.ignored_names import DEFAULT_PATTERNS, IgnoredNames
from quota_invoice.settings.layout import DEFAULT_LAYOUT, BucketLayout
from quota_invoice.settings.settings import Settings
from tests.support.fakes import FakeStore
from tests.support.paths import CASES

JUNK = [
    *(".DS_Store", "._IMG_0001.jpg", "Thumbs.db", "thumbs.DB", "desktop.ini", "Desktop.ini"),
    *("IMG_4211.AAE", "img_4211.aae", "IMG_4211.MOV", "clip.mp4", "发票.MP4", "a.jpg.xmp"),
    *("scan.jpg.tmp", "half.jpg.filepart", "scan.jpg.part", "scan.jpg.crdownload"),
    *("scan.jpg.8f3a1c2e.partial", "~$报销.docx", ".~lock.a.ods#", "scan.jpg~", ".fuse_hidden01"),
    *(".scan.jpg.Ab12Cd", ".in.scan.jpg.", "clip.rm", "clip.3gpp", "@Recycle/a.jpg"),
    *("__MACOSX/a.jpg", "2026/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", ".Trash-1000/files/a.jpg"),
    *("Thumbs.db:encryptable", "RECYCLER/a.jpg", "@Recently-Snapshot/a.jpg"),
    *(".dropbox.cache/a.jpg", ".stversions/a.jpg", ".sync_0a1b.db-wal", ".nextcloudsync.log"),
    *("a.jpg.download/a.jpg", "a.jpg.uploading", "a.jpg.ut!", "clip.insv", "#a.jpg#", ".#a.jpg"),
]
INVOICES = [
    *("a.jpg", "a.HEIC", "a.tif", "a", "tmp", "part", "tmp.jpg", "a.tmp.jpg", "a.tmp/b.jpg"),
    *("desktop.ini.jpg", "Thumbs.db/a.jpg", "DS_Store", "a$b.jpg", "a.mp4.jpg", ".a.jpg", "~a.jpg"),
    *("发票 (1).jpg", "invoice.part1.jpg", "videos/mov/a.png", "a.pdf", "a.zip", "notes.txt"),
]


def layout_of(setting: str) -> BucketLayout:
    return Settings.read({"IGNORE": setting}.get, "0123456789abcdef").layout


@pytest.mark.parametrize("path", JUNK)
def test_junk_and_temporary_names_are_ignored(path: str) -> None:
    reason = DEFAULT_LAYOUT.reason_to_ignore(f"incoming/2026/{path}")
    assert reason is not None
    assert reason.startswith("IGNORE names ")
    with pytest.raises(UnusableKey, match="IGNORE names"):
        DEFAULT_LAYOUT.requested_key(path)


def test_the_icon_of_a_folder_is_ignored_although_its_name_ends_in_a_control_character() -> None:
    assert DEFAULT_LAYOUT.reason_to_ignore("incoming/Icon\r") is not None


@pytest.mark.parametrize("path", INVOICES)
def test_names_of_images_are_not(path: str) -> None:
    assert DEFAULT_LAYOUT.reason_to_ignore(f"incoming/2026/{path}") is None


@pytest.mark.skipif(not CASES.is_dir(), reason="the field cases are absent")
def test_the_field_cases_are_ignored_if_they_are_junk_and_read_if_they_are_not() -> None:
    junk = [path.name for path in (CASES / "junk").iterdir()]
    assert junk
    assert all(DEFAULT_LAYOUT.reason_to_ignore(f"incoming/{name}") for name in junk)
    others = [path.name for path in CASES.iterdir() if path.is_file()]
    assert [name for name in others if DEFAULT_LAYOUT.reason_to_ignore(f"incoming/{name}")] == []


def test_listings_leave_them_out_and_read_nothing_for_them() -> None:
    names = ["a.jpg", "a.jpg.tmp", "b.jpg", "b.jpg.AAE", ".DS_Store"]
    store = FakeStore({f"incoming/{name}": b"image" for name in names})
    found = list(walk(lambda prefix, after: store.listing("b", prefix, after), DEFAULT_LAYOUT))
    assert [finding.entry.key for finding in found] == ["incoming/a.jpg", "incoming/b.jpg"]
    assert {action for action, _ in store.requests} == {"list"}
    assert all(finding.is_ordered for finding in found)  # a.jpg.tmp takes no part in the order


def test_the_output_of_a_junk_name_is_the_functions_own() -> None:
    assert DEFAULT_LAYOUT.reason_to_ignore("results/a.tmp") == "the function's own output"


def test_the_setting_replaces_the_default_or_adds_to_it() -> None:
    assert layout_of("").ignored == layout_of("default").ignored == DEFAULT_LAYOUT.ignored
    assert layout_of("none").ignored.patterns == ()
    assert layout_of("*.BAK, old/").ignored.patterns == ("*.BAK", "old/")
    assert layout_of("default,*.bak").ignored.patterns == (*DEFAULT_PATTERNS, "*.bak")
    ours = layout_of("*.BAK, old/")
    assert ours.reason_to_ignore("incoming/a.bak") == "IGNORE names *.BAK"
    assert ours.reason_to_ignore("incoming/Old/a.jpg") == "IGNORE names old/"
    assert ours.reason_to_ignore("incoming/a.tmp") is None


@pytest.mark.parametrize("pattern", ["*", "**", "?", "*/", "a/b", "/a", "/"])
def test_a_pattern_of_all_files_or_of_a_path_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="IGNORE: .* is not a name such as"):
        layout_of(f"*.bak,{pattern}")


@given(st.text(max_size=40), st.lists(st.text(max_size=8), max_size=4))
def test_any_path_and_any_pattern_have_an_answer(path: str, patterns: list[str]) -> None:
    names = IgnoredNames(tuple(patterns))
    assert names.pattern_of(path) in {None, *patterns}


def test_the_default_leaves_room_for_other_settings() -> None:
    assert len(",".join(DEFAULT_PATTERNS)) < 1500
    assert len({pattern.casefold() for pattern in DEFAULT_PATTERNS}) == len(DEFAULT_PATTERNS)
