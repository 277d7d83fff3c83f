"""Counts the calls of the OCR service, and finds the cause of every repeated call.

The first call for a content of an object needs no cause. A repeated call needs one between the
previous call and itself:

=========== ===================================================================================
fault       a request about this object met a fault
kill        instances were killed
concurrent  two invocations worked on the same event: neither found a record
replaced    the object was replaced: the announced content was no longer there
unexplained no cause: the function paid twice
=========== ===================================================================================

The soak itself produces the first four causes: these calls are *caused by faults*.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from bench.soak.exchange_log import ExchangeLog
from local.faults import Exchange
from quota_invoice.settings.layout import DEFAULT_LAYOUT

UNEXPLAINED = "unexplained"
_CALLS = ("recognize", "classify")
Uploads = Mapping[str, Sequence[tuple[float, str]]]
"""By key, the upload time (``time.monotonic``) and ETag of each content, in order."""


def count_ocr_calls(
    log: ExchangeLog, uploads: Uploads, kills: Sequence[float]
) -> tuple[int, Counter[str], list[str]]:
    """Count the calls of the OCR service, and the repeated calls by cause.

    Args:
        log: the exchanges in the proxies.
        uploads: the uploads of each key.
        kills: the times at which instances were killed.

    Returns:
        The number of calls, the number of repeated calls by cause, and the keys of unexplained
        calls. The cause of a call with an image's bytes is the fault in fetching its URL.
    """
    images = sum(exchange.operation in _CALLS for exchange in log.unattributed)
    total, causes, unexplained = images, Counter({"fault: fetch": images} if images else {}), []
    for key, exchanges in list(log.exchanges.items()):
        total += sum(exchange.operation in _CALLS for exchange in exchanges)
        for cause in _causes(log, key, uploads, kills):
            causes[cause] += 1
            if cause == UNEXPLAINED:
                unexplained.append(key)
    return total, causes, unexplained


def _causes(log: ExchangeLog, key: str, uploads: Uploads, kills: Sequence[float]) -> Iterator[str]:
    """Yield the cause of each repeated call about an object."""
    by_content: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in log.exchanges[key]:
        if exchange.operation in _CALLS:
            by_content[_etag_at(uploads[key], exchange.began)].append(exchange)
    for etag, calls in by_content.items():
        for previous, call in pairwise(calls):
            if fault := _fault(log.exchanges[key], previous, call):
                yield fault
            elif _is_known(log, key, etag, previous, call):
                yield UNEXPLAINED
            elif any(previous.began <= kill <= call.began for kill in kills):
                yield "kill"
            else:
                yield "replaced" if len(uploads[key]) > 1 else "concurrent"


def _etag_at(uploads: Sequence[tuple[float, str]], when: float) -> str:
    return [etag for since, etag in uploads if since <= when or since == uploads[0][0]][-1]


def _fault(exchanges: Sequence[Exchange], previous: Exchange, call: Exchange) -> str:
    for one in exchanges:
        if one.fault and previous.began <= one.began <= call.began and one is not call:
            return f"fault: {one.operation}"
    return ""


def _is_known(log: ExchangeLog, key: str, etag: str, previous: Exchange, call: Exchange) -> bool:
    """Whether a record of the content existed when the call's invocation checked."""
    checks = [
        one.began
        for one in log.exchanges[key]
        if one.operation == "get"
        and one.key.startswith(DEFAULT_LAYOUT.results_prefix)
        and one.caller == call.caller
        and one.began < call.began
    ]
    stored = [
        write.exchange.ended
        for write in log.writes[key]
        if write.etag == etag and write.is_stored and write.exchange.ended > previous.began
    ]
    return bool(checks and stored) and min(stored) < max(checks)
