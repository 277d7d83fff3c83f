"""Why the OCR service was asked: once for each upload, and what made it more.

A call is due if it is the first for a content of an object. Any further one must have a cause that
lies between the call before and itself:

=========== ====================================================================================
fault       a fault happened to a request about this object
kill        instances were killed
at once     the same event was being worked on twice: no record was there yet when it was looked for
replaced    the object was replaced, so that what had been announced was not what was read
unexplained none of these: the function paid twice for nothing
=========== ====================================================================================

The first four are what this soak does to the function: they are the calls *caused by faults*.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bench.soak.exchange_log import ExchangeLog
from local.faults import Exchange

UNEXPLAINED = "unexplained"
_CALLS = ("recognize", "classify")
Uploads = Sequence[tuple[float, str]]
"""When each content of an object was there (``time.monotonic``), and its ETag; in that order."""


def count_ocr_calls(
    log: ExchangeLog, uploads: Mapping[str, Uploads], kills: Sequence[float]
) -> tuple[int, Counter[str], list[str]]:
    """Count the calls, and those that were not due by their causes.

    Args:
        log: what went through the proxies.
        uploads: by the object's key.
        kills: when instances were killed.

    Returns:
        How many calls there were, how many of them had which cause, and the keys of those that have
        none. An image that was sent by its bytes has the fault for cause that kept the service from
        fetching it.
    """
    total, causes, unexplained_keys = 0, Counter[str](), list[str]()
    for exchange in log.unattributed:
        if exchange.operation in _CALLS:
            total += 1
            causes["fault: fetch"] += 1
    for key, exchanges in list(log.exchanges.items()):
        calls = [exchange for exchange in exchanges if exchange.operation in _CALLS]
        total += len(calls)
        by_content: defaultdict[str, list[Exchange]] = defaultdict(list)
        for call in calls:
            by_content[_content(uploads[key], call.began)].append(call)
        for etag, same in by_content.items():
            for before, call in pairwise(same):
                known = _known(log, key, etag, before, call)
                cause = _cause(exchanges, before, call, kills, known, len(uploads[key]) > 1)
                causes[cause] += 1
                if cause == UNEXPLAINED:
                    unexplained_keys.append(key)
    return total, causes, unexplained_keys


def _content(uploads: Uploads, when: float) -> str:
    return [etag for since, etag in uploads if since <= when or since == uploads[0][0]][-1]


def _known(log: ExchangeLog, key: str, etag: str, before: Exchange, call: Exchange) -> bool:
    """Tell whether the content was dealt with when the invocation behind a call looked."""
    looks = [
        one.began
        for one in log.exchanges[key]
        if one.operation == "get"
        and one.key.startswith("results/")
        and one.caller == call.caller
        and one.began < call.began
    ]
    done = [
        write.exchange.ended
        for write in log.writes[key]
        if write.etag == etag and write.is_done and write.exchange.ended > before.began
    ]
    return bool(looks and done) and min(done) < max(looks)


def _cause(  # noqa: PLR0913, PLR0917 - all that there is to go by
    exchanges: Sequence[Exchange],
    before: Exchange,
    call: Exchange,
    kills: Sequence[float],
    known: bool,  # noqa: FBT001 - as above
    replaced: bool,  # noqa: FBT001 - as above
) -> str:
    for one in exchanges:
        if one.fault and before.began <= one.began <= call.began and one is not call:
            return f"fault: {one.operation}"
    if known:
        return UNEXPLAINED
    if any(before.began <= kill <= call.began for kill in kills):
        return "kill"
    return "replaced" if replaced else "at once"
