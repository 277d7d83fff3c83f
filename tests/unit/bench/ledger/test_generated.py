"""The benchmark's bucket: its records are like real ones, and the server serves the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from accounting.bucket import open_bucket
from bench.ledger.generated import GeneratedBucket
from bench.ledger.in_process import main
from bench.ledger.server import BUCKET, application
from local.http_server import HttpServer
from quota_invoice.obs.objects import Entry

PREFIXES = ("incoming/", "results/", "failures/")


def test_one_record_of_a_hundred_is_a_duplicate(tmp_path: Path) -> None:
    main(1000, tmp_path / "ledger.jsonl", tmp_path / "cache")
    lines = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1000
    assert sum('"duplicate_of": "incoming/' in line for line in lines) == 10


def test_a_change_has_another_etag_than_before() -> None:
    before, after = ([*GeneratedBucket(9, n).listing("b", "results/")] for n in (0, 3))
    changed = [entry.key for entry, other in zip(before, after, strict=True) if entry != other]
    assert changed == [f"results/2026/{number:08}.jpg.json" for number in range(3)]


def test_the_server_lists_and_returns_the_same_objects() -> None:
    objects = GeneratedBucket(1500)
    server = HttpServer(application(objects))
    try:
        bucket = open_bucket(
            {
                "HW_ACCESS_KEY": "access",
                "HW_SECRET_KEY": "secret",
                "BUCKET": BUCKET,
                "OBS_ENDPOINT": server.url,
                "OBS_SIGNATURE": "v4",
                "OBS_PATH_STYLE": "true",
            }
        )
        for prefix in PREFIXES:
            assert entries(bucket.listing(prefix)) == entries(objects.listing(BUCKET, prefix))
        key = "results/2026/00001200.jpg.json"
        assert bucket.store.read(BUCKET, key) == objects.read(BUCKET, key)
    finally:
        server.stop()


def entries(listing: Iterator[Entry]) -> list[tuple[str, str]]:
    return [(entry.key, entry.etag) for entry in listing]
