"""The index follows the bucket, and takes decisions at once."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from accounting.review.queue import index as index_module
from accounting.review.queue.filters import Filters
from accounting.review.queue.index import ReviewIndex
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.reviews.entry import Verdict
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.functional.accounting.queue.conftest import Open, SlowStore, compare, settle
from tests.support.ledger.record_store import RecordStore, invoice
from tests.support.review.decisions import decide

Index = Callable[[], ReviewIndex]
ALL = Filters()


def keys(index: ReviewIndex, filters: Filters = ALL) -> list[str]:
    return [row.key.removeprefix("incoming/") for row in index.page(filters).rows]


def numbers(index: ReviewIndex) -> dict[str, str]:
    return {row.key.removeprefix("incoming/"): row.number for row in index.page(ALL).rows}


def test_a_decision_is_there_at_once_and_no_listing_is_needed(
    store: SlowStore, index: Index
) -> None:
    key = store.add("a.jpg", invoice(number="1234"))
    store.add("b.jpg", invoice())
    found = index()
    assert keys(found) == ["a.jpg", "b.jpg"]
    decide(store.bucket, key, Verdict.CORRECTED, {"number": "12345678"})
    store.requests.clear()
    found.update(key)
    row = found.rows_of(key)[0]
    assert (row.number, row.verdict, row.reviewed_by) == ("12345678", "corrected", "王芳")
    assert (row.is_decided, row.score) == (True, 0)
    assert keys(found) == ["b.jpg", "a.jpg"]
    assert {prefix for action, prefix in store.requests if action == "list"} == {"reviews/a.jpg/"}


def test_a_correction_that_makes_or_unmakes_a_duplicate_changes_the_other_row_too(
    store: SlowStore, index: Index
) -> None:
    first = store.add("a.jpg", invoice(number="00000001"), second=1)
    store.add("b.jpg", invoice(number="00000001"), second=2)
    store.add("c.jpg", invoice(number="00000003"), second=3)
    found = index()
    assert [found.rows_of(f"incoming/{name}.jpg")[0].duplicate_of for name in "abc"] == [
        None,
        first,
        None,
    ]
    decide(store.bucket, first, Verdict.CORRECTED, {"number": "00000003"})
    found.update(first)
    assert [found.rows_of(f"incoming/{name}.jpg")[0].duplicate_of for name in "abc"] == [
        None,
        None,
        first,
    ]
    assert found.selection(ALL).total.counted == 2
    assert [each.key for each in found.appearances("144031909110", "00000003")] == [
        first,
        "incoming/c.jpg",
    ]


def test_a_paper_that_is_no_invoice_is_no_first_appearance(store: SlowStore, index: Index) -> None:
    first = store.add("a.jpg", invoice(number="00000001"), second=1)
    store.add("b.jpg", invoice(number="00000001"), second=2)
    decide(store.bucket, first, Verdict.NOT_AN_INVOICE)
    found = index()
    assert found.rows_of("incoming/b.jpg")[0].duplicate_of is None
    [only] = found.appearances("144031909110", "00000001")
    assert only.key == "incoming/b.jpg"


def test_a_new_input_and_a_removed_one_are_seen_at_once(store: SlowStore, index: Index) -> None:
    key = store.add("a.jpg", invoice())
    found = index()
    store.add("b.jpg", invoice(number="00000002"))
    found.update("incoming/b.jpg")
    del store.objects[key]
    found.update(key)
    assert keys(found) == ["b.jpg"]
    compare(found)
    assert keys(found) == ["b.jpg"]


def test_readers_see_the_former_rows_while_the_bucket_is_listed(
    store: SlowStore, index: Index
) -> None:
    store.add("a.jpg", invoice())
    found = index()
    store.add("b.jpg", invoice(number="00000002"))
    store.hold("incoming/")
    found.refresh()
    store.wait_until_held()
    assert (keys(found), found.status().step) == (["a.jpg"], "listing")
    store.release()
    compare(found)
    assert sorted(keys(found)) == ["a.jpg", "b.jpg"]


def test_a_decision_during_a_listing_is_not_undone_by_it(store: SlowStore, index: Index) -> None:
    key = store.add("a.jpg", invoice(number="1"))
    store.add("b.jpg", invoice(number="00000002"))
    found = index()
    store.add("c.jpg", invoice(number="00000003"))
    store.hold("incoming/")
    before = found.status().version
    found.refresh()
    store.wait_until_held()  # the inputs come last
    decide(store.bucket, key, Verdict.CORRECTED, {"number": "12345678"})
    found.update(key)
    assert numbers(found)["a.jpg"] == "12345678"
    store.release()
    while found.status().version < before + 2:
        settle(found)
    assert numbers(found) == {"a.jpg": "12345678", "b.jpg": "00000002", "c.jpg": "00000003"}
    compare(found)
    assert numbers(found)["a.jpg"] == "12345678"


def test_the_later_one_of_two_updates_counts_however_long_each_takes(
    store: SlowStore, index: Index
) -> None:
    key = store.add("a.jpg", invoice(number="1"))
    found = index()
    store.hold("reviews/a.jpg/")
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(found.update, key)
        store.wait_until_held()
        decide(store.bucket, key, Verdict.CORRECTED, {"number": "12345678"})
        found.update(key)
        store.release()
        early.result()
    assert numbers(found) == {"a.jpg": "12345678"}


def test_only_changes_are_downloaded_and_nothing_is_made_anew_without_any(
    store: SlowStore, index: Index
) -> None:
    for number in range(5):
        store.add(f"{number}.jpg", invoice(number=f"1000000{number}"))
    found = index()
    version = found.status().version
    compare(found)
    assert found.status().version == version
    store.add("1.jpg", invoice(number="20000000"))
    store.requests.clear()
    compare(found)
    assert [key for action, key in store.requests if action == "get"] == ["results/1.jpg.json"]
    assert (found.status().version, numbers(found)["1.jpg"]) == (version + 1, "20000000")


def test_the_rows_of_a_former_run_are_there_before_the_bucket_answers(
    store: SlowStore, open_index: Open
) -> None:
    key = store.add("a.jpg", invoice(number="1"), second=1)
    store.add("b.jpg", invoice(number="00000002"), second=2)
    former = open_index()
    settle(former)
    former.close()
    store.hold("incoming/")
    found = open_index()
    assert (found.status().is_ready, sorted(keys(found))) == (True, ["a.jpg", "b.jpg"])
    store.release()
    decide(store.bucket, key, Verdict.CORRECTED, {"number": "00000002"})
    found.update(key)
    assert found.rows_of("incoming/b.jpg")[0].duplicate_of == key


def test_the_table_of_another_version_is_made_anew(
    store: SlowStore, open_index: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("a.jpg", invoice())
    former = open_index()
    settle(former)
    former.close()
    monkeypatch.setattr(index_module, "_VERSION", "other")
    store.hold("incoming/")
    found = open_index()
    assert not found.status().is_ready
    store.release()
    settle(found)
    assert (found.status().is_ready, keys(found)) == (True, ["a.jpg"])


def test_a_failed_comparison_is_told_and_tried_again(store: SlowStore, index: Index) -> None:
    store.add("a.jpg", invoice())
    found = index()
    store.is_broken = True
    found.refresh()
    while not found.status().error:
        settle(found)
    assert "Store.Unreachable" in found.status().error
    assert keys(found) == ["a.jpg"]
    store.is_broken = False
    found.refresh()
    while found.status().error:
        settle(found)


def test_a_record_that_is_restored_from_the_archive_is_seen(store: SlowStore, index: Index) -> None:
    for name in ("a.jpg", "b.jpg"):
        store.archived.add(DEFAULT_LAYOUT.record_key(store.add(name, invoice())))
    found = index()
    assert keys(found) == []
    store.archived.remove(DEFAULT_LAYOUT.record_key("incoming/a.jpg"))
    found.refresh()
    settle(found)
    assert keys(found) == ["a.jpg"]


def test_a_first_appearance_in_the_archive_is_named_by_the_others(
    store: SlowStore, index: Index
) -> None:
    first, *_ = (store.add(f"{name}.jpg", invoice(), second=at) for at, name in enumerate("abc", 1))
    source = store.describe("invoices", first)
    assert source
    record = store.records[DEFAULT_LAYOUT.record_key(first)]
    AppearanceIndex(store, DEFAULT_LAYOUT).note(source, record)
    store.archived.add(DEFAULT_LAYOUT.record_key(first))
    found = index()
    assert set(keys(found)) == {"b.jpg", "c.jpg"}
    made = invoice()
    assert found.appearances(made["code"], made["number"])[0].key == first


def test_a_defect_does_not_end_the_comparisons(
    store: SlowStore, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("a.jpg", invoice())
    found = index()
    with monkeypatch.context() as patch:
        patch.setattr(store, "listing", lambda *_: 1 / 0)
        found.refresh()
        while not found.status().error:
            settle(found)
    assert found.status().error == "division by zero"
    found.refresh()
    while found.status().error:
        settle(found)
    assert keys(found) == ["a.jpg"]


def test_inputs_that_wait_are_counted_and_no_rows(store: SlowStore, index: Index) -> None:
    store.upload("new.jpg")
    store.upload("Thumbs.db")
    found = index()
    assert (found.status().pending, keys(found)) == (1, [])


def test_only_the_owner_can_read_the_cache(index: Index, tmp_path: Path) -> None:
    index()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "review").glob("*.duckdb*")}
    assert modes == {0o600}


def test_closing_does_not_wait_for_a_whole_comparison(
    store: SlowStore, open_index: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = open_index()
    settle(found)
    read: list[str] = []

    def reading(bucket: str, key: str) -> dict[str, Any] | None:
        read.append(key)
        return RecordStore.read(store, bucket, key)

    monkeypatch.setattr(store, "read", reading)
    monkeypatch.setattr("accounting.ledger.download._BATCH", 10)
    for number in range(200):
        store.add(f"{number}.jpg", invoice(number=f"{number:08}"))
    store.hold("incoming/")
    found.refresh()
    store.wait_until_held()
    closing = threading.Thread(target=found.close)
    closing.start()
    while not found._follower._stopped.is_set():  # noqa: SLF001 - the moment of the test
        settle(found)
    store.release()
    closing.join()
    assert len(read) < 200


def test_a_ledger_is_made_of_the_same_cache_without_disturbing_the_rows(
    store: SlowStore, index: Index
) -> None:
    key = store.add("a.jpg", invoice())
    found = index()
    with found.cache() as cache:
        cache.connection.execute("CREATE OR REPLACE TABLE ledger AS SELECT 1 AS x")
        cache.connection.execute("UPDATE chosen SET prefix = 'nothing/'")
        decide(store.bucket, key, Verdict.CONFIRMED)
        found.update(key)
        assert found.rows_of(key)[0].verdict == "confirmed"
