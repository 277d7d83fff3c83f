"""Indexes of buckets in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accounting.review.queue.index import ReviewIndex
from quota_invoice.errors import StoreUnreachable
from quota_invoice.obs.objects import Entry
from tests.support.ledger.record_store import RecordStore

HOUR = 3600.0
Open = Callable[[], ReviewIndex]


class SlowStore(RecordStore):
    """A bucket of which one listing can be held up, with the objects that it began with."""

    def __init__(self) -> None:
        super().__init__()
        self.is_broken = False
        self._held = ""
        self._is_held = threading.Event()
        self._may_go_on = threading.Event()

    def hold(self, prefix: str) -> None:
        """Hold the next listing of a prefix up."""
        self._is_held.clear()
        self._may_go_on.clear()
        self._held = prefix

    def wait_until_held(self) -> None:
        self._is_held.wait()

    def release(self) -> None:
        self._may_go_on.set()

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        found = list(super().listing(bucket, prefix, after))
        if prefix == self._held:
            self._held = ""
            self._is_held.set()
            self._may_go_on.wait()
        if self.is_broken:
            raise StoreUnreachable("Store.Unreachable", f"list {prefix}")
        yield from found


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


@pytest.fixture
def open_index(store: SlowStore, tmp_path: Path) -> Iterator[Open]:
    """Opens the index of the bucket, which may be there from before; the last one is closed."""
    opened: list[ReviewIndex] = []

    def open_index() -> ReviewIndex:
        opened.append(ReviewIndex(store.bucket, tmp_path / "review", HOUR))
        return opened[-1]

    yield open_index
    store.release()
    if opened:
        opened[-1].close()


@pytest.fixture
def index(open_index: Open) -> Callable[[], ReviewIndex]:
    """Opens the index and waits until it has compared itself with the bucket."""

    def index() -> ReviewIndex:
        found = open_index()
        settle(found)
        return found

    return index


def settle(index: ReviewIndex) -> None:
    """Wait until a comparison has ended."""
    while index.status().is_running:
        time.sleep(0.01)


def compare(index: ReviewIndex) -> None:
    """Compare the index with the bucket."""
    former = index.status().synchronized_at
    index.refresh()
    while index.status().is_running or index.status().synchronized_at == former:
        assert not index.status().error
        time.sleep(0.01)
