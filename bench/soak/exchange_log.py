"""What went through the proxies: every call of the OCR service, and every change of a record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.faults import Exchange

_INPUT, _PREFIXES = "incoming/", ("results/", "failures/")
_OK = 300


@dataclass(frozen=True)
class Write:
    """A record or failure record that was put, and when that was done (``time.monotonic``)."""

    exchange: Exchange
    status: str
    etag: str
    result: Mapping[str, str]

    @property
    def is_done(self) -> bool:
        """Whether the bucket took it, whatever its answer's fate."""
        return self.exchange.status is not None and self.exchange.status < _OK


class ExchangeLog:
    """Notes every exchange by the input that it is about; called by the proxies' threads.

    Attributes:
        exchanges: in the order of their beginnings, by the input's key.
        writes: the puts among them.
        unattributed: requests of which only their bytes tell what they are about.
    """

    def __init__(self) -> None:
        self.exchanges: defaultdict[str, list[Exchange]] = defaultdict(list)
        self.writes: defaultdict[str, list[Write]] = defaultdict(list)
        self.unattributed: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> None:
        """Note an exchange when it begins."""
        key = input_key_of(exchange.key)
        if not key:
            self.unattributed.append(exchange)
            return
        self.exchanges[key].append(exchange)
        if exchange.operation == "put":
            self.writes[key].append(_write(exchange))

    def overwritten(self, key: str) -> int:
        """Count how often a record gave way to something worse.

        That is: a failure record beside a record of the same content; a record of the same content
        that says otherwise; a record of an earlier content in the place of a later one's.
        """
        found = 0
        record: Write | None = None
        seen: list[str] = []
        for write in sorted(self.writes[key], key=lambda one: one.exchange.ended):
            if not write.is_done:
                continue
            if record and write.etag == record.etag:
                found += write.status == "failed" or write.result != record.result
            elif record and write.etag in seen:
                found += 1
            if write.status == "recognized":
                record = write
            seen.append(write.etag)
        return found

    def changes(self, since: float) -> int:
        """Count the requests since then that were to change a record, or to read an image."""
        told = [*self.unattributed, *(one for found in self.exchanges.values() for one in found)]
        reading = {"get", "head", "list", "fetch", ""}
        return sum(one.began >= since and one.operation not in reading for one in told)


def input_key_of(key: str) -> str:
    """Give the input's key of an input, a record, or a failure record; empty for others."""
    for prefix in _PREFIXES:
        if key.startswith(prefix) and key.endswith(".json"):
            return _INPUT + key.removeprefix(prefix).removesuffix(".json")
    return key if key.startswith(_INPUT) else ""


def _write(exchange: Exchange) -> Write:
    document: dict[str, Any] = json.loads(exchange.request.body)
    result = document.get("result") or {}
    texts = {name: text for name, text in result.items() if isinstance(text, str)}
    return Write(exchange, document["status"], document["source"]["etag"], texts)
