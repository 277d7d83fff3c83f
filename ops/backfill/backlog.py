"""The inputs that need work, in batches that one invocation can deal with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from quota_invoice.store import Entry
from quota_invoice.walk import Finding, State


@dataclass
class Backlog:
    """Sorts what a walk finds.

    Attributes:
        bucket: the bucket's name, for the events.
        failures: whether inputs that could not be read are tried again.
        size: inputs in a batch.
        counts: inputs by state, as far as the walk has come.
        after: the last input that was looked at.
    """

    bucket: str
    failures: bool
    size: int
    counts: Counter[str] = field(default_factory=Counter)
    after: str = ""

    def batches(self, findings: Iterable[Finding]) -> Iterator[list[Entry]]:
        """Give the inputs that need work; ``after`` is then the last one of the batch."""
        batch: list[Entry] = []
        for finding in findings:
            self.counts[finding.state.value] += 1
            self.after = finding.entry.key
            if self._needs_work(finding.state):
                batch.append(finding.entry)
            if len(batch) == self.size:
                yield batch
                batch = []
        if batch:
            yield batch

    def event(self, batch: Iterable[Entry]) -> dict[str, Any]:
        """Give the event that tells the function of a batch."""
        objects = [{"key": one.key, "eTag": one.etag, "size": one.size} for one in batch]
        return {"backfill": {"bucket": self.bucket, "failures": self.failures, "objects": objects}}

    def _needs_work(self, state: State) -> bool:
        return state in {State.MISSING, State.UNSURE} or (self.failures and state is State.FAILED)
