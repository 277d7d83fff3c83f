"""The start of the object store."""

from __future__ import annotations

from pathlib import Path

from local.bucket.bucket import LocalBucket
from quota_invoice.obs.responses import is_success


def test_a_store_that_is_ready_takes_its_first_object_at_once(tmp_path: Path) -> None:
    folder, data = tmp_path / "store", tmp_path / "data"
    folder.mkdir()
    bucket = LocalBucket("invoices", folder, None, data)
    try:
        bucket.wait()
        answer = bucket.client().putContent("invoices", "incoming/a.jpg", b"image")
        log = (data / "store.log").read_text(errors="replace")
    finally:
        bucket.stop()
    assert is_success(answer.status)
    # The volume server was not sent away, so that the object had its place.
    assert "Not enough data nodes found" not in log
    assert "heartbeat to" not in log
