"""Applies the present rules to all records of a bucket, several at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from quota_invoice.errors import ObjectUnavailable
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.obs.walk import State, walk
from quota_invoice.pipeline import Outcome
from quota_invoice.settings.settings import Settings
from quota_invoice.sweep.rederiver import Rederiver

ARCHIVED = "archived"
"""The outcome of a record that the bucket does not hand out."""
_THREADS = 8
_QUEUED = 4 * _THREADS


def rederive_all(
    settings: Settings,
    store: ObjectStore,
    prefix: str,
    tell: Callable[[Counter[str], str], None],
    *,
    is_dry: bool,
) -> Counter[str]:
    """Apply the rules to the records of all inputs below a path.

    Records that were written are right, wherever the work stops: it may begin again at any time.

    Args:
        settings: bucket, layout and the rules' settings.
        store: the bucket.
        prefix: a path below the input prefix; empty for all inputs.
        tell: called after each record with the counts so far and the input's key.
        is_dry: whether nothing is written.

    Returns:
        The number of records by outcome.

    Raises:
        StoreError: the bucket refused a request or was not reached.
    """
    counts: Counter[str] = Counter()
    rederiver = Rederiver(settings, store, is_dry=is_dry)
    pending: deque[tuple[str, Future[Outcome]]] = deque()

    def count(most: int) -> None:
        while len(pending) > most:
            key, future = pending.popleft()
            try:
                counts[future.result().value] += 1
            except ObjectUnavailable:
                counts[ARCHIVED] += 1
            tell(counts, key)

    listing = partial(store.listing, settings.bucket)
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for finding in walk(listing, settings.layout, below=prefix):
                if finding.state in {State.DONE, State.UNSURE}:
                    entry = finding.entry
                    pending.append((entry.key, pool.submit(rederiver.run, entry)))
                    count(_QUEUED)
            count(0)
        finally:
            pool.shutdown(cancel_futures=True)
    return counts
