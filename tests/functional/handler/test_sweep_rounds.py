"""The timer's sweep over a real bucket, and the operator's list of missing records."""

from __future__ import annotations

import json
from collections.abc import Callable

from local.cloud import BUCKET, PROJECT, Cloud
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.store import ObsStore
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from tests.functional.conftest import Objects, Run
from tests.support.announce import etag, sample_event

TIMER = sample_event("timer")


def test_an_input_without_an_event_gets_its_record(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    run = start()
    for name in ("a.png", "b c+%.png", "差旅/d.png"):
        objects.put(f"incoming/{name}", image)
    objects.put("incoming/note.txt", b"no image")
    counts = run.invoke(TIMER)
    assert counts == {"inputs": 4, "missing": 4, "recognized": 3, "failed": 1}
    assert sorted(objects.keys("results/")) == [
        "results/a.png.json",
        "results/b c+%.png.json",
        "results/差旅/d.png.json",
    ]
    assert objects.keys("failures/") == ["failures/.sweep", "failures/note.txt.json"]
    assert objects.keys("retries/") == []
    again = run.invoke(TIMER)
    # Records written since the last complete round are compared with their inputs, once each.
    assert again == {"inputs": 4, "unsure": 4, "duplicate": 4}
    assert run.count("recognize") == 4
    [first, second] = [line["counts"] for line in run.lines() if line["step"] == "sweep"]
    assert (first, second) == (counts, again)


def test_a_replaced_input_without_an_event_gets_a_new_record(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    run = start()
    objects.put("incoming/a.png", image)
    assert run.invoke(TIMER)["recognized"] == 1
    newer = objects.put("incoming/a.png", image + b"another")
    assert run.invoke(TIMER)["recognized"] == 1
    assert objects.record("results/a.png.json")["source"]["etag"] == etag(newer)


def test_every_input_of_an_operators_list_gets_its_record(
    run: Run, objects: Objects, image: bytes
) -> None:
    objects.put("incoming/b c+%.png", image)
    listed = {"key": "incoming/b c+%.png", "eTag": etag(image), "size": len(image)}
    event = {"backfill": {"bucket": BUCKET, "objects": [listed]}}
    assert run.invoke(event) == {"recognized": 1}
    assert run.invoke(event) == {"duplicate": 1}
    assert objects.keys("results/") == ["results/b c+%.png.json"]


def test_listings_return_keys_unencoded(cloud: Cloud, objects: Objects) -> None:
    keys = ["incoming/a b+c%20.jpg", "incoming/差旅/é&<1>.jpg", "incoming/tab\there.jpg"]
    for key in keys:
        objects.put(key, b"x")
    keys_of = cloud.agency.credentials()
    credentials = Credentials(keys_of.access_key, keys_of.secret_key, keys_of.security_token or "")
    settings = Settings.read(cloud.runtime.function.user_data.get, PROJECT)
    store = ObsStore.connect(settings, credentials)
    found = list(store.listing(BUCKET, "incoming/"))
    assert sorted(entry.key for entry in found) == sorted(keys)
    assert {(entry.etag, entry.size) for entry in found} == {(etag(b"x"), 1)}
    assert all(isinstance(entry, Entry) and entry.modified_at.endswith("Z") for entry in found)
    after = [entry.key for entry in store.listing(BUCKET, "incoming/", found[0].key)]
    assert after == [entry.key for entry in found[1:]]


def test_a_sweep_continues_at_the_checkpoint_of_an_unfinished_one(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    run = start()
    objects.put("failures/.sweep", json.dumps({"after": "incoming/a.png"}).encode())
    for name in "ab":
        objects.put(f"incoming/{name}.png", image)
    assert run.invoke(TIMER)["inputs"] == 1
    assert objects.keys("results/") == ["results/b.png.json"]
    assert run.invoke(TIMER)["recognized"] == 1
