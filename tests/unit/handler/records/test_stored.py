"""Records as they are stored, in the archive too."""

from __future__ import annotations

from typing import Any

import pytest

from quota_invoice.errors import ObjectUnavailable
from quota_invoice.obs.objects import Source
from quota_invoice.records.stored import stored_record
from tests.support.fakes import FakeStore, time_of

KEY = "results/a.jpg.json"


class Archive(FakeStore):
    """A bucket whose records are in the archive."""

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        raise ObjectUnavailable("Object.Archived", f"{bucket} {key}")


@pytest.mark.parametrize(
    ("second", "record"), [(31, {"source": {"etag": "e"}}), (30, {}), (29, {}), (None, {})]
)
def test_a_record_in_the_archive_counts_if_it_is_newer_than_the_input(
    second: int | None, record: dict[str, Any]
) -> None:
    store = Archive()
    if second is not None:
        store.records[KEY], store.times[KEY] = {}, second
    source = Source("invoices", "incoming/a.jpg", "e", 1, None, time_of(30))
    assert stored_record(store, source, KEY) == record
