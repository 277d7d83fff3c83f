"""A sweep finds what no event led to, in step, in bounded memory, and goes on where it ended."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.errors import (
    AccessRefused,
    ConfigurationError,
    ImageRefused,
    ServiceUnavailable,
    StoreError,
    UploadsFailed,
)
from quota_invoice.events.parse import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import State, walk
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.layout import Keys
from quota_invoice.settings.settings import Settings
from quota_invoice.sweep import Sweeper
from tests.support.announce import etag
from tests.support.fakes import FakeOcr, FakeStore

USER_DATA = {"BUCKET": "invoices", "SWEEP_CONCURRENCY": "2"}
KEYS = Keys("incoming/", "results/", "failures/")
NOTE = "failures/.sweep"


class Cloud:
    """A sweep over fakes; times are seconds of one minute."""

    def __init__(self, *answers: Any, **user_data: str) -> None:
        self.settings = Settings.read({**USER_DATA, **user_data}.get, "0123456789abcdef")
        self.store = FakeStore()
        self.ocr = FakeOcr(*answers)
        self.lines: list[str] = []
        self.seconds = 60.0
        self.late = False  # whether time is up only when it is too late to stop

    def put(self, key: str, content: bytes = b"image", second: int = 0) -> None:
        self.store.objects[key] = content
        self.store.times[key] = second

    def document(self, key: str, content: bytes = b"image", second: int = 30) -> None:
        self.store.documents[key] = {"source": {"etag": etag(content)}}
        self.store.times[key] = second

    def run(self, **options: bool) -> dict[str, int]:
        log = Log("request-1", self.lines.append)

        def left() -> float:
            in_time = threading.current_thread() is threading.main_thread()
            return 60.0 if in_time and self.late else self.seconds

        recognizer = Recognizer(self.store, self.ocr, log, left, everything=False)
        keys, region = self.settings.keys, self.settings.region
        pipeline = Pipeline(keys, region, self.store, recognizer, log, left)
        return Sweeper(self.settings, self.store, pipeline, log, left).run(Sweep(**options))

    @property
    def statuses(self) -> dict[str, str | None]:
        return {key: document.get("status") for key, document in self.store.documents.items()}


def test_what_is_missing_is_processed_and_the_rest_is_not_touched() -> None:
    cloud = Cloud()
    for name in "abcd":
        cloud.put(f"incoming/{name}.jpg")
    cloud.document("results/b.jpg.json")
    cloud.document("failures/c.jpg.json")
    assert cloud.run() == {
        "inputs": 4,
        "missing": 2,
        "done": 1,
        "unreadable": 1,
        "recognized": 2,
    }
    assert len(cloud.ocr.given) == 2
    assert cloud.statuses == {
        "results/a.jpg.json": "recognized",
        "results/b.jpg.json": None,
        "failures/c.jpg.json": None,
        "results/d.jpg.json": "recognized",
    }


def test_the_counts_are_logged() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    counts = cloud.run()
    [line] = [line for line in map(json.loads, cloud.lines) if line["step"] == "sweep"]
    assert (line["counts"], line["outcome"]) == (counts, "ok")


def test_an_input_that_is_newer_than_its_record_is_read_anew() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"newer", second=40)
    cloud.document("results/a.jpg.json", b"older", second=30)
    cloud.put("incoming/b.jpg", b"same", second=40)
    cloud.document("results/b.jpg.json", b"same", second=40)
    counts = cloud.run()
    assert (counts["unsure"], counts["recognized"], counts["duplicate"]) == (2, 1, 1)
    assert cloud.store.documents["results/a.jpg.json"]["source"]["etag"] == etag(b"newer")


def test_failures_are_tried_again_only_when_asked() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    cloud.document("failures/a.jpg.json")
    assert cloud.run() == {"inputs": 1, "unreadable": 1}
    assert cloud.run(failures=True) == {"inputs": 1, "unreadable": 1, "recognized": 1}
    assert cloud.store.documents.keys() == {"results/a.jpg.json"}


def test_a_failure_that_fails_again_stays() -> None:
    cloud = Cloud(ImageRefused("AIS.0104", "not supported"))
    cloud.put("incoming/a.jpg")
    cloud.document("failures/a.jpg.json")
    assert cloud.run(failures=True) == {"inputs": 1, "unreadable": 1, "failed": 1}
    assert cloud.store.documents["failures/a.jpg.json"]["error"]["code"] == "AIS.0104"


def test_every_record_is_compared_with_its_input_when_asked() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"newer", second=0)
    cloud.document("results/a.jpg.json", b"older", second=30)
    assert cloud.run() == {"inputs": 1, "done": 1}
    assert cloud.run(verify=True) == {"inputs": 1, "done": 1, "recognized": 1}


def test_a_failure_left_beside_the_record_of_the_same_content_is_removed() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"good")
    cloud.document("results/a.jpg.json", b"good")
    cloud.document("failures/a.jpg.json", b"bad")
    assert cloud.run() == {"inputs": 1, "unsure": 1, "tidied": 1}
    assert cloud.store.documents.keys() == {"results/a.jpg.json"}


def test_a_failure_of_newer_content_stays_beside_the_older_record() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"bad")
    cloud.document("results/a.jpg.json", b"good")
    cloud.document("failures/a.jpg.json", b"bad")
    assert cloud.run() == {"inputs": 1, "unsure": 1, "duplicate": 1}
    assert len(cloud.store.documents) == 2


def test_a_round_without_time_leaves_a_note_and_the_next_one_goes_on_there() -> None:
    cloud = Cloud()
    for index in range(20):
        cloud.put(f"incoming/{index:02d}.jpg")

    def later() -> None:
        if len(cloud.ocr.given) == 6:
            cloud.seconds = 4.0

    cloud.ocr.meanwhile = later
    first = cloud.run()
    assert first["unfinished"] == 1
    done = first["recognized"]
    assert 6 <= done < 20
    assert cloud.store.documents[NOTE]["after"] == f"incoming/{done - 1:02d}.jpg"
    cloud.seconds = 60.0
    cloud.ocr.meanwhile = lambda: None
    assert cloud.run() == {"inputs": 20 - done, "missing": 20 - done, "recognized": 20 - done}
    assert NOTE not in cloud.store.documents
    assert len(cloud.ocr.given) == 20


def test_what_there_was_no_time_to_ask_for_is_where_the_next_round_begins() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for name in "abc":
        cloud.put(f"incoming/{name}.jpg")

    def none_left() -> None:
        cloud.seconds = 0.1

    cloud.late, cloud.ocr.meanwhile = True, none_left
    assert cloud.run() == {"inputs": 3, "missing": 3, "recognized": 1, "unfinished": 1}
    assert cloud.store.documents[NOTE] == {"after": "incoming/a.jpg"}
    cloud.seconds, cloud.ocr.meanwhile = 60.0, lambda: None
    assert cloud.run() == {"inputs": 2, "missing": 2, "recognized": 2}


def test_an_input_that_a_whole_round_is_too_short_for_does_not_hold_up_the_others() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for name in "ab":
        cloud.put(f"incoming/{name}.jpg")
    cloud.late, cloud.seconds = True, 0.1  # none is left for whatever comes first
    with pytest.raises(UploadsFailed, match="Function.OutOfTime: 1 of 2 uploads failed"):
        cloud.run()
    assert cloud.store.documents["failures/.sweep"] == {"after": "incoming/a.jpg"}
    cloud.seconds = 60.0
    assert cloud.run() == {"inputs": 1, "missing": 1, "recognized": 1}


def test_a_listing_that_fails_costs_nothing_that_was_done() -> None:
    cloud = Cloud()
    for index in range(1500):
        cloud.put(f"incoming/{index:04d}.jpg")
        if index > 2:
            cloud.document(f"results/{index:04d}.jpg.json")
    listing = cloud.store.listing

    def failing(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        for index, entry in enumerate(listing(bucket, prefix, after)):
            if prefix == "incoming/" and index == 1000:
                raise StoreError("Store.InternalError", "list incoming/…: 500")
            yield entry

    cloud.store.listing = failing  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="Store.InternalError"):
        cloud.run()
    assert len(cloud.ocr.given) == 3
    assert cloud.store.documents["failures/.sweep"] == {"after": "incoming/0998.jpg"}
    cloud.store.listing = listing  # type: ignore[method-assign]
    assert cloud.run()["inputs"] == 501


def test_wrong_keys_end_a_round_after_one_request() -> None:
    cloud = Cloud(AccessRefused("APIG.0301", "Incorrect IAM authentication information."))
    for index in range(50):
        cloud.put(f"incoming/{index:02d}.jpg")
    with pytest.raises(UploadsFailed, match="APIG.0301"):
        cloud.run()
    assert len(cloud.ocr.given) <= 2  # as many as are read at once
    assert NOTE not in cloud.store.documents  # it begins where it began
    assert cloud.run()["recognized"] == 50


def test_an_input_that_cannot_be_read_costs_no_other_and_is_told() -> None:
    busy = ServiceUnavailable("ModelArts.4502", "busy")
    busy.retry_after = 100
    cloud = Cloud(busy)
    for name in "abc":
        cloud.put(f"incoming/{name}.jpg")
    with pytest.raises(UploadsFailed, match="ModelArts.4502: 1 of 3 uploads failed"):
        cloud.run()
    assert len(cloud.store.documents) == 2
    assert cloud.run()["recognized"] == 1


def test_a_key_that_can_have_no_record_is_counted_and_raises_nothing() -> None:
    cloud = Cloud()
    cloud.put("incoming/a/../b.jpg")
    assert cloud.run() == {"inputs": 1, "unusable": 1}


def test_without_a_bucket_a_sweep_says_which_setting_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="BUCKET"):
        Cloud(BUCKET="").run()


class Bucket:
    """A huge bucket that lists without holding anything; each hundredth input has no record."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.pages = 0

    def listing(self, prefix: str, after: str) -> Iterator[Entry]:
        assert after in {"", f"{prefix}00000000.jpg.jso"}  # the very first, or just before it
        number = 0
        for index in range(self.inputs if prefix != "failures/" else 0):
            if prefix == "results/" and index % 100 == 0:
                continue
            self.pages += number % 1000 == 0
            number += 1
            suffix, made = (".json", 30) if prefix == "results/" else ("", 0)
            yield Entry(f"{prefix}{index:08d}.jpg{suffix}", "e", 1, f"2026-11-22T00:00:{made:02d}Z")
        self.pages += number == 0


def test_a_hundred_thousand_inputs_are_walked_in_step_and_in_flat_memory() -> None:
    bucket = Bucket(100_000)
    list(walk(Bucket(3000).listing, KEYS))
    tracemalloc.start()
    missing = seen = 0
    for finding in walk(bucket.listing, KEYS):
        seen += 1
        missing += finding.state is State.MISSING
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (seen, missing) == (100_000, 1000)
    assert bucket.pages <= 2 * (bucket.inputs / 1000) + 2
    assert peak < 200_000  # bytes


PATHS = st.text(st.sampled_from("ab-./j!~é差"), min_size=1, max_size=6)


@given(st.sets(PATHS), st.sets(PATHS), st.sets(PATHS), PATHS | st.just(""))
def test_a_walk_never_misses_an_input_and_knows_what_each_has(
    inputs: set[str], records: set[str], failures: set[str], after: str
) -> None:
    def listing(prefix: str, after: str) -> Iterator[Entry]:
        names = {"incoming/": inputs, "results/": records, "failures/": failures}[prefix]
        suffix = "" if prefix == "incoming/" else ".json"
        second = 0 if prefix == "incoming/" else 30
        for key in sorted(f"{prefix}{name}{suffix}" for name in names):
            if key > after:
                yield Entry(key, "e", 1, f"2026-11-22T00:00:{second:02d}Z")

    begin = f"incoming/{after}" if after else ""
    found = {item.entry.key.removeprefix("incoming/"): item for item in walk(listing, KEYS, begin)}
    assert found.keys() == {name for name in inputs if name > after and not name.endswith("/")}
    for name, item in found.items():
        has = (name in records, name in failures)
        expected = {
            (False, False): State.MISSING,
            (True, False): State.DONE,
            (False, True): State.FAILED,
            (True, True): State.UNSURE,
        }[has]
        assert item.state in {expected, State.UNSURE, State.UNUSABLE}
        longer = any(other != name and other.startswith(name) for other in inputs)
        if item.state is State.UNSURE and has != (True, True):
            assert longer
        if item.state is State.UNUSABLE:
            assert {".", ".."} & set(name.split("/"))
