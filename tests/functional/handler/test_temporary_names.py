"""Uploads as file managers and cloud drives do them, and the junk that comes along."""

from __future__ import annotations

import pytest

from local.cloud import BUCKET
from tests.functional.conftest import Objects, Run, Start
from tests.support.announce import announce
from tests.support.paths import CASES

FOLDER = "incoming/t"


def upload(run: Run, objects: Objects, name: str, content: bytes) -> dict[str, int]:
    """Upload a file, and return what its event came to."""
    key = f"{FOLDER}/{name}"
    objects.put(key, content)
    outcomes: dict[str, int] = run.invoke(announce(key, content))
    return outcomes


def test_only_the_final_name_is_read(run: Run, objects: Objects, image: bytes) -> None:
    client = objects.client
    # obsfs and rclone write under another name, then copy and delete.
    assert upload(run, objects, "scan.png.tmp", image) == {"ignored": 1}
    client.copyObject(BUCKET, f"{FOLDER}/scan.png.tmp", BUCKET, f"{FOLDER}/scan.png")
    client.deleteObject(BUCKET, f"{FOLDER}/scan.png.tmp")
    assert run.invoke(announce(f"{FOLDER}/scan.png", image)) == {"recognized": 1}
    # WinSCP uploads a part first.
    part = image[: len(image) // 2]
    assert upload(run, objects, "half.png.filepart", part) == {"ignored": 1}
    assert upload(run, objects, "half.png", image) == {"recognized": 1}
    client.deleteObject(BUCKET, f"{FOLDER}/half.png.filepart")
    assert objects.keys("results/") == ["results/t/half.png.json", "results/t/scan.png.json"]
    assert objects.keys("failures/") == []
    assert run.count("recognize") == run.count("identify") == 2


def test_an_empty_file_is_read_when_its_content_comes(
    run: Run, objects: Objects, image: bytes
) -> None:
    assert upload(run, objects, "a.png", b"") == {"failed": 1}
    error = objects.record("failures/t/a.png.json")["error"]
    assert (error["code"], error["message"]["en"]) == (
        "File.Empty",
        "The file is empty: it has 0 bytes.",
    )
    assert run.count("recognize") == 0
    assert upload(run, objects, "a.png", image) == {"recognized": 1}
    assert objects.keys("failures/") == []


@pytest.mark.parametrize(
    "name", [".DS_Store", "._IMG_0001.jpg", "Thumbs.db", "desktop.ini", "IMG_1.AAE", "IMG_1.MOV"]
)
def test_junk_is_ignored_without_a_request(run: Run, objects: Objects, name: str) -> None:
    sample = CASES / "junk" / name
    content = sample.read_bytes() if sample.exists() else b"\0\5\x16\7" + bytes(4000)
    assert upload(run, objects, name, content) == {"ignored": 1}
    assert run.count("identify") == run.count("recognize") == 0
    assert objects.keys("results/") == objects.keys("failures/") == []


def test_the_setting_says_which_names_are_ignored(
    start: Start, objects: Objects, image: bytes
) -> None:
    run = start(IGNORE="default, copy of *")
    assert upload(run, objects, "Copy of a.png", image) == {"ignored": 1}
    assert upload(run, objects, "a.png.tmp", image) == {"ignored": 1}
    run = start(IGNORE="none")
    assert upload(run, objects, "a.png.tmp", image) == {"recognized": 1}
