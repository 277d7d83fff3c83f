"""From an upload to its record, on real parts: bucket, tokens, OCR service, function processes."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from tests.functional.conftest import Objects, Run
from tests.support.announce import SHAPES, announce, announce_all, etag, sample_event
from tests.support.paths import PHOTOS, SAMPLES


@pytest.mark.parametrize("encoded", [True, False], ids=["encoded", "plain"])
@pytest.mark.parametrize(
    "key",
    [
        "incoming/space plus+file 100%.png",
        "incoming/差旅 2026/壹拾元+%20.png",
        "incoming/a%2Bb%E4.png",
        "incoming/question?mark=1&more#.png",
    ],
)
def test_any_key_gets_one_record_under_its_name(
    run: Run, objects: Objects, image: bytes, key: str, encoded: bool
) -> None:
    objects.put(key, image)
    assert run.invoke(announce(key, image, encoded=encoded)) == {"recognized": 1}
    record_key = key.replace("incoming/", "results/") + ".json"
    assert objects.keys("results/") == [record_key]
    record = objects.record(record_key)
    assert record["source"]["key"] == key
    assert record["source"]["etag"] == etag(image)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_event_format_leads_to_the_record(
    run: Run, objects: Objects, image: bytes, truth: dict[str, Any], shape: str
) -> None:
    key = "incoming/2026/a.png"
    objects.put(key, image)
    assert run.invoke(announce(key, image, shape=shape)) == {"recognized": 1}
    record = objects.record("results/2026/a.png.json")
    assert record["ocr"]["request_id"]
    result = record["result"]
    expected = truth["shanghai-10-yuan-clean.png"]
    assert {name: result[name] for name in expected} == expected
    assert all(0 < value <= 1 for value in result["confidence"].values())


def test_a_repeated_event_changes_nothing_and_sends_no_ocr_request(
    run: Run, objects: Objects, image: bytes
) -> None:
    event = announce("incoming/a.png", objects.put("incoming/a.png", image))
    assert run.invoke(event) == {"recognized": 1}
    record = objects.get("results/a.png.json")
    assert [run.invoke(event), run.invoke(event)] == [{"duplicate": 1}, {"duplicate": 1}]
    assert objects.get("results/a.png.json") == record
    assert run.count("recognize") == 1


@pytest.mark.parametrize(
    "found", [b"", b'{"source":', b"[]", b'{"source": {"etag": "%s"}, "n": NaN}']
)
def test_an_incomplete_record_is_replaced(
    run: Run, objects: Objects, image: bytes, found: bytes
) -> None:
    event = announce("incoming/a.png", objects.put("incoming/a.png", image))
    objects.put("results/a.png.json", found.replace(b"%s", etag(image).encode()))
    assert run.invoke(event) == {"recognized": 1}
    assert objects.record("results/a.png.json")["source"]["etag"] == etag(image)


def test_three_simultaneous_deliveries_give_one_complete_record(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    run = start(instances=3)
    event = announce("incoming/a.png", objects.put("incoming/a.png", image))
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(run.invoke, [event] * 3))
    assert {"recognized": 1} in outcomes
    assert objects.keys("results/") == ["results/a.png.json"]
    record = objects.get("results/a.png.json")
    assert objects.record("results/a.png.json")["source"]["etag"] == etag(image)
    assert run.invoke(event) == {"duplicate": 1}
    assert objects.get("results/a.png.json") == record


def test_each_invocation_gets_new_credentials(run: Run, objects: Objects, image: bytes) -> None:
    for name in "ab":
        objects.put(f"incoming/{name}.png", image)
        assert run.invoke(announce(f"incoming/{name}.png", image)) == {"recognized": 1}
    first, second = run.used
    assert first.access_key != second.access_key


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("elsewhere/a.png", "outside incoming/"),
        ("results/a.png.json", "the function's own output"),
        ("failures/a.png.json", "the function's own output"),
        ("incoming/2026/", "a folder"),
        ("", "the key is empty"),
    ],
)
def test_keys_that_are_no_inputs_are_ignored(
    run: Run, objects: Objects, key: str, reason: str
) -> None:
    assert run.invoke(announce(key, b"")) == {"ignored": 1}
    assert objects.keys() == []
    assert run.count("recognize") == 0
    [line] = [line for line in run.lines() if line["step"] == "upload"]
    assert (line["outcome"], line["reason"]) == ("ignored", reason)


def test_events_of_own_records_are_ignored(run: Run, objects: Objects) -> None:
    assert run.invoke(sample_event("own-output")) == {"ignored": 1}
    assert objects.keys() == []


def picture(kind: str, width: int, height: int) -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", (width, height), "white").save(file, kind)
        return file.getvalue()


def bad_images() -> dict[str, tuple[bytes, str]]:
    tiff = (SAMPLES / "nanning-10-yuan-grey-copy.tif").read_bytes()
    return {
        "empty.jpg": (b"", "File.Empty"),
        "text.jpg": (b"This is no picture at all.\n" * 20, "File.NotAnImage"),
        "tiny.png": (picture("PNG", 10, 10), "AIS.0103"),
        # The function scales these two; they are blank.
        "vast.png": (picture("PNG", 5000, 700), "AIS.0104"),
        "heavy.bmp": (picture("BMP", 2000, 1850), "AIS.0104"),
        "corrupt.tif": (tiff[: len(tiff) // 3], "AIS.0102"),
        "blank.png": (picture("PNG", 800, 600), "AIS.0104"),
    }


def test_unreadable_images_get_failure_records_and_the_others_records(
    run: Run, objects: Objects, image: bytes
) -> None:
    bad = bad_images()
    assert len(bad["heavy.bmp"][0]) > 11_000_000
    contents = {name: content for name, (content, _) in bad.items()} | {"good.png": image}
    uploads = [
        (f"incoming/{name}", objects.put(f"incoming/{name}", content))
        for name, content in contents.items()
    ]
    assert run.invoke(announce_all(uploads)) == {"failed": len(bad), "recognized": 1}
    codes = {name: objects.record(f"failures/{name}.json")["error"]["code"] for name in bad}
    assert codes == {name: code for name, (_, code) in bad.items()}
    assert objects.keys("results/") == ["results/good.png.json"]


@pytest.mark.parametrize("known", [True, False], ids=["etag", "no-etag"])
def test_a_deleted_object_gets_no_failure_record(
    run: Run, objects: Objects, image: bytes, known: bool
) -> None:
    event = announce("incoming/gone.png", image)
    if not known:
        del event["data"]["obs"]["object"]["eTag"]
    assert run.invoke(event) == {"gone": 1}
    assert objects.keys() == []


def test_photographs_of_real_invoices_get_records(run: Run, objects: Objects) -> None:
    photo = PHOTOS / "beijing_10yuan.jpg"
    if not photo.is_file():
        pytest.skip("no photographs of real invoices on this machine")
    content = objects.put("incoming/beijing.jpg", photo.read_bytes())
    assert run.invoke(announce("incoming/beijing.jpg", content)) == {"recognized": 1}
    result = objects.record("results/beijing.jpg.json")["result"]
    assert (result["code"], result["number"], result["amount"]) == (
        "111001740101",
        "01142646",
        "￥10.00",
    )
