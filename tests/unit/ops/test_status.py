"""The status counts each input once, reads each record once, and names the points for a person."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.status.cache import SummaryCache
from ops.status.inventory import Inventory, InventoryTaker
from ops.status.report import Report, digest_of
from ops.status.summary import Summary, summarize
from ops.status.sweeps import LastSweep, last_line, last_sweep
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.invoice.fields import NAMES
from quota_invoice.obs.objects import Entry
from quota_invoice.reviews.entry import FIRST_BY_HAND, SCHEMA
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.fakes import FIRST_SECOND, FakeStore, time_of

BUCKET = "invoices"
RUNNING = LastSweep(FIRST_SECOND, "", is_dead=False, result={})
NOW = FIRST_SECOND + timedelta(minutes=30)


class Bucket(FakeStore):
    """A bucket in which records have ETags of their contents, as in a real one."""

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        for entry in super().listing(bucket, prefix, after):
            content = self.records.get(entry.key)
            yield entry._replace(etag=etag(json.dumps(content).encode())) if content else entry

    def upload(self, name: str, second: int = 0) -> str:
        key = f"incoming/{name}"
        self.objects[key], self.times[key] = name.encode(), second
        return key

    def add_record(self, name: str, second: int = 10, **members: Any) -> None:
        key = self.upload(name)
        record = {
            "status": "recognized",
            "source": {"etag": etag(name.encode())},
            "invoices": [{"needs_review": False}],
            "ocr": {"api": "quota-invoice", "attempts": 1},
            "processed_at": "2026-11-22T00:00:00.000Z",
            "name": name,  # makes the record's ETag its own
            **members,
        }
        record_key = DEFAULT_LAYOUT.record_key(key)
        self.records[record_key], self.times[record_key] = record, second

    def add_failure(self, name: str, code: str) -> None:
        key = self.upload(name)
        failure = {"status": "failed", "source": {"etag": etag(name.encode())}}
        failure_key = DEFAULT_LAYOUT.failure_key(key)
        self.records[failure_key] = {**failure, "error": {"code": code}, "name": name}
        self.times[failure_key] = 10

    def take(self, folder: Path, seconds: float = 1e9) -> Inventory:
        """Take the inventory; each look at the clock takes a second."""
        cache = SummaryCache.open(folder, "https://obs.test", BUCKET)
        clock = itertools.count()
        taker = InventoryTaker(self, BUCKET, DEFAULT_LAYOUT, cache, lambda: float(next(clock)))
        with cache.saved():
            taker.list()
            return taker.read(seconds)


@pytest.fixture
def bucket() -> Bucket:
    found = Bucket()
    found.add_record("good 1.jpg")
    found.add_record("doubtful+%.jpg", invoices=[{"needs_review": True}, {}])
    found.add_record("票.jpg", ocr={"api": "auto-classification", "attempts": 3}, invoices=[{}, {}])
    found.add_failure("a.txt", "File.NotAnImage")
    found.add_failure("b.txt", "File.NotAnImage")
    found.add_failure("c.jpg", "AIS.0104")
    found.upload("new.jpg", 25)
    found.upload("newer.jpg", 28)
    found.records["retries/new.jpg.2.json"] = {"status": "pending"}
    return found


def test_each_input_is_counted_once_by_its_state(bucket: Bucket, tmp_path: Path) -> None:
    found = bucket.take(tmp_path)
    assert (found.inputs, found.records, found.pending, found.waiting) == (8, 3, 2, 1)
    assert found.failures == {"File.NotAnImage": 2, "AIS.0104": 1}
    assert (found.doubtful, found.unread) == (1, 0)
    assert found.oldest is not None
    assert found.oldest.key == "incoming/new.jpg"


def test_a_ticket_that_was_read_is_billed_and_each_attempt_is_a_call(
    bucket: Bucket, tmp_path: Path
) -> None:
    found = bucket.take(tmp_path)
    assert found.calls == {"2026-11": 5}
    assert found.billed == {"2026-11": 4}


def test_an_invoice_that_a_person_entered_is_not_billed() -> None:
    read, by_hand = {"review": None}, {"review": {"is_by_hand": True, "verdict": "corrected"}}
    record = {"ocr": {"api": "auto-classification"}, "invoices": [read, by_hand]}
    assert summarize(record).billed == 1


def test_the_month_is_that_of_the_bill() -> None:
    record = {"ocr": {"api": "quota-invoice"}, "processed_at": "2026-10-31T16:00:00.000Z"}
    assert summarize(record).month == "2026-11"


def test_a_record_that_is_not_older_than_its_input_is_compared_with_it(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.add_record("same second.jpg", second=0)
    bucket.add_record("replaced.jpg", second=0, source={"etag": "of another content"})
    found = bucket.take(tmp_path)
    assert (found.records, found.pending) == (1, 1)


def test_records_whose_keys_end_in_a_hash_are_found(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.add_record("../a.jpg")
    assert bucket.take(tmp_path).records == 1


def test_a_record_is_read_once_until_it_changes(bucket: Bucket, tmp_path: Path) -> None:
    first = bucket.take(tmp_path)
    bucket.requests.clear()
    assert bucket.take(tmp_path) == first
    assert [key for action, key in bucket.requests if action == "get"] == []
    bucket.add_record("good 1.jpg", invoices=[{"needs_review": True}])
    assert bucket.take(tmp_path).doubtful == 2
    reads = [key for action, key in bucket.requests if action == "get"]
    assert reads == ["results/good 1.jpg.json"]


def test_records_that_were_not_read_in_time_are_named(bucket: Bucket, tmp_path: Path) -> None:
    found = bucket.take(tmp_path, seconds=0)
    assert (found.records, found.unread, found.read) == (3, 3, 0)
    assert found.failures == {"not read": 3}
    report = Report("stage dev", NOW, found, RUNNING)
    assert report.to_json()["records_not_read"] == 3
    # Another run reads the rest.
    assert bucket.take(tmp_path).unread == 0


def test_failures_are_read_before_records_of_the_second_of_their_upload(tmp_path: Path) -> None:
    bucket = Bucket()
    for number in range(300):
        bucket.add_record(f"{number:03}.jpg", second=0)
    bucket.add_failure("z.txt", "File.NotAnImage")
    bucket.times["failures/z.txt.json"] = 0
    found = bucket.take(tmp_path, seconds=40)
    assert found.failures == {"File.NotAnImage": 1}
    assert found.undecided > 0


def test_the_cache_is_its_owners_and_holds_no_field_of_an_invoice(
    bucket: Bucket, tmp_path: Path
) -> None:
    folder = tmp_path / "status"
    bucket.add_record("secret.jpg", invoices=[{"code": "144031909110", "needs_review": True}])
    bucket.take(folder)
    [file] = folder.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert "144031909110" not in file.read_text()
    assert "secret.jpg" not in file.read_text()


@pytest.mark.parametrize("content", ["", "{", '{"version": 0}', '{"version": 1, "records": [1]}'])
def test_a_damaged_cache_is_made_again(bucket: Bucket, tmp_path: Path, content: str) -> None:
    expected = bucket.take(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_text(content)
    assert bucket.take(tmp_path) == expected


def test_facts_of_records_that_are_gone_leave_the_cache(bucket: Bucket, tmp_path: Path) -> None:
    bucket.take(tmp_path)
    [file] = tmp_path.iterdir()
    before = len(json.loads(file.read_text())["records"])
    del bucket.records["results/good 1.jpg.json"]
    bucket.take(tmp_path)
    assert len(json.loads(file.read_text())["records"]) == before - 1


def test_a_run_that_is_interrupted_keeps_the_facts_of_former_runs(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.take(tmp_path)
    [file] = tmp_path.iterdir()
    before = json.loads(file.read_text())["records"]

    def interrupt(*_: str) -> Iterator[Entry]:
        raise KeyboardInterrupt

    bucket.listing = interrupt  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        bucket.take(tmp_path)
    assert json.loads(file.read_text())["records"] == before


@pytest.mark.parametrize(
    "record", [{}, {"invoices": 1, "ocr": 2}, {"status": "failed", "error": 1}]
)
def test_a_record_of_another_program_is_no_error(record: dict[str, Any]) -> None:
    assert summarize(record) in {Summary(""), Summary("", code="unknown")}


def inventory(**members: Any) -> Inventory:
    return replace(Inventory(), **members)


def test_a_quiet_stage_needs_nobody() -> None:
    young = Entry("incoming/a.jpg", "e", 1, time_of(0))
    found = inventory(inputs=1, pending=1, oldest=young)
    report = Report("stage dev", NOW, found, RUNNING, deployed="d", built="d")
    assert report.needs_a_person == []


@pytest.mark.parametrize(
    ("changes", "point"),
    [
        (
            {"inventory": inventory(failures=Counter({"AIS.0104": 2}))},
            "failed inputs: 2",
        ),
        ({"inventory": inventory(doubtful=3)}, "doubtful records: 3"),
        (
            {
                "inventory": inventory(
                    pending=1, oldest=Entry("incoming/a.jpg", "e", 1, time_of(-7200))
                )
            },
            "pending for 2 h 30 min",
        ),
        ({"sweep": replace(RUNNING, is_dead=True)}, "the sweep does not run"),
        ({"built": "another"}, "not that of build/function.zip"),
    ],
)
def test_each_point_that_needs_a_person_is_named(changes: dict[str, Any], point: str) -> None:
    report = Report("stage dev", NOW, inventory(), RUNNING, deployed="d", built="d")
    [found] = replace(report, **changes).needs_a_person
    assert point in found


def test_a_zip_that_is_not_built_is_no_difference(tmp_path: Path) -> None:
    assert digest_of(tmp_path / "function.zip") is None
    assert Report("s", NOW, inventory(), RUNNING, deployed="d").needs_a_person == []


def test_the_digest_is_that_of_functiongraph(tmp_path: Path) -> None:
    path = tmp_path / "function.zip"
    path.write_bytes(b"code")
    assert digest_of(path) == hashlib.sha512(b"code").hexdigest()


@pytest.mark.parametrize(
    ("schedule", "minutes", "is_dead"),
    [
        ("15m", 44, False),
        ("15m", 46, True),
        ("@every 2h", 200, False),
        ("@every 2h", 256, True),
        ("0 0 2 * * ?", 9999, False),
        (None, 9999, False),
    ],
)
def test_a_sweep_that_missed_two_turns_is_dead(
    schedule: str | None, minutes: int, *, is_dead: bool
) -> None:
    store = FakeStore()
    store.records["failures/.sweep"] = {"last_started_at": time_of(0)}
    now = FIRST_SECOND + timedelta(minutes=minutes)
    found = last_sweep(store, BUCKET, DEFAULT_LAYOUT, schedule, None, None, now)
    assert (found.at, found.is_dead) == (FIRST_SECOND, is_dead)


@pytest.mark.parametrize(
    ("schedule", "minutes", "is_dead"),
    [
        ("15m", 44, False),
        ("15m", 46, True),
        ("0 0 2 * * ?", 2894, False),
        ("0 0 2 * * ?", 2896, True),
        (None, 9999, False),
        ("15m", None, False),  # no input waits, as in a stage that was just deployed
    ],
)
def test_a_sweep_that_never_ran_is_dead_if_an_input_waited_for_two_turns(
    schedule: str | None, minutes: int | None, *, is_dead: bool
) -> None:
    oldest = None if minutes is None else time_of(0)
    now = FIRST_SECOND + timedelta(minutes=minutes or 0)
    found = last_sweep(FakeStore(), BUCKET, DEFAULT_LAYOUT, schedule, None, oldest, now)
    assert (found.at, found.is_dead) == (None, is_dead)


def test_the_result_of_the_last_sweep_comes_from_the_log() -> None:
    lines = [
        '{"step": "sweep", "outcome": "error", "ms": 1}',
        '2026-11-22 {"step": "sweep", "outcome": "ok", "counts": {"inputs": 2}, "ms": 5.0}',
        'the word "sweep" alone',
        '{"step": "upload", "key": "incoming/\\"sweep\\".jpg"}',
    ]
    store = FakeStore()
    store.records["failures/.sweep"] = {"after": "incoming/k.jpg"}
    found = last_sweep(store, BUCKET, DEFAULT_LAYOUT, "15m", last_line(lines), None, NOW)
    assert found.result == {"outcome": "ok", "counts": {"inputs": 2}, "ms": 5.0}
    assert found.continues_after == "incoming/k.jpg"


def decide(bucket: Bucket, name: str, verdict: str, **members: Any) -> str:
    """Add an entry of a review, and return its object's key."""
    key = f"incoming/{name}"
    is_by_hand = members.get("invoice", 1) > 1
    value = {
        "schema": SCHEMA,
        "key": key,
        "etag": etag(name.encode()),
        "invoice": 1,
        "read": {} if is_by_hand else dict.fromkeys(NAMES, ""),
        "processed_at": None,
        "by": "李会计",
        "at": "2026-11-23T00:00:00Z",
        "verdict": verdict,
        "fields": {},
        "duplicate_of": None,
        "accepted": [f"missing_field.{field}" for field in NAMES],
        "changes": [],
        "reason": "",
        "revision": "",
        "seen": [],
        **members,
    }
    count = len(bucket.records)
    entry = f"reviews/{name}/20261123T000000.{count:06}Z-0123abcd.json"
    bucket.records[entry] = value
    return entry


def test_doubtful_records_and_failures_that_a_person_decided_are_no_more(
    bucket: Bucket, tmp_path: Path
) -> None:
    before = bucket.take(tmp_path)
    decide(bucket, "doubtful+%.jpg", "confirmed")
    decide(bucket, "c.jpg", "corrected", invoice=FIRST_BY_HAND)
    decide(bucket, "good 1.jpg", "confirmed")
    decide(bucket, "good 1.jpg", "not_an_invoice")
    bucket.requests.clear()
    found = bucket.take(tmp_path)
    assert (before.doubtful, before.reviewed) == (1, 0)
    assert found.reviews == Counter(confirmed=1, by_hand=1, conflict=1)
    assert found.reviewed == 3
    assert found.doubtful == 1  # the conflict
    assert found.failures.total() == before.failures.total() - 1
    assert found.records == before.records + 1
    assert len([key for action, key in bucket.requests if action == "get"]) == 3 + 4
    assert bucket.requests.count(("list", "reviews/")) == 1
    bucket.requests.clear()
    assert bucket.take(tmp_path) == found
    assert [key for action, key in bucket.requests if action == "get"] == []
    points = Report("stage dev", NOW, found, RUNNING).needs_a_person
    assert "invoices on which people decided differently: 1" in points


def test_a_decision_in_the_archive_leaves_the_record_as_it_was_read(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = decide(bucket, "doubtful+%.jpg", "confirmed")
    read = bucket.read

    def read_unarchived(name: str, key: str) -> dict[str, Any] | None:
        if key == entry:
            raise ObjectUnavailable("Object.Archived", f"get {key}")
        return read(name, key)

    monkeypatch.setattr(bucket, "read", read_unarchived)
    found = bucket.take(tmp_path)
    assert (found.doubtful, found.reviewed) == (1, 1)
