"""The cache: each record is downloaded once."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounting.errors import AccountingError
from accounting.ledger import download
from accounting.ledger.cache import open_cache
from accounting.ledger.make import Made, make_ledger, write_ledger
from accounting.packet.make import write_packet
from accounting.progress import ignore_progress
from quota_invoice.errors import StoreUnreachable
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.files import formats
from tests.support.ledger.record_store import ALL, RecordStore, invoice
from tests.support.ledger.review import review
from tests.support.paths import ROOT

Make = Callable[..., Made]


def downloads(store: RecordStore) -> list[str]:
    return [key for action, key in store.requests if action == "get"]


def test_only_new_and_changed_records_are_downloaded(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    for number in range(5):
        store.add(f"{number}.jpg", invoice(number=f"1234560{number}"))
    out = tmp_path / "ledger.csv"
    assert make(out).downloaded == 5
    assert make(out).downloaded == 0
    store.add("1.jpg", invoice(number="00000000"))
    store.add("5.jpg", invoice(number="00000001"))
    store.requests.clear()
    assert make(out).downloaded == 2
    assert sorted(downloads(store)) == ["results/1.jpg.json", "results/5.jpg.json"]
    assert make(out).reconciliation.counted[0] == 6


def test_a_failure_that_became_a_record_leaves_nothing_behind(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    key = store.add_failure("a.jpg")
    assert make(tmp_path / "l.csv").reconciliation.states["failed"] == 1
    del store.records[DEFAULT_LAYOUT.failure_key(key)]
    store.add("a.jpg", invoice())
    states = make(tmp_path / "l.csv").reconciliation.states
    assert (states["failed"], states["recognized"]) == (0, 1)


class Interrupted(RecordStore):
    """Refuses to be read after so many records."""

    left = 10**9

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        with self._lock:
            self.left -= 1
            if self.left < 0:
                raise StoreUnreachable("Store.Unreachable", f"get {key}")
        return super().read(bucket, key)


def test_an_interrupted_run_goes_on_after_the_records_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_BATCH", 10)
    store = Interrupted()
    for number in range(40):
        store.add(f"{number}.jpg", invoice(number=f"123456{number:02}"))
    out, cache = tmp_path / "ledger.csv", tmp_path / "cache"
    store.left = 25
    with pytest.raises(StoreUnreachable):
        make_ledger(store.bucket, ALL, out, cache, ignore_progress)
    assert not out.exists()
    store.left = 10**9
    made = make_ledger(store.bucket, ALL, out, cache, ignore_progress)
    assert (made.downloaded, made.reconciliation.counted[0]) == (20, 40)


def test_a_record_in_the_archive_is_named_until_it_is_restored(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    store.archived.add(DEFAULT_LAYOUT.record_key(store.add("a.jpg", invoice())))
    found = make(tmp_path / "l.xlsx").reconciliation
    assert (found.states["archived"], found.unexplained) == (1, 0)
    store.archived.clear()
    assert make(tmp_path / "l.xlsx").reconciliation.states["recognized"] == 1


def test_only_the_owner_can_read_the_files_of_an_open_cache(tmp_path: Path) -> None:
    with open_cache(tmp_path, "invoices") as cache:
        cache.begin_listing()
        cache.add_listed("listed", [("a", "b", "c")])
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {".duckdb": 0o600, ".wal": 0o600}


def test_the_cache_of_another_version_is_removed(tmp_path: Path) -> None:
    kept = ["invoices.x.00000000.duckdb", "other.00000000.duckdb"]
    for name in ("invoices.00000000.duckdb", "invoices.00000000.duckdb.wal", *kept):
        (tmp_path / name).write_bytes(b"former")
    with open_cache(tmp_path, "invoices"):
        pass
    assert sorted(path.name for path in tmp_path.glob("*.00000000.*")) == kept


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from accounting.ledger.cache import open_cache\n"
        "with open_cache(Path(sys.argv[1]), 'b'): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"open\n"
        with (
            pytest.raises(AccountingError, match="another command uses"),
            open_cache(tmp_path, "b"),
        ):
            pass


def test_ledgers_and_packets_are_made_one_after_another_with_an_open_cache(
    store: RecordStore, tmp_path: Path
) -> None:
    key = store.add("a.jpg", invoice(number="11111111"))
    store.objects[key] = formats.jpeg()
    store.records[DEFAULT_LAYOUT.record_key(key)]["source"] = store.source(key)
    told: list[str] = []

    def notice(step: str, done: int, total: int | None) -> None:
        told.append(f"{step} {done}/{total}")

    with open_cache(tmp_path / "cache", "invoices") as cache:
        for name in ("ledger.xlsx", "ledger.csv"):
            made = write_ledger(cache, store.bucket, ALL, tmp_path / name, notice)
            assert made.reconciliation.counted[0] == 1
        assert "writing 0/1" in told
        packet = write_packet(cache, store.bucket, ALL, tmp_path / "packet.zip", notice)
        assert packet.totals.invoices == 1
        assert "originals 0/1" in told
        review(store, key, fields={"amount": "￥2.00"})
        made = write_ledger(cache, store.bucket, ALL, tmp_path / "ledger.csv", notice)
    assert made.downloaded == 1
    assert made.reconciliation.counted == (1, Decimal("2.00"))
    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert names == {"ledger.xlsx", "ledger.csv", "packet.zip"}


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".jsonl", ".parquet"])
def test_a_ledger_that_is_stopped_leaves_the_former_file(
    store: RecordStore, make: Make, tmp_path: Path, suffix: str
) -> None:
    store.add("a.jpg", invoice())
    out = tmp_path / f"ledger{suffix}"
    make(out)
    former = out.read_bytes()

    def stop(step: str, done: int, total: int | None) -> None:
        del done
        if step == "writing" and (total == 1 or suffix == ".parquet"):
            raise InterruptedError

    with (
        open_cache(tmp_path / "cache", "invoices") as cache,
        pytest.raises(InterruptedError),
    ):
        write_ledger(cache, store.bucket, ALL, out, stop)
    assert out.read_bytes() == former
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [out.name]


def test_a_cache_from_before_other_last_days_of_invoices_is_not_used() -> None:
    program = (
        "from quota_invoice.invoice import expiry_rules as rules; import sys;"
        "days = rules.table(); rules.table = lambda: (days, sys.argv[1:]);"
        "from accounting.ledger.cache import VERSION; print(VERSION)"
    )
    versions = [
        subprocess.run(  # noqa: S603 - the program above
            [sys.executable, "-c", program, *days],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for days in ([], [], ["广东省 2025-06-30"])
    ]
    assert versions[0] == versions[1] != versions[2]


def test_a_damaged_cache_is_told_in_one_line(tmp_path: Path) -> None:
    with open_cache(tmp_path, "invoices"):
        pass
    [path] = [path for path in tmp_path.iterdir() if path.is_file()]
    path.write_bytes(path.read_bytes()[:5000])
    with (
        pytest.raises(AccountingError, match="if it is damaged, remove it"),
        open_cache(tmp_path, "invoices"),
    ):
        pass


@pytest.mark.parametrize("place", [0.5, 1])
def test_a_damaged_block_is_told_in_one_line(tmp_path: Path, place: float) -> None:
    with open_cache(tmp_path, "invoices") as cache:
        cache.connection.execute(
            "CREATE TABLE large AS SELECT hash(range) AS value FROM range(300000)"
        )
    [path] = [path for path in tmp_path.iterdir() if path.is_file()]
    block = 2**18  # bytes; after 12 KB of headers
    start = 12288 + int(place * (path.stat().st_size // block - 1)) * block
    with path.open("r+b") as file:
        file.seek(start + 5000)
        file.write(b"damaged" * 99)
    with (
        pytest.raises(AccountingError, match=r"Corrupt database file.*remove it"),
        open_cache(tmp_path, "invoices") as cache,
    ):
        cache.connection.execute("SELECT sum(value) FROM large")
