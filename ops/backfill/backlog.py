"""The inputs that need work, in batches of one invocation each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding

_LARGEST_EVENT = 200_000  # bytes of JSON; an asynchronous invocation accepts 256 KB


@dataclass
class Backlog:
    """Selects and counts the inputs of a bucket.

    Attributes:
        bucket: the bucket's name, for the events.
        retry_failed: whether to retry failed inputs.
        size: maximum inputs per batch.
        counts: number of listed inputs by state.
        after: the key to continue after.
    """

    bucket: str
    retry_failed: bool
    size: int
    counts: Counter[str] = field(default_factory=Counter)
    after: str = ""

    def batches(self, findings: Iterable[Finding]) -> Iterator[list[Entry]]:
        """Yield the inputs that need work, in batches that fit into one event."""
        batch: list[Entry] = []
        used = 0
        for finding in findings:
            self.counts[finding.state.value] += 1
            if not finding.needs_work(retry_failed=self.retry_failed):
                continue
            size = len(json.dumps(_object(finding.entry)))
            if len(batch) == self.size or used + size > _LARGEST_EVENT:
                yield batch
                batch, used = [], 0
            batch.append(finding.entry)
            used += size
        if batch:
            yield batch

    def event(self, batch: Iterable[Entry]) -> dict[str, Any]:
        """Return the event that tells the function to process a batch."""
        objects = [_object(entry) for entry in batch]
        # Deployed functions of earlier versions know "failures" only, not "retry_failed".
        backfill = {"bucket": self.bucket, "failures": self.retry_failed, "objects": objects}
        return {"backfill": backfill}


def _object(entry: Entry) -> dict[str, Any]:
    return {"key": entry.key, "eTag": entry.etag, "size": entry.size}
