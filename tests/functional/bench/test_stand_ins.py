"""The stand-ins of the benchmarks, and their bucket, behind the relay that counts requests."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bench.ledger.running import running_server
from bench.ledger.server import BUCKET
from bench.warm.relay import Relay
from local.bucket.bucket import LocalBucket
from quota_invoice.errors import StoreRefused
from quota_invoice.obs.store import ObsStore
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings


def test_a_generated_bucket_is_listed_by_way_of_a_relay() -> None:
    with running_server(3, 0) as url, Relay(url) as relay:
        listed = httpx.get(f"{relay.url}/{BUCKET}", params={"prefix": "incoming/"})
        assert (listed.status_code, listed.text.count("<Contents>"), relay.requests) == (200, 3, 1)


def test_a_function_that_signs_as_deployed_reaches_the_bucket_by_way_of_a_relay(
    tmp_path: Path,
) -> None:
    bucket = LocalBucket("invoices", tmp_path, None, is_open=True)

    def store_at(url: str) -> ObsStore:
        user_data = bucket.settings() | {"OBS_SIGNATURE": "obs", "OBS_ENDPOINT": url}
        return ObsStore.connect(Settings.read(user_data.get, "p1"), Credentials("AK", "SK", "tok"))

    try:
        bucket.wait()
        with Relay(bucket.endpoint) as relay:
            store = store_at(relay.url)
            store.write("invoices", "results/a.jpg.json", {"code": "144031800111"})
            record = store.read("invoices", "results/a.jpg.json")
            assert (record, relay.requests) == ({"code": "144031800111"}, 2)
        with pytest.raises(StoreRefused):  # SeaweedFS does not know the signature
            store_at(bucket.endpoint).read("invoices", "results/a.jpg.json")
    finally:
        bucket.stop()
