"""A sweep finds inputs without a record, in constant memory, and continues from a checkpoint."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    AccessRefused,
    ConfigurationError,
    ImageRefused,
    InputTooLong,
    InvocationError,
    ObjectUnavailable,
    ServiceUnavailable,
    StoreError,
    StoreRefused,
    StoreUnreachable,
    UploadsFailed,
)
from quota_invoice.events.timer import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, State, walk
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.recognition.breaker import CircuitBreaker
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.settings.settings import Settings
from quota_invoice.sweep.backlog import Backlog
from quota_invoice.sweep.progress import Pending, Progress
from quota_invoice.sweep.sweeper import Sweeper
from tests.support.announce import etag
from tests.support.fakes import FIRST_SECOND, FakeOcr, FakeStore, pdf_of, time_of

USER_DATA = {"BUCKET": "invoices", "SWEEP_CONCURRENCY": "2"}
STATE = "failures/.sweep"
# Seconds: the records of the tests were there when the last complete round began.
LAST_ROUND, THIS_ROUND = 3600, 7200


class Cloud:
    """A sweep over fakes, after a complete round; times are seconds."""

    def __init__(self, *answers: Any, **user_data: str) -> None:
        self.settings = Settings.read({**USER_DATA, **user_data}.get, "0123456789abcdef")
        self.store = FakeStore()
        self.store.records[STATE] = {"last_started_at": time_of(LAST_ROUND)}
        self.store.second = THIS_ROUND
        self.ocr = FakeOcr(*answers)
        self.lines: list[str] = []
        self.seconds = 60.0
        self.late = False  # whether time runs out after the sweep started an input

    def put(self, key: str, content: bytes = b"image", second: int = 0) -> None:
        self.store.objects[key] = content
        self.store.times[key] = second

    def put_record(self, key: str, content: bytes = b"image", second: int = 30) -> None:
        self.store.records[key] = {"source": {"etag": etag(content)}}
        self.store.times[key] = second

    def run(self, **options: bool) -> dict[str, int]:
        log = Log("request-1", self.lines.append)

        def clock() -> float:
            in_time = threading.current_thread() is threading.main_thread()
            return -60.0 if in_time and self.late else -self.seconds

        recognizer = Recognizer(self.store, self.ocr, log, DEFAULT_LAYOUT, auto=False)
        layout, region = self.settings.layout, self.settings.region
        pipeline = Pipeline(layout, region, self.store, recognizer, log, keep_history=True)
        deadline = Deadline(0.0, 0.0, clock)
        sweeper = Sweeper(self.settings, self.store, pipeline, log, deadline, now=self.now)
        return sweeper.run(Sweep(**options))

    def now(self) -> datetime:
        return FIRST_SECOND + timedelta(seconds=self.store.second)

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """All records but the states of sweeps."""
        return {key: one for key, one in self.store.records.items() if not key.startswith(STATE)}

    @property
    def statuses(self) -> dict[str, str | None]:
        return {key: record.get("status") for key, record in self.records.items()}


def test_missing_inputs_are_processed_and_no_others() -> None:
    cloud = Cloud()
    for name in "abcd":
        cloud.put(f"incoming/{name}.jpg")
    cloud.put_record("results/b.jpg.json")
    cloud.put_record("failures/c.jpg.json")
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


def test_a_sweep_sees_no_junk_and_no_unfinished_uploads() -> None:
    cloud = Cloud()
    for name in ("a.jpg", "a.jpg.filepart", ".DS_Store", "._a.jpg", "clip.MOV"):
        cloud.put(f"incoming/{name}")
    assert cloud.run() == {"inputs": 1, "missing": 1, "recognized": 1}
    assert list(cloud.records) == ["results/a.jpg.json"]


def test_the_counts_are_logged() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    counts = cloud.run()
    [line] = [line for line in map(json.loads, cloud.lines) if line["step"] == "sweep"]
    assert (line["counts"], line["outcome"]) == (counts, "ok")


def test_an_input_that_is_newer_than_its_record_is_read_again() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"newer", second=40)
    cloud.put_record("results/a.jpg.json", b"older", second=30)
    cloud.put("incoming/b.jpg", b"same", second=40)
    cloud.put_record("results/b.jpg.json", b"same", second=40)
    counts = cloud.run()
    assert (counts["unsure"], counts["recognized"], counts["duplicate"]) == (2, 1, 1)
    assert cloud.store.records["results/a.jpg.json"]["source"]["etag"] == etag(b"newer")


def test_failures_are_retried_only_on_request() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    cloud.put_record("failures/a.jpg.json")
    assert cloud.run() == {"inputs": 1, "unreadable": 1}
    assert cloud.run(retry_failed=True) == {"inputs": 1, "unreadable": 1, "recognized": 1}
    assert cloud.records.keys() == {"results/a.jpg.json"}


def test_a_failure_that_fails_again_stays() -> None:
    cloud = Cloud(ImageRefused("AIS.0104", "not supported"))
    cloud.put("incoming/a.jpg")
    cloud.put_record("failures/a.jpg.json")
    assert cloud.run(retry_failed=True) == {"inputs": 1, "unreadable": 1, "failed": 1}
    assert cloud.store.records["failures/a.jpg.json"]["error"]["code"] == "AIS.0104"


def test_every_record_is_compared_with_its_input_on_request() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"newer", second=0)
    cloud.put_record("results/a.jpg.json", b"older", second=30)
    assert cloud.run() == {"inputs": 1, "done": 1}
    assert cloud.run(verify=True) == {"inputs": 1, "done": 1, "recognized": 1}


def test_a_failure_left_beside_the_record_of_the_same_content_is_removed() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"good")
    cloud.put_record("results/a.jpg.json", b"good")
    cloud.put_record("failures/a.jpg.json", b"bad")
    assert cloud.run() == {"inputs": 1, "unsure": 1, "tidied": 1}
    assert cloud.records.keys() == {"results/a.jpg.json"}


def test_a_failure_left_beside_a_record_whose_key_is_the_beginning_of_another_is_removed() -> None:
    cloud = Cloud()
    for name in ("a.jpg", "a.jpg-b"):
        cloud.put(f"incoming/{name}", b"good")
        cloud.put_record(f"results/{name}.json", b"good")
    cloud.put_record("failures/a.jpg.json", b"good")
    assert cloud.run() == {"inputs": 2, "unsure": 1, "done": 1, "tidied": 1}
    assert "failures/a.jpg.json" not in cloud.records


def test_the_record_of_a_removed_input_whose_key_goes_on_is_another_one() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", second=10)
    cloud.put_record("results/a.jpg.json")
    cloud.put_record("results/a.jpg.json.json", second=0)  # of a.jpg.json
    assert cloud.run() == {"inputs": 1, "done": 1}


@pytest.mark.parametrize("retry_failed", [True, False])
def test_an_input_with_a_newer_record_needs_work_only_to_be_verified(retry_failed: bool) -> None:
    finding = Finding(Entry("incoming/a.jpg", "e", 1, time_of(0)), State.DONE)
    assert not finding.needs_work(retry_failed=retry_failed)
    assert finding.needs_work(retry_failed=retry_failed, verify=True)


def test_a_failure_of_newer_content_stays_beside_the_older_record() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"bad")
    cloud.put_record("results/a.jpg.json", b"good")
    cloud.put_record("failures/a.jpg.json", b"bad")
    assert cloud.run() == {"inputs": 1, "unsure": 1, "duplicate": 1}
    assert len(cloud.records) == 2


def test_a_sweep_out_of_time_leaves_a_checkpoint_for_the_next_one() -> None:
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
    assert cloud.store.records[STATE]["after"] == f"incoming/{done - 1:02d}.jpg"
    cloud.seconds = 60.0
    cloud.ocr.meanwhile = lambda: None
    assert cloud.run() == {"inputs": 20 - done, "missing": 20 - done, "recognized": 20 - done}
    assert cloud.store.records[STATE] == {"last_started_at": time_of(THIS_ROUND)}
    assert len(cloud.ocr.given) == 20


@pytest.mark.parametrize(("seconds", "is_begun"), [(5.0, True), (4.9, False)])
def test_an_input_is_begun_while_there_is_time_for_one(seconds: float, is_begun: bool) -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    cloud.seconds = seconds
    assert ("recognized" in cloud.run()) is is_begun


def test_a_sweep_out_of_time_lists_no_further_page() -> None:
    cloud = Cloud()
    for index in range(1500):
        cloud.put(f"incoming/{index:04d}.jpg")
    cloud.seconds = 4.0
    cloud.run()
    assert cloud.store.requests.count(("list", "incoming/")) == 1


def test_the_next_sweep_begins_at_the_first_input_without_time() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for name in "abc":
        cloud.put(f"incoming/{name}.jpg")

    def none_left() -> None:
        cloud.seconds = 0.1

    cloud.late, cloud.ocr.meanwhile = True, none_left
    assert cloud.run() == {"inputs": 3, "missing": 3, "recognized": 1, "unfinished": 1}
    assert cloud.store.records[STATE] == {
        "after": "incoming/a.jpg",
        "started_at": time_of(THIS_ROUND),
        "last_started_at": time_of(LAST_ROUND),
    }
    cloud.seconds, cloud.ocr.meanwhile = 60.0, lambda: None
    assert cloud.run() == {"inputs": 2, "missing": 2, "recognized": 2}


def test_an_input_too_slow_for_a_sweep_does_not_block_the_others() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for name in "ab":
        cloud.put(f"incoming/{name}.jpg")
    cloud.late, cloud.seconds = True, 0.1  # no time is left for the first input
    with pytest.raises(UploadsFailed, match="Function.TooLong: 1 of 2 uploads failed"):
        cloud.run()
    assert cloud.store.records[STATE]["after"] == "incoming/a.jpg"
    assert cloud.records["retries/a.jpg.1.json"]["error"]["code"] == "Function.TooLong"
    cloud.seconds = 60.0
    assert cloud.run() == {"inputs": 1, "missing": 1, "recognized": 1}


def test_a_failing_listing_keeps_the_progress() -> None:
    cloud = Cloud()
    for index in range(1500):
        cloud.put(f"incoming/{index:04d}.jpg")
        if index > 2:
            cloud.put_record(f"results/{index:04d}.jpg.json")
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
    assert cloud.store.records[STATE]["after"] == "incoming/0998.jpg"
    cloud.store.listing = listing  # type: ignore[method-assign]
    assert cloud.run()["inputs"] == 501


def test_a_refusal_of_the_account_ends_a_sweep_after_one_request() -> None:
    cloud = Cloud(AccessRefused("APIG.0301", "Incorrect IAM authentication information."))
    for index in range(50):
        cloud.put(f"incoming/{index:02d}.jpg")
    with pytest.raises(UploadsFailed, match="APIG.0301"):
        cloud.run()
    assert len(cloud.ocr.given) <= 2  # the number of threads
    assert "after" not in cloud.store.records[STATE]  # the next sweep starts at the same place
    assert cloud.records == {}
    [line] = [line for line in map(json.loads, cloud.lines) if line["step"] == "sweep"]
    assert (line["counts"]["stopped"], line["counts"]["unfinished"]) == (1, 1)
    assert cloud.run()["recognized"] == 50


BUSY = ServiceUnavailable("ModelArts.4502", "busy")
BUSY.retry_after = 100


def test_an_input_that_fails_costs_no_other_and_is_reported() -> None:
    cloud = Cloud(BUSY)
    for name in "abc":
        cloud.put(f"incoming/{name}.jpg")
    with pytest.raises(UploadsFailed, match="ModelArts.4502: 1 of 3 uploads failed"):
        cloud.run()
    assert list(cloud.statuses.values()).count("recognized") == 2
    assert list(cloud.statuses.values()).count("pending") == 1


MINUTE, HOUR, DAY = 60, 3600, 86400


def test_an_input_is_tried_again_later_and_later_and_then_given_up() -> None:
    cloud = Cloud(*[BUSY] * 6)
    cloud.put("incoming/a.jpg")
    begun = cloud.store.second
    tried = []
    for wait in (0, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY):
        cloud.store.second += wait - 1
        if wait:
            assert cloud.run() == {"inputs": 1, "missing": 1}
        cloud.store.second += 1
        with pytest.raises(UploadsFailed, match="ModelArts.4502"):
            cloud.run()
        tried.append(cloud.store.second - begun)
        assert len(cloud.ocr.given) == len(tried)
        if len(tried) < 6:
            [(key, retry)] = cloud.records.items()
            assert (key, retry["attempts"]) == (f"retries/a.jpg.{len(tried)}.json", len(tried))
    [(key, failure)] = cloud.records.items()
    assert (key, failure["status"], failure["attempts"]) == ("failures/a.jpg.json", "failed", 6)
    cloud.store.second += HOUR
    assert cloud.run()["inputs"] == 1
    assert len(cloud.ocr.given) == 6


def test_a_sweep_that_retries_failures_waits_for_no_input() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg")
    with pytest.raises(UploadsFailed):
        cloud.run()
    assert cloud.run(retry_failed=True)["recognized"] == 1
    assert cloud.statuses == {"results/a.jpg.json": "recognized"}


HIDDEN = {
    "of another account": ObjectUnavailable("Object.AccessDenied", "get incoming/b.jpg: 403"),
    "that no request can look at": StoreError("Store.InvalidRequest", "head incoming/b.jpg: 400"),
}


@pytest.mark.parametrize("refusal", HIDDEN.values(), ids=HIDDEN)
def test_an_object_that_the_bucket_does_not_show_becomes_a_failure(
    refusal: InvocationError, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Cloud()
    for name in "abc":
        cloud.put(f"incoming/{name}.jpg")
    identify, describe = cloud.store.identify, cloud.store.describe

    def hide(look: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
        def looked(bucket: str, key: str) -> Any:
            if key == "incoming/b.jpg":
                raise refusal
            return look(bucket, key)

        return looked

    monkeypatch.setattr(cloud.store, "identify", hide(identify))
    monkeypatch.setattr(cloud.store, "describe", hide(describe))
    for _ in range(6):
        with pytest.raises(UploadsFailed):
            cloud.run()
        cloud.store.second += 4 * DAY
    cloud.run()
    assert cloud.statuses == {
        "results/a.jpg.json": "recognized",
        "results/c.jpg.json": "recognized",
        "failures/b.jpg.json": "failed",
    }


def test_waiting_inputs_wait_where_a_store_lists_folder_by_folder() -> None:
    cloud = Cloud(BUSY, SWEEP_CONCURRENCY="1")
    cloud.put("incoming/a.jpg")
    with pytest.raises(UploadsFailed):
        cloud.run()
    for name in ("a/1.jpg", "a/2.jpg"):
        cloud.put(f"incoming/{name}")
        cloud.put_record(f"results/{name}.json")
    listing = cloud.store.listing

    def by_folder(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        entries = [one for one in listing(bucket, prefix) if one.key > after]
        return iter(sorted(entries, key=lambda one: one.key.split("/")))

    cloud.store.listing = by_folder  # type: ignore[method-assign]
    assert cloud.run()["waiting"] == 1
    assert len(cloud.ocr.given) == 1
    cloud.store.second += HOUR
    assert cloud.run()["recognized"] == 1
    assert "retries/a.jpg.1.json" not in cloud.records


def test_a_record_in_the_archive_counts_by_its_time() -> None:
    cloud = Cloud()
    for name, second in (("a.jpg", 0), ("a.jpg-b", 0), ("c.jpg", 40), ("c.jpg-d", 0)):
        cloud.put(f"incoming/{name}", second=second)
        cloud.put_record(f"results/{name}.json")
    read = cloud.store.read

    def archived(bucket: str, key: str) -> dict[str, Any] | None:
        if key.startswith("results/"):
            raise ObjectUnavailable("Object.Archived", f"get {key}: 403")
        return read(bucket, key)

    cloud.store.read = archived  # type: ignore[method-assign]
    counts = cloud.run()
    assert (counts["duplicate"], counts["recognized"]) == (1, 1)  # a.jpg, and the newer c.jpg
    assert len(cloud.ocr.given) == 1


def test_the_failure_of_a_newer_content_is_not_tidied_away() -> None:
    cloud = Cloud()
    for name in ("a.jpg", "a.jpg-b"):
        cloud.put(f"incoming/{name}", b"A")
        cloud.put_record(f"results/{name}.json", b"A")
    cloud.put_record("failures/a.jpg.json", b"B")
    listing = cloud.store.listing

    def listed_before(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        entries = list(listing(bucket, prefix, after))
        cloud.store.objects["incoming/a.jpg"] = b"B"
        return iter(entries)

    cloud.store.listing = listed_before  # type: ignore[method-assign]
    cloud.run()
    assert "failures/a.jpg.json" in cloud.records


def timed_out(bucket: str, key: str) -> None:
    raise StoreUnreachable("Store.Unreachable", f"delete {bucket}/{key}: timed out")


def test_a_removal_that_fails_is_no_attempt_in_vain() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    cloud.put_record("results/a.jpg.json")
    cloud.put_record("failures/a.jpg.json")

    cloud.store.delete = timed_out  # type: ignore[method-assign]
    assert cloud.run() == {"inputs": 1, "unsure": 1, "duplicate": 1}
    assert cloud.records.keys() == {"results/a.jpg.json", "failures/a.jpg.json"}


def test_an_input_that_waits_costs_no_request_of_its_own() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg")
    with pytest.raises(UploadsFailed):
        cloud.run()
    cloud.store.requests.clear()
    cloud.run()
    assert not [key for action, key in cloud.store.requests if "a.jpg" in key]


def test_an_attempt_is_noted_before_the_former_note_is_removed() -> None:
    cloud = Cloud(BUSY, BUSY)
    cloud.put("incoming/a.jpg")
    for _ in range(2):
        with pytest.raises(UploadsFailed):
            cloud.run()
        cloud.store.second += HOUR
    changes = [(action, key) for action, key in cloud.store.requests if "retries/a" in key]
    assert changes == [
        ("put", "retries/a.jpg.1.json"),
        ("put", "retries/a.jpg.2.json"),
        ("delete", "retries/a.jpg.1.json"),
    ]


def test_a_long_pdf_that_goes_on_is_not_postponed() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    cloud.put("incoming/a.pdf", pdf_of(3))
    cloud.put("incoming/b.jpg")

    def none_left() -> None:
        cloud.seconds = 0.1

    cloud.late, cloud.ocr.meanwhile = True, none_left
    assert cloud.run()["unfinished"] == 1
    assert cloud.records.keys() == {"progress/a.pdf.json"}
    cloud.seconds, cloud.ocr.meanwhile = 60.0, lambda: None
    assert cloud.run()["recognized"] == 2
    assert cloud.ocr.pages == [1, 2, 3]


REFUSED = StoreRefused("Store.AccessDenied", "403 Access Denied")


def test_a_refused_listing_stops_the_inputs_that_are_queued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for index in range(20):
        cloud.put(f"incoming/{index:02d}.jpg")
    listing, note, noted = cloud.store.listing, CircuitBreaker.note, threading.Event()

    def refuse(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        for index, entry in enumerate(listing(bucket, prefix, after)):
            if prefix == "incoming/" and index == 3:
                raise REFUSED
            yield entry

    def noting(breaker: CircuitBreaker, error: InvocationError) -> None:
        note(breaker, error)
        noted.set()

    monkeypatch.setattr(cloud.store, "listing", refuse)
    monkeypatch.setattr(CircuitBreaker, "note", noting)
    cloud.ocr.meanwhile = lambda: assert_is_set(noted)
    with pytest.raises(UploadsFailed, match="Store.AccessDenied: 1 of 2 uploads failed"):
        cloud.run()
    assert len(cloud.ocr.given) == 1


def assert_is_set(event: threading.Event) -> None:
    assert event.wait(10)


def test_a_refusal_while_attempts_are_looked_up_stops_the_round() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for name in ("a", "a.jpg", "b.jpg"):
        cloud.put(f"incoming/{name}")
    listing = cloud.store.listing

    def refuse(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        if prefix == "retries/a.":
            raise REFUSED
        return listing(bucket, prefix, after)

    cloud.store.listing = refuse  # type: ignore[method-assign]
    with pytest.raises(UploadsFailed, match="Store.AccessDenied"):
        cloud.run()
    assert cloud.ocr.given == []


def test_a_record_ends_the_retries() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg")
    with pytest.raises(UploadsFailed):
        cloud.run()
    cloud.store.second += HOUR
    assert cloud.run()["recognized"] == 1
    assert cloud.statuses == {"results/a.jpg.json": "recognized"}
    # An event can read the input between two sweeps.
    cloud.store.write("invoices", "retries/a.jpg.1.json", {})
    assert cloud.run()["duplicate"] == 1
    assert cloud.statuses == {"results/a.jpg.json": "recognized"}


def test_an_input_that_is_done_is_not_postponed_when_its_retry_cannot_be_removed() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    cloud.put_record("results/a.jpg.json")
    cloud.store.write("invoices", "retries/a.jpg.1.json", {})

    cloud.store.delete = timed_out  # type: ignore[method-assign]
    with pytest.raises(UploadsFailed):
        cloud.run()
    assert cloud.records.keys() == {"results/a.jpg.json", "retries/a.jpg.1.json"}


def test_new_content_is_tried_at_once() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg")
    with pytest.raises(UploadsFailed):
        cloud.run()
    cloud.put("incoming/a.jpg", b"new", second=cloud.store.second)
    assert cloud.run()["recognized"] == 1
    assert cloud.statuses == {"results/a.jpg.json": "recognized"}


def test_retries_of_inputs_whose_keys_begin_alike_are_kept_apart() -> None:
    cloud = Cloud(BUSY, BUSY, BUSY, SWEEP_CONCURRENCY="1")
    for name in ("a.jpg", "a.jpg.1", "a.jpg-2"):
        cloud.put(f"incoming/{name}")
    with pytest.raises(UploadsFailed):
        cloud.run()
    made = {"retries/a.jpg.1.json", "retries/a.jpg.1.1.json", "retries/a.jpg-2.1.json"}
    assert cloud.records.keys() == made
    counts = cloud.run()
    assert (counts["inputs"], len(cloud.ocr.given)) == (3, 3)
    cloud.store.second += HOUR
    assert cloud.run()["recognized"] == 3
    assert set(cloud.statuses.values()) == {"recognized"}


def test_an_outage_stops_a_sweep() -> None:
    cloud = Cloud(*[BUSY] * 50, SWEEP_CONCURRENCY="1")
    for index in range(50):
        cloud.put(f"incoming/{index:02d}.jpg")
    with pytest.raises(UploadsFailed):
        cloud.run()
    assert len(cloud.ocr.given) < 10
    assert cloud.store.records[STATE]["after"]


def test_a_defect_is_named_without_its_text_and_costs_no_other_input() -> None:
    cloud = Cloud(SWEEP_CONCURRENCY="1")
    for name in "ab":
        cloud.put(f"incoming/{name}.jpg")

    def fault() -> None:
        if len(cloud.ocr.given) == 1:
            raise KeyError("do-not-tell")

    cloud.ocr.meanwhile = fault
    with pytest.raises(UploadsFailed, match=r"Function.Fault: .*KeyError at test_sweep.py:\d+"):
        cloud.run()
    assert cloud.records.keys() == {"results/b.jpg.json", "retries/a.jpg.1.json"}
    assert "do-not-tell" not in "".join(cloud.lines)


def test_an_input_that_cannot_be_postponed_is_seen_by_the_next_sweep() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg")
    write = cloud.store.write

    def refuse(bucket: str, key: str, record: Any) -> None:
        if key.startswith("retries/"):
            raise StoreUnreachable("Store.Unreachable", f"put {key}: timed out")
        write(bucket, key, record)

    cloud.store.write = refuse  # type: ignore[method-assign]
    with pytest.raises(UploadsFailed, match="Store.Unreachable"):
        cloud.run()
    assert cloud.store.records[STATE]["last_started_at"] == time_of(LAST_ROUND)
    cloud.store.write = write  # type: ignore[method-assign]
    assert cloud.run()["recognized"] == 1


@pytest.mark.parametrize("prefix", ["results/", "failures/"])
def test_a_record_that_came_late_is_found_by_the_next_sweep(prefix: str) -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"B", second=LAST_ROUND + 10)
    cloud.put_record(f"{prefix}a.jpg.json", b"A", second=LAST_ROUND + 20)
    cloud.put("incoming/b.jpg", b"B")
    cloud.put_record(f"{prefix}b.jpg.json", b"B", second=LAST_ROUND + 20)
    counts = cloud.run()
    assert (counts["unsure"], counts["recognized"], counts["duplicate"]) == (2, 1, 1)
    assert cloud.store.records["results/a.jpg.json"]["source"]["etag"] == etag(b"B")


@pytest.mark.parametrize(("seconds", "is_compared"), [(120, True), (121, False)])
def test_a_record_that_was_written_while_the_last_round_began_is_compared(
    seconds: int, is_compared: bool
) -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"B")
    cloud.put_record("results/a.jpg.json", b"A", second=LAST_ROUND - seconds)
    assert ("recognized" in cloud.run()) is is_compared


@pytest.mark.parametrize("last", ["0001-01-01T00:00:00Z", "tomorrow", "", 7])
def test_a_state_that_makes_no_sense_compares_all_records(last: object) -> None:
    cloud = Cloud()
    cloud.store.records[STATE] = {"last_started_at": last}
    cloud.put("incoming/a.jpg", b"B")
    cloud.put_record("results/a.jpg.json", b"A")
    assert cloud.run()["recognized"] == 1


def test_each_record_is_compared_once() -> None:
    cloud = Cloud()
    for index in range(20):
        cloud.put(f"incoming/{index:02d}.jpg")
        cloud.put_record(f"results/{index:02d}.jpg.json", second=LAST_ROUND + index)
        cloud.put_record(f"failures/9{index:02d}.jpg.json", second=LAST_ROUND - HOUR)
    cloud.run()
    read = [key for action, key in cloud.store.requests if action == "get" and key != STATE]
    assert sorted(read) == [f"results/{index:02d}.jpg.json" for index in range(20)]
    cloud.store.requests.clear()
    cloud.store.second += HOUR
    cloud.run()
    assert [key for action, key in cloud.store.requests if action == "get"] == [STATE]


def test_a_record_that_comes_behind_a_checkpoint_is_found_by_the_next_round() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"B")
    cloud.put_record("results/a.jpg.json", b"A", second=THIS_ROUND + 10)
    cloud.put("incoming/b.jpg")
    cloud.store.records[STATE] = {
        "after": "incoming/a.jpg",
        "started_at": time_of(THIS_ROUND),
        "last_started_at": time_of(LAST_ROUND),
    }
    assert cloud.run()["inputs"] == 1
    assert cloud.run()["inputs"] == 2
    assert cloud.store.records["results/a.jpg.json"]["source"]["etag"] == etag(b"B")


def test_a_wrong_record_whose_input_fails_is_mended_later() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg", b"B")
    cloud.put_record("results/a.jpg.json", b"A", second=LAST_ROUND + 20)
    with pytest.raises(UploadsFailed):
        cloud.run()
    cloud.store.second += DAY
    cloud.run()
    assert cloud.store.records["results/a.jpg.json"]["source"]["etag"] == etag(b"B")


def test_the_first_sweep_compares_all_records() -> None:
    cloud = Cloud()
    del cloud.store.records[STATE]
    cloud.put("incoming/a.jpg", b"B")
    cloud.put_record("results/a.jpg.json", b"A")
    assert cloud.run()["recognized"] == 1


def test_the_state_of_a_former_version_is_continued() -> None:
    cloud = Cloud()
    cloud.store.records[STATE] = {"after": "incoming/a.jpg"}
    for name in "ab":
        cloud.put(f"incoming/{name}.jpg")
    assert cloud.run()["inputs"] == 1
    assert cloud.run()["inputs"] == 2


def test_a_key_that_software_resolves_becomes_a_failure() -> None:
    cloud = Cloud()
    cloud.put("incoming/a/../b.jpg")
    assert cloud.run() == {"inputs": 1, "unsure": 1, "failed": 1}
    assert cloud.run() == {"inputs": 1, "unsure": 1, "duplicate": 1}
    assert list(cloud.statuses.values()) == ["failed"]


def test_a_sweep_without_a_bucket_names_the_missing_setting() -> None:
    with pytest.raises(ConfigurationError, match="BUCKET"):
        Cloud(BUCKET="").run()


class HugeBucket:
    """A huge bucket whose listings are generated; every hundredth input has no record."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.pages = 0

    def listing(self, prefix: str, after: str) -> Iterator[Entry]:
        assert after in {"", f"{prefix}00000000.jpg.jso"}  # the very first, or just before it
        number = 0
        for index in range(self.inputs if prefix in {"incoming/", "results/"} else 0):
            if prefix == "results/" and index % 100 == 0:
                continue
            self.pages += number % 1000 == 0
            number += 1
            suffix, made = (".json", 30) if prefix == "results/" else ("", 0)
            yield Entry(f"{prefix}{index:08d}.jpg{suffix}", "e", 1, f"2026-11-22T00:00:{made:02d}Z")
        self.pages += number == 0


def test_thousands_of_inputs_are_walked_in_step_and_in_constant_memory() -> None:
    bucket = HugeBucket(10_000)
    list(walk(HugeBucket(3000).listing, DEFAULT_LAYOUT))
    tracemalloc.start()
    missing = seen = 0
    for finding in walk(bucket.listing, DEFAULT_LAYOUT):
        seen += 1
        missing += finding.state is State.MISSING
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (seen, missing) == (10_000, 100)
    assert bucket.pages <= 2 * (bucket.inputs / 1000) + 2
    assert peak < 70_000  # bytes: less than a list of all inputs


PATHS = st.text(st.sampled_from("ab-./j!~é差"), min_size=1, max_size=6)


@given(st.sets(PATHS), st.sets(PATHS), st.sets(PATHS), PATHS | st.just(""))
def test_a_walk_yields_every_input_with_its_state(
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
    found = {
        item.entry.key.removeprefix("incoming/"): item
        for item in walk(listing, DEFAULT_LAYOUT, begin)
    }
    named = {name for name in inputs if name > after}
    assert found.keys() == {
        name for name in named if DEFAULT_LAYOUT.reason_to_ignore(f"incoming/{name}") is None
    }
    for name, item in found.items():
        has = (name in records, name in failures)
        expected = {
            (False, False): State.MISSING,
            (True, False): State.DONE,
            (False, True): State.FAILED,
            (True, True): State.UNSURE,
        }[has]
        assert item.state in {expected, State.UNSURE}
        longer = any(other != name and other.startswith(name) for other in found)
        resolvable = bool({".", ".."} & set(name.split("/")))
        assert item.is_ordered is not (longer or resolvable)
        if item.state is State.UNSURE and has != (True, True):
            assert not item.is_ordered


def pending(outcome: Future[Outcome]) -> Pending:
    entry = Entry("incoming/a.jpg", "e", 1, time_of(0))
    return Pending(Finding(entry, State.MISSING), "", outcome, is_untried=False)


@pytest.mark.parametrize("refusal", [None, InputTooLong("incoming/a.jpg")])
def test_an_input_that_meets_no_outage_between_two_keeps_a_sweep_going(
    refusal: InvocationError | None,
) -> None:
    progress = Progress("", Backlog(datetime.now(timezone.utc)))
    for outage in (True, True, True, True, False, True, True, True, True):
        outcome: Future[Outcome] = Future()
        if outage:
            outcome.set_exception(BUSY)
        elif refusal:
            outcome.set_exception(refusal)
        else:
            outcome.set_result(Outcome.RECOGNIZED)
        progress.collect(pending(outcome))
        assert not progress.is_stopping
    outcome = Future()
    outcome.set_exception(BUSY)
    progress.collect(pending(outcome))
    assert progress.is_stopping


def test_all_errors_of_a_sweep_are_counted_and_the_first_20_named() -> None:
    progress = Progress("", Backlog(datetime.now(timezone.utc)))
    for _ in range(30):
        outcome: Future[Outcome] = Future()
        outcome.set_exception(KeyError("do-not-tell"))
        progress.collect(pending(outcome))
    assert (progress.counts["errors"], len(progress.errors)) == (30, 20)
    assert {(key, error.code) for key, error in progress.errors} == {
        ("incoming/a.jpg", "Function.Fault")
    }
