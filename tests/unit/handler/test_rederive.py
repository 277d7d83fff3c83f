"""The present rules reach all records, without OCR, and nothing else changes."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ops.rederive.rules import rederive_all
from quota_invoice.errors import ObjectUnavailable, StoreUnreachable, UploadsFailed
from tests.support.announce import etag
from tests.support.fakes import RESULT, IndexedStore
from tests.unit.handler.test_sweep import Cloud

A, B = "results/a.jpg.json", "results/b.jpg.json"
FORMER = {"version": "2", "run": [], "not_run": []}
REVIEW = "reviews/a.jpg/1.json"


def read(count: int) -> Cloud:
    """Return a bucket with one or two inputs, whose records are of former rules."""
    numbers = [{**RESULT, "number": f"{number:08}"} for number in range(count)]
    cloud = Cloud(*numbers)
    for name in "ab"[:count]:
        cloud.put(f"incoming/{name}.jpg")
    cloud.run()
    cloud.store.times |= dict.fromkeys(cloud.store.records, 30)
    for record in cloud.records.values():
        record["rules"] = FORMER
        record["invoices"][0]["findings"] = []
    cloud.store.markers.clear()
    cloud.store.requests.clear()
    cloud.ocr.given.clear()
    return cloud


def run_sweep(cloud: Cloud) -> dict[str, int]:
    return cloud.run(rederive=True)


def run_command(cloud: Cloud) -> dict[str, int]:
    return dict(rederive_all(cloud.settings, cloud.store, "", lambda *_: None, is_dry=False))


@pytest.mark.parametrize("run", [run_sweep, run_command])
def test_records_of_former_rules_get_the_present_findings(
    run: Callable[[Cloud], dict[str, int]],
) -> None:
    cloud = read(2)
    cloud.store.records[REVIEW] = {"code": "corrected"}
    before = copy.deepcopy(cloud.records)
    cloud.store.requests.clear()
    assert run(cloud)["rederived"] == 2
    assert cloud.ocr.given == []
    # No input is read, which an OCR request needs, in this process or another one.
    assert {action for action, _ in cloud.store.requests} <= {"get", "head", "list", "put"}
    for key in (A, B):
        record = cloud.store.records[key]
        assert record["rules"]["version"] != "2"
        assert record["invoices"][0]["findings"][0]["code"] == "not_verifiable"
        same = record.keys() - {"rules", "invoices"}
        assert {name: record[name] for name in same} == {name: before[key][name] for name in same}
    assert len(cloud.store.markers) == 2
    assert cloud.store.records[REVIEW] == {"code": "corrected"}
    written = [key for key in cloud.store.writes if not key.startswith("failures/")]
    assert sorted(written) == [A, B]
    cloud.store.requests.clear()
    assert run(cloud)["unchanged"] == 2
    assert [key for key in cloud.store.writes if not key.startswith("failures/")] == []


def test_an_archived_record_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = read(2)
    given = cloud.store.read

    def refuse(bucket: str, key: str) -> dict[str, Any] | None:
        if key == A:
            raise ObjectUnavailable("Object.Archived", "archived")
        return given(bucket, key)

    monkeypatch.setattr(cloud.store, "read", refuse)
    assert run_command(cloud) == {"archived": 1, "rederived": 1}


def test_a_dry_run_writes_nothing() -> None:
    cloud = read(2)
    counts = rederive_all(cloud.settings, cloud.store, "", lambda *_: None, is_dry=True)
    assert counts == {"rederived": 2}
    assert {action for action, _ in cloud.store.requests} <= {"get", "list"}


@pytest.mark.parametrize("is_dry", [True, False])
def test_records_that_only_get_a_new_version_are_counted_apart(is_dry: bool) -> None:
    cloud = read(2)
    run_command(cloud)
    for key in (A, B):
        cloud.store.records[key]["rules"] = FORMER
    cloud.store.records[A]["invoices"][0]["findings"] = []
    counts = rederive_all(cloud.settings, cloud.store, "", lambda *_: None, is_dry=is_dry)
    assert counts == {"renumbered": 1, "rederived": 1}


def test_only_records_below_a_path_are_touched_and_each_is_told() -> None:
    cloud, told = read(2), []

    def tell(counts: Counter[str], key: str) -> None:
        told.append((counts.total(), key))

    rederive_all(cloud.settings, cloud.store, "b", tell, is_dry=False)
    assert cloud.store.writes == [B]
    assert told == [(1, "incoming/b.jpg")]


def test_the_record_of_a_replaced_or_removed_input_is_left_alone() -> None:
    cloud = read(2)
    cloud.store.objects["incoming/a.jpg"] = b"another"
    del cloud.store.objects["incoming/b.jpg"]
    assert run_command(cloud) == {"gone": 1}
    assert (cloud.store.writes, cloud.store.markers) == ([], {})


def test_an_input_that_is_replaced_meanwhile_keeps_the_record_of_the_other_invocation() -> None:
    cloud = read(1)
    write = cloud.store.write

    def replacing(bucket: str, key: str, record: Any) -> None:
        write(bucket, key, record)
        cloud.store.objects["incoming/a.jpg"] = b"another"  # between the index and the record

    cloud.store.write = replacing  # type: ignore[method-assign]
    assert run_command(cloud) == {"gone": 1}
    assert cloud.store.records[A]["rules"] == FORMER


@pytest.mark.parametrize("moment", ["before the write", "during the write"])
def test_a_newer_record_that_comes_meanwhile_is_kept_or_told(moment: str) -> None:
    cloud, newer = read(1), {"source": {"etag": etag(b"another")}}
    describe, write = cloud.store.describe, cloud.store.write

    def replace() -> None:
        cloud.store.objects["incoming/a.jpg"] = b"another"
        cloud.store.records[A] = newer

    def replacing(bucket: str, key: str) -> Any:
        found = describe(bucket, key)
        replace()
        return found

    def writing(bucket: str, key: str, record: Any) -> None:
        write(bucket, key, record)
        if key == A:
            cloud.store.objects["incoming/a.jpg"] = b"another"

    if moment == "before the write":
        cloud.store.describe = replacing  # type: ignore[method-assign]
    else:
        cloud.store.write = writing  # type: ignore[method-assign]
    assert run_command(cloud) == {"gone": 1}
    if moment == "before the write":
        assert cloud.store.records[A] == newer


def read_late() -> Cloud:
    """Return a bucket with an invoice twice: the record of the first upload came last."""
    cloud = Cloud(RESULT, RESULT)
    for name, second in (("late", 20), ("early", 10)):
        cloud.put(f"incoming/{name}.jpg", second=second, content=name.encode())
        cloud.run()
    cloud.ocr.given.clear()
    return cloud


def test_a_dry_run_counts_as_the_real_run_does() -> None:
    cloud = read_late()
    counts = [
        rederive_all(cloud.settings, cloud.store, "", lambda *_: None, is_dry=is_dry)
        for is_dry in (True, False, True, False)
    ]
    assert counts == [{"rederived": 2}] * 2 + [{"unchanged": 2}] * 2
    named = [
        cloud.store.records[f"results/{name}.jpg.json"]["invoices"][0]["duplicate_of"]
        for name in ("early", "late")
    ]
    assert named == [None, "incoming/early.jpg"]
    assert cloud.ocr.given == []


def test_a_first_file_whose_record_never_came_is_no_longer_named() -> None:
    cloud = read_late()
    del cloud.store.records["results/early.jpg.json"]  # killed after its entry in the index
    cloud.store.records["results/late.jpg.json"]["invoices"][0]["duplicate_of"] = (
        "incoming/early.jpg"
    )
    assert run_command(cloud) == {"rederived": 1}
    record = cloud.store.records["results/late.jpg.json"]
    assert record["invoices"][0]["duplicate_of"] is None


def test_a_record_that_the_function_did_not_write_is_left_alone() -> None:
    cloud = read(1)
    for record in ({}, {"status": "recognized"}, {"status": "recognized", "ocr": []}):
        cloud.store.records[A] = {**record, "source": {"etag": etag(b"image")}}
        assert run_command(cloud) == {"unusable": 1}
    assert cloud.store.writes == []


def test_a_failure_of_one_record_costs_no_other_in_a_sweep() -> None:
    cloud = read(2)
    read_stored = cloud.store.read

    def failing(bucket: str, key: str) -> Any:
        if key == A:
            raise StoreUnreachable("Store.Unreachable", "get: TimeoutError")
        return read_stored(bucket, key)

    cloud.store.read = failing  # type: ignore[method-assign]
    with pytest.raises(UploadsFailed, match="1 of 2"):
        cloud.run(rederive=True)
    assert cloud.store.records[B]["rules"] != FORMER
    assert not [key for key in cloud.store.records if key.startswith("retries/")]


@pytest.mark.exhaustive
@pytest.mark.parametrize("run", [run_sweep, run_command])
def test_thousands_of_records_take_no_ocr_request_and_corrections_stay(
    run: Callable[[Cloud], dict[str, int]],
) -> None:
    cloud, template = Cloud(), read(1).store.records[A]
    cloud.store, many = IndexedStore(), 2100  # more than two pages of a listing
    reviews = {f"reviews/{number:05}.jpg/1.json": {"code": "new"} for number in range(0, many, 100)}
    cloud.store.records = copy.deepcopy(reviews)
    for number in range(many):
        key, record = f"incoming/{number:05}.jpg", copy.deepcopy(template)
        cloud.put(key)
        record["source"]["key"], record["result"]["number"] = key, f"{number:08}"
        cloud.store.records[f"results/{number:05}.jpg.json"] = record
        cloud.store.times[f"results/{number:05}.jpg.json"] = 30
    assert run(cloud)["rederived"] == many
    assert run(cloud)["unchanged"] == many
    assert cloud.ocr.given == []
    # No input is read, which an OCR request needs, in this process or another one.
    assert {action for action, _ in cloud.store.requests} <= {"get", "head", "list", "put"}
    written = Counter(key.partition("/")[0] for key in cloud.store.writes)
    assert (written.pop("results"), written.keys() - {"failures"}) == (many, set())
    assert {key: cloud.store.records[key] for key in reviews} == reviews
