"""Logs the requests in the proxies: every call of the OCR service, every change of a record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.faults import LATE, Exchange
from quota_invoice.obs.responses import is_success
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_READING = frozenset({"identify", "get", "head", "list", "fetch", ""})
_WRITING = frozenset({"put", "delete"})
_MOST_ATTEMPTS = 6  # of an input that sweeps try again
_SWEEP_STATE = f"{DEFAULT_LAYOUT.failures_prefix}.sweep"
_RECORDS = (DEFAULT_LAYOUT.results_prefix, DEFAULT_LAYOUT.failures_prefix)


@dataclass(frozen=True)
class Change:
    """A request that puts or removes a record or failure record.

    Attributes:
        exchange: the request.
        status: the status in the record; empty for a removal.
        etag: ETag of the content that the record stands for; empty for a removal.
        result: the fields that the OCR service read.
    """

    exchange: Exchange
    status: str = ""
    etag: str = ""
    result: Mapping[str, str] | None = None

    @property
    def is_removal(self) -> bool:
        """Whether it removes a record."""
        return self.exchange.operation == "delete"

    @property
    def is_stored(self) -> bool:
        """Whether the bucket carried it out, even if the response did not reach the function."""
        return self.exchange.status is not None and is_success(self.exchange.status)


class ExchangeLog:
    """Logs every exchange by its input key; the threads of the proxies call it.

    Args:
        contents: the ETags of every input's contents, in the order of their uploads; a record's
            key alone does not always tell its input's.

    Attributes:
        contents: the same.
        exchanges: by input key, in the order in which they began.
        changes: those among them that put or remove a record or failure record, by input key.
        unattributed: exchanges without an input key: listings, calls with an image's bytes.
    """

    def __init__(self, contents: Mapping[str, Sequence[str]]) -> None:
        self.contents = contents
        self._inputs = {key: each for each in contents for key in _keys_of(each, contents[each])}
        self.exchanges: defaultdict[str, list[Exchange]] = defaultdict(list)
        self.changes: defaultdict[str, list[Change]] = defaultdict(list)
        self.unattributed: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> None:
        """Log an exchange when it begins."""
        key = self.input_of(exchange.key)
        if not key:
            self.unattributed.append(exchange)
            return
        self.exchanges[key].append(exchange)
        if exchange.key.startswith(_RECORDS):
            if exchange.operation == "put":
                self.changes[key].append(_write(exchange))
            elif exchange.operation == "delete":
                self.changes[key].append(Change(exchange))

    def input_of(self, key: str) -> str:
        """Return the key of the input to which an object belongs; empty if it is unknown."""
        return self._inputs.get(key, "")

    def stored(self, key: str) -> list[Change]:
        """Return the changes that the bucket carried out, in the order of its responses."""
        found = [change for change in list(self.changes[key]) if change.is_stored]
        return sorted(found, key=lambda change: change.exchange.served)

    def has_open_requests(self) -> bool:
        """Whether a request has not ended yet, such as one that is late."""
        return any(not exchange.ended for _, exchange in self._all())

    def late_writes(self, since: float) -> list[tuple[str, Exchange]]:
        """Return input key and exchange of each write that the bucket received late, since then."""
        return [
            (key, one)
            for key, one in self._all()
            if one.fault == LATE and one.operation in _WRITING and one.served >= since
        ]

    def changed_inputs(self, since: float, until: float) -> list[str]:
        """Return the input key of each change and OCR call between two times.

        It is empty for a request without an input. Changes by sweeps of their own state do not
        count.
        """
        return [
            key
            for key, one in self._all()
            if since <= one.began < until
            and one.operation not in _READING
            and not is_sweep_state(one.key)
        ]

    def _all(self) -> Iterator[tuple[str, Exchange]]:
        for one in list(self.unattributed):
            yield "", one
        for key, exchanges in list(self.exchanges.items()):
            for one in list(exchanges):
                yield key, one


def is_sweep_state(key: str) -> bool:
    """Whether an object is the state of sweeps, which belongs to no input."""
    return key.startswith(_SWEEP_STATE)


def _keys_of(input_key: str, etags: Sequence[str]) -> list[str]:
    """Return the keys of an input and of all objects that the function writes for it."""
    layout = DEFAULT_LAYOUT
    retries = [layout.retry_key(input_key, number + 1) for number in range(_MOST_ATTEMPTS)]
    former = [layout.history_key(input_key, etag) for etag in etags]
    makers = (layout.record_key, layout.failure_key, layout.progress_key)
    return [input_key, *(make_key(input_key) for make_key in makers), *retries, *former]


def _write(exchange: Exchange) -> Change:
    record: dict[str, Any] = json.loads(exchange.request.body)
    result = record.get("result") or {}
    texts = {name: text for name, text in result.items() if isinstance(text, str)}
    return Change(exchange, record["status"], record["source"]["etag"], texts)
