"""Logs the requests in the proxies: every call of the OCR service, every change of a record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.faults import Exchange
from quota_invoice.obs.responses import is_success
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_SUFFIX = ".json"
_RECORDS = (DEFAULT_LAYOUT.results_prefix, DEFAULT_LAYOUT.failures_prefix)
_READING = frozenset({"get", "head", "list", "fetch", ""})


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

    Attributes:
        exchanges: by input key, in the order in which they began.
        writes: the put requests among them, by input key.
        unattributed: exchanges without an input key: listings, calls with an image's bytes.
    """

    def __init__(self) -> None:
        self.exchanges: defaultdict[str, list[Exchange]] = defaultdict(list)
        self.writes: defaultdict[str, list[Write]] = defaultdict(list)
        self.unattributed: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> None:
        """Log an exchange when it begins."""
        key = _input_key(exchange.key)
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
        return sum(one.began >= since and one.operation not in _READING for one in logged)


def _input_key(key: str) -> str:
    """Return the input key of an input or of what the function writes for it; else empty.

    The keys of the soak are short: those that the function writes contain the input's path.
    """
    layout = DEFAULT_LAYOUT
    if key.startswith(layout.input_prefix):
        return key
    for prefix in (layout.results_prefix, layout.failures_prefix, layout.progress_prefix):
        if key.startswith(prefix) and key.endswith(_SUFFIX):
            return layout.input_prefix + key.removeprefix(prefix).removesuffix(_SUFFIX)
    for prefix in (layout.retries_prefix, layout.history_prefix):
        if key.startswith(prefix) and key.endswith(_SUFFIX):
            # The path, then the number of attempts or the ETag.
            path, _, _ = key.removeprefix(prefix).removesuffix(_SUFFIX).rpartition(".")
            return layout.input_prefix + path
    return ""


def _write(exchange: Exchange) -> Write:
    record: dict[str, Any] = json.loads(exchange.request.body)
    result = record.get("result") or {}
    texts = {name: text for name, text in result.items() if isinstance(text, str)}
    return Write(exchange, record["status"], record["source"]["etag"], texts)
