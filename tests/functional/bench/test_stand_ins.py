"""The stand-ins of the benchmarks, behind the relay that counts their requests."""

from __future__ import annotations

import httpx

from bench.ledger.running import running_server
from bench.ledger.server import BUCKET
from bench.warm.relay import Relay


def test_a_generated_bucket_is_listed_by_way_of_a_relay() -> None:
    with running_server(3, 0) as url, Relay(url) as relay:
        listed = httpx.get(f"{relay.url}/{BUCKET}", params={"prefix": "incoming/"})
        assert (listed.status_code, listed.text.count("<Contents>"), relay.requests) == (200, 3, 1)
