"""Counts the calls of the OCR service, and finds the cause of every repeated call.

The first call for a content of an object needs no cause. A repeated call needs one between the
previous call and itself:

============ ==================================================================================
retry_failed a sweep read the content again that has a failure record
late write   a request that was late removed or replaced the content's record
fault        a request about this object met a fault
kill         instances were killed
timeout      the previous call took longer than the function waits
refused      the service was busy or failed at the previous call, which costs nothing
concurrent   the previous call's invocation was still at work when this call's one began
unexplained  no cause: the function paid twice
============ ==================================================================================

No fault explains a call for a content that had its record from the invocation's check until the
call. The soak itself produces the causes: these calls are *caused by faults*.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import pairwise

from bench.soak.exchange_log import ExchangeLog
from bench.soak.overwriting import overwritings, present_at
from local.faults import LATE, Exchange
from quota_invoice.settings.layout import DEFAULT_LAYOUT

UNEXPLAINED = "unexplained"
_CALLS = ("recognize", "classify")
_ALMOST = 0.9  # the function waits from a little before the proxy has the complete request
Times = Sequence[tuple[float, float]]
"""Start and end of each of several kills or sweeps."""


def count_ocr_calls(
    log: ExchangeLog, kills: Times, retry_failed: Times, timeout: float
) -> tuple[int, Counter[str], list[str]]:
    """Count the calls of the OCR service, and the repeated calls by cause.

    Args:
        log: the exchanges in the proxies.
        kills: the times in which instances were killed.
        retry_failed: the sweeps that read failures again.
        timeout: seconds for which the function waits for a call's response.

    Returns:
        The number of calls, the number of repeated calls by cause, and the keys of unexplained
        calls. The cause of a call with an image's bytes is the fault in fetching its URL.
    """
    with_bytes = sum(exchange.operation in _CALLS for exchange in log.unattributed)
    total, causes, unexplained = with_bytes, Counter[str](), list[str]()
    fetches = 0
    for key, exchanges in list(log.exchanges.items()):
        total += sum(exchange.operation in _CALLS for exchange in exchanges)
        fetches += sum(
            exchange.operation == "fetch" and bool(exchange.fault) for exchange in exchanges
        )
        for cause in _Calls(log, key, kills, retry_failed, timeout).causes():
            causes[cause] += 1
            if cause == UNEXPLAINED:
                unexplained.append(key)
    causes["fault: fetch"] += min(with_bytes, fetches)
    causes[UNEXPLAINED] += max(0, with_bytes - fetches)
    return total, +causes, unexplained


class _Calls:
    """The calls about one object."""

    def __init__(
        self,
        log: ExchangeLog,
        key: str,
        kills: Times,
        retry_failed: Times,
        timeout: float,
    ) -> None:
        self._log = log
        self._key = key
        self._exchanges = list(log.exchanges[key])
        self._kills = kills
        self._retry_failed = retry_failed
        self._timeout = timeout
        self._late = [one.landed_at for one in overwritings(log, key) if one.is_late]

    def causes(self) -> Iterator[str]:
        """Yield the cause of each repeated call."""
        by_content: defaultdict[str, list[Exchange]] = defaultdict(list)
        for exchange in self._exchanges:
            if exchange.operation in _CALLS:
                seen = self._last("identify", self._key, exchange)
                by_content[seen.etag if seen else ""].append(exchange)
        for etag, calls in by_content.items():
            for previous, call in pairwise(calls):
                yield self._cause(etag, previous, call)

    def _cause(self, etag: str, previous: Exchange, call: Exchange) -> str:
        seen = self._last("identify", self._key, call) or call
        checked = self._last("get", DEFAULT_LAYOUT.record_key(self._key), call) or call
        had = [present_at(self._log, self._key, one.began) for one in (checked, call)]
        if all(one.record and one.record.etag == etag for one in had):
            return UNEXPLAINED
        if all(one.knows(etag) for one in had):
            is_again = any(start <= call.began <= end for start, end in self._retry_failed)
            return "retry_failed" if is_again else UNEXPLAINED
        if any(previous.began <= landed <= call.began for landed in self._late):
            return "late write"
        return (
            self._fault(previous, call)
            or ("kill" if self._is_killed(previous, call) else "")
            or ("timeout" if previous.served - previous.began > _ALMOST * self._timeout else "")
            or ("refused" if _is_refused(previous) else "")
            or ("concurrent" if self._is_at_work(previous, call, seen.began) else UNEXPLAINED)
        )

    def _last(self, operation: str, key: str, call: Exchange) -> Exchange | None:
        """Return the last answered request about a key that a call's invocation sent before it."""
        found = [
            one
            for one in self._exchanges
            if one.operation == operation
            and one.key == key
            and one.caller == call.caller
            and one.served
            and one.began < call.began
        ]
        return found[-1] if found else None

    def _fault(self, previous: Exchange, call: Exchange) -> str:
        for one in self._exchanges:
            if one.fault and previous.began <= one.began <= call.began and one is not call:
                return f"fault: {one.operation}"
        return ""

    def _is_killed(self, previous: Exchange, call: Exchange) -> bool:
        """Whether instances were killed between the begin of the previous invocation and a call.

        The proxy may see a request a moment after its sender was killed.
        """
        since = (self._last("identify", self._key, previous) or previous).began
        return any(began <= call.began and ended >= since for began, ended in self._kills)

    def _is_at_work(self, previous: Exchange, call: Exchange, since: float) -> bool:
        """Whether the previous call's invocation, another one, ended its work later than this."""
        return previous.caller != call.caller and any(
            one.caller == previous.caller and one.fault != LATE and (one.ended or since) >= since
            for one in self._exchanges
        )


def _is_refused(call: Exchange) -> bool:
    """Whether the service did not read the image, for a reason of its own."""
    busy, failed = HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR
    return call.status is not None and (call.status == busy or call.status >= failed)
