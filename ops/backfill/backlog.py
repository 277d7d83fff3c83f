"""The inputs that need work, in batches that one invocation can deal with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, State

_LARGEST_EVENT = 200_000  # bytes of JSON, of the 256 KB that an asynchronous invocation takes


@dataclass
class Backlog:
    """Sorts what a walk finds.

    Attributes:
        bucket: the bucket's name, for the events.
        failures: whether inputs that could not be read are tried again.
        size: inputs in a batch.
        counts: inputs by state, as far as the walk has come.
        after: the input to go on after.
    """

    bucket: str
    failures: bool
    size: int
    counts: Counter[str] = field(default_factory=Counter)
    after: str = ""

    def batches(self, findings: Iterable[Finding]) -> Iterator[list[Entry]]:
        """Give the inputs that need work, as many as one event can hold."""
        batch: list[Entry] = []
        taken = 0
        for finding in findings:
            self.counts[finding.state.value] += 1
            if not self._needs_work(finding.state):
                continue
            size = len(json.dumps(_object(finding.entry)))
            if len(batch) == self.size or taken + size > _LARGEST_EVENT:
                yield batch
                batch, taken = [], 0
            batch.append(finding.entry)
            taken += size
        if batch:
            yield batch

    def event(self, batch: Iterable[Entry]) -> dict[str, Any]:
        """Give the event that tells the function of a batch."""
        objects = [_object(one) for one in batch]
        return {"backfill": {"bucket": self.bucket, "failures": self.failures, "objects": objects}}

    def _needs_work(self, state: State) -> bool:
        return state in {State.MISSING, State.UNSURE} or (self.failures and state is State.FAILED)


def _object(entry: Entry) -> dict[str, Any]:
    return {"key": entry.key, "eTag": entry.etag, "size": entry.size}
