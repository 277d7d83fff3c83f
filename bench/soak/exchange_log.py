"""Logs the requests in the proxies: every call of the OCR service, every change of a record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.faults import Exchange
from quota_invoice.obs.responses import is_success
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_READING = frozenset({"identify", "get", "head", "list", "fetch", ""})
_MOST_ATTEMPTS = 6  # of an input that sweeps try again
_SWEEP_STATE = f"{DEFAULT_LAYOUT.failures_prefix}.sweep"
_RECORDS = (DEFAULT_LAYOUT.results_prefix, DEFAULT_LAYOUT.failures_prefix)


@dataclass(frozen=True)
class Write:
    """A request that puts a record or failure record."""

    exchange: Exchange
    status: str
    etag: str
    result: Mapping[str, str]

    @property
    def is_stored(self) -> bool:
        """Whether the bucket stored it, even if the response did not reach the function."""
        return self.exchange.status is not None and is_success(self.exchange.status)


class ExchangeLog:
    """Logs every exchange by its input key; the threads of the proxies call it.

    Args:
        inputs: the keys of all inputs; a record's key alone does not always tell its input's.

    Attributes:
        exchanges: by input key, in the order in which they began.
        writes: those among them that put a record or failure record, by input key.
        unattributed: exchanges without an input key: listings, calls with an image's bytes.
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        self._inputs = {key: each for each in inputs for key in _keys_of(each)}
        self.exchanges: defaultdict[str, list[Exchange]] = defaultdict(list)
        self.writes: defaultdict[str, list[Write]] = defaultdict(list)
        self.unattributed: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> None:
        """Log an exchange when it begins."""
        key = self._inputs.get(exchange.key)
        if not key:
            self.unattributed.append(exchange)
            return
        self.exchanges[key].append(exchange)
        if exchange.operation == "put" and exchange.key.startswith(_RECORDS):
            self.writes[key].append(_write(exchange))

    def overwritten(self, key: str) -> int:
        """Count the writes that replaced the record of an input by a worse one.

        A write is worse if it is a failure record for the same content as the record, a different
        record of the same content, or the record of an earlier content than the record's.
        """
        count = 0
        record: Write | None = None
        seen: list[str] = []
        for write in sorted(self.writes[key], key=lambda one: one.exchange.ended):
            if not write.is_stored:
                continue
            if record and write.etag == record.etag:
                count += write.status == Status.FAILED or write.result != record.result
            elif record and write.etag in seen:
                count += 1
            if write.status == Status.RECOGNIZED:
                record = write
            seen.append(write.etag)
        return count

    def changes(self, since: float) -> int:
        """Count the requests since then that change a record or call the OCR service."""
        logged = [*self.unattributed, *(one for some in self.exchanges.values() for one in some)]
        return sum(
            one.began >= since and one.operation not in _READING and not is_sweep_state(one.key)
            for one in logged
        )


def is_sweep_state(key: str) -> bool:
    """Whether an object is the state of sweeps, which belongs to no input."""
    return key.startswith(_SWEEP_STATE)


def _keys_of(input_key: str) -> list[str]:
    """Return the keys of an input and of all objects that the function writes for it."""
    layout = DEFAULT_LAYOUT
    retries = [layout.retry_key(input_key, number + 1) for number in range(_MOST_ATTEMPTS)]
    makers = (layout.record_key, layout.failure_key, layout.progress_key)
    return [input_key, *(make_key(input_key) for make_key in makers), *retries]


def _write(exchange: Exchange) -> Write:
    record: dict[str, Any] = json.loads(exchange.request.body)
    result = record.get("result") or {}
    texts = {name: text for name, text in result.items() if isinstance(text, str)}
    return Write(exchange, record["status"], record["source"]["etag"], texts)
