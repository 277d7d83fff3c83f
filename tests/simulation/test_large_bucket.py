"""A sweep over a bucket of many inputs."""

from __future__ import annotations

import pytest

from tests.unit.handler.test_sweep import STATE, Cloud


@pytest.mark.exhaustive
def test_a_sweep_over_twenty_thousand_inputs_reads_no_old_failure() -> None:
    cloud = Cloud()
    for index in range(20_000):
        cloud.store.objects[f"incoming/{index:06d}.jpg"] = b""
        made = "failures" if index % 10 == 0 else "results"
        cloud.put_record(f"{made}/{index:06d}.jpg.json", b"")
    counts = cloud.run()
    assert counts == {"inputs": 20_000, "done": 18_000, "unreadable": 2_000}
    others = [request for request in cloud.store.requests if request[0] != "list"]
    assert others == [("get", STATE), ("put", STATE), ("head", STATE), ("put", STATE)]
