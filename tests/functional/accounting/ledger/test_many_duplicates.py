"""Duplicates among many invoices: index and ledger name the same ones as a plain comparison."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest

from quota_invoice.obs.objects import Entry, Source
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.fakes import RESULT, IndexedStore, time_of
from tests.support.ledger.record_store import RecordStore
from tests.unit.handler.records.test_appearances import read

INVOICES = int(os.environ.get("DUPLICATES_INVOICES", "3000"))
DUPLICATES = max(INVOICES // 100, 200)
SECONDS = 500  # of all uploads, so that many have the same second
Identity = tuple[str, str]
Rows = Callable[..., list[dict[str, Any]]]


class Store(IndexedStore, RecordStore):
    """A bucket with an index, where something may happen right before or after a listing."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        if not prefix.startswith(DEFAULT_LAYOUT.index_prefix):
            return super().listing(bucket, prefix, after)
        now, self.before = self.before, None
        if now:
            now()
        found = list(super().listing(bucket, prefix, after))
        now, self.after = self.after, None
        if now:
            now()
        return iter(found)


class Files:
    """Files in a bucket, and what a plain comparison has to know of them.

    Attributes:
        shown: the invoices of each file, and the second of the upload that was read.
        changed: the files that did not stay as they were uploaded.
    """

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.index = AppearanceIndex(store, DEFAULT_LAYOUT)
        self.chance = random.Random(seed)
        self.shown: dict[str, tuple[list[Identity], int]] = {}
        self.changed: set[str] = set()
        self._invoices = 0

    def new_invoice(self) -> Identity:
        self._invoices += 1
        return f"1440319{self._invoices % 700:05}", f"{self._invoices * 7_919_993 % 10**8:08}"

    def known_invoice(self) -> Identity:
        return self.chance.choice(self.shown[self.known_file()][0])

    def known_file(self) -> str:
        return self.chance.choice(list(self.shown))

    def new_file(self) -> str:
        return f"incoming/{len(self.store.objects):06}.jpg"

    def upload(
        self, key: str, invoices: list[Identity], second: int | None = None, content: bytes = b""
    ) -> Source:
        second = self.chance.randrange(SECONDS) if second is None else second
        content = content or f"{key} {invoices} {second}".encode()
        self.store.objects[key], self.store.times[key] = content, second
        self.shown[key] = invoices, second
        return Source("invoices", key, etag(content), len(content), None, time_of(second))

    def mark(self, source: Source) -> dict[str, Any]:
        """Note a file's invoices in the index, and return its record, which is not written."""
        results = [
            {**RESULT, "code": code, "number": number} for code, number in self.shown[source.key][0]
        ]
        return self.index.add(source, read(source, *results))

    def write(self, source: Source, record: dict[str, Any]) -> None:
        self.store.records[DEFAULT_LAYOUT.record_key(source.key)] = record

    def read(self, source: Source) -> None:
        self.write(source, self.mark(source))

    def record(self, key: str) -> dict[str, Any]:
        return self.store.records[DEFAULT_LAYOUT.record_key(key)]


def upload_two_at_once(files: Files) -> None:
    """Two files show a new invoice; the second is read while or before the first is written."""
    invoice, second = files.new_invoice(), files.chance.randrange(SECONDS)
    one = files.upload(files.new_file(), [invoice], second)
    other = files.upload(files.new_file(), [invoice], second)
    records: dict[str, dict[str, Any]] = {}

    def mark_other() -> None:
        records[other.key] = files.mark(other)

    match files.chance.randrange(3):
        case 0:
            files.store.before = mark_other
        case 1:
            files.store.after = mark_other
    records[one.key] = files.mark(one)
    if other.key not in records:
        mark_other()
    for source in files.chance.sample([one, other], 2):
        files.write(source, records[source.key])


def upload_again(files: Files) -> None:
    """A file is uploaded again with the same content, which is not read again."""
    files.store.times[files.known_file()] = SECONDS


def delete(files: Files, key: str) -> None:
    del files.store.objects[key], files.shown[key]


def correct(files: Files, key: str) -> None:
    """Another reading of the same content says another number."""
    second = files.shown[key][1]
    files.shown[key] = [files.chance.choice([files.new_invoice, files.known_invoice])()], second
    content = files.store.objects[key]
    files.read(Source("invoices", key, etag(content), len(content), None, time_of(second)))


def replace(files: Files, key: str) -> None:
    """Another content comes under the key: of the same invoice or of another one."""
    same, chance = files.shown[key][0][0], files.chance
    invoice = chance.choice([lambda: same, files.new_invoice, files.known_invoice])()
    files.read(files.upload(key, [invoice], SECONDS + chance.randrange(SECONDS)))


def replace_and_come_back(files: Files, key: str) -> None:
    """The former content comes again after another one: it counts from then on."""
    content, invoices = files.store.objects[key], files.shown[key][0]
    replace(files, key)
    second = 2 * SECONDS + files.chance.randrange(SECONDS)
    files.read(files.upload(key, invoices, second, content))


def replace_unread(files: Files, key: str) -> None:
    """Another content comes under the key, and is not read yet: the file shows no invoice."""
    files.upload(key, [], SECONDS)
    del files.shown[key]


CHANGES = (delete, correct, replace, replace_and_come_back, replace_unread)


def fill(files: Files) -> None:
    """Upload files, of which some repeat others, and change some of them.

    The files are read in another order than that of their uploads.
    """
    for _ in range(INVOICES):
        files.read(files.upload(files.new_file(), [files.new_invoice()]))
    for _ in range(DUPLICATES // 4):  # four duplicates
        files.read(files.upload(files.new_file(), [files.known_invoice()]))
        upload_two_at_once(files)
        invoices = [files.new_invoice(), files.known_invoice(), files.new_invoice()]
        files.read(files.upload(files.new_file(), [*invoices, files.chance.choice(invoices)]))
    repeated = [key for group in appearances(files) for key, _ in group if group[1:]]
    chosen = [
        *files.chance.sample(repeated, DUPLICATES // 2),
        *files.chance.sample(list(files.shown), DUPLICATES),
    ]
    for key in dict.fromkeys(chosen):
        files.changed.add(key)
        files.chance.choice(CHANGES)(files, key)
        upload_again(files)


def appearances(files: Files) -> list[list[tuple[str, int]]]:
    """Return each invoice's keys and entries, by the upload's second, then a hash of the key."""
    found = defaultdict(list)
    for key, (invoices, second) in files.shown.items():
        for entry, invoice in enumerate(invoices, 1):
            found[invoice].append((second, sha256(key.encode()).hexdigest(), key, entry))
    return [[(key, entry) for _, _, key, entry in sorted(group)] for group in found.values()]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.mark.exhaustive
@pytest.mark.timeout(0)  # DUPLICATES_INVOICES tells how long it takes
def test_none_is_missed_and_none_is_false(store: Store, rows: Rows) -> None:
    files = Files(store, seed=1)
    fill(files)
    groups = appearances(files)
    expected = {
        place: None if place == group[0] else group[0][0] for group in groups for place in group
    }
    named = [first for first in expected.values() if first]
    assert len(named) > DUPLICATES // 2

    by_index = {
        (key, entry): invoice["duplicate_of"]
        for key in files.shown
        for entry, invoice in enumerate(files.index.derive(files.record(key))["invoices"], 1)
    }
    assert by_index == expected
    assert {(row["key"], row["entry"]): row["duplicate_of"] for row in rows()} == expected


@pytest.mark.timeout(0)  # as above
def test_of_files_that_stay_one_record_at_most_names_no_other(store: Store) -> None:
    files = Files(store, seed=2)
    fill(files)
    for group in appearances(files):
        keys = {key for key, _ in group}
        if files.changed.isdisjoint(keys):
            firsts = [(key, entry) for key, entry in group if names_none(files, key, entry)]
            assert len(firsts) <= 1


def names_none(files: Files, key: str, entry: int) -> bool:
    return files.record(key)["invoices"][entry - 1]["duplicate_of"] is None
