"""Requests as the proxies of the soak log them, for the tests of its counts."""

from __future__ import annotations

import json
from typing import Any

from bench.soak.exchange_log import ExchangeLog
from local.faults import Exchange
from local.faults.wire import Request
from quota_invoice.settings.layout import DEFAULT_LAYOUT

KEY = "incoming/a.png"
RESULT = {"code": "144031909110", "number": "91234561", "location": "广东省", "amount": "￥50.00"}
FORMER, PRESENT = "d", "e"
"""The ETags of the object's contents, in order."""


def exchange(
    operation: str, began: float, key: str = KEY, caller: str = "A", **more: Any
) -> Exchange:
    """A request and its response a tenth of a second later, unless ``served`` tells another one."""
    body = json.dumps(more.pop("document", {})).encode()
    raw = f"POST / HTTP/1.1\r\nAuthorization: X Access={caller}, Signature=s\r\n\r\n".encode()
    request = Request(raw, "POST", "/", body, keeps_alive=True)
    found = Exchange(request, operation, key, more.pop("fault", None), began)
    found.served = found.ended = more.pop("served", began + 0.1)
    found.status, found.etag = more.pop("status", 200), more.pop("etag", "")
    return found


def identify(began: float, caller: str = "A", etag: str = PRESENT) -> Exchange:
    return exchange("identify", began, caller=caller, etag=etag)


def check(began: float, caller: str = "A") -> Exchange:
    return exchange("get", began, DEFAULT_LAYOUT.record_key(KEY), caller)


def call(began: float, caller: str = "A", **more: Any) -> Exchange:
    return exchange("recognize", began, caller=caller, **more)


def put(
    began: float,
    etag: str = PRESENT,
    status: str = "recognized",
    caller: str = "A",
    result: dict[str, str] | None = None,
    **more: Any,
) -> Exchange:
    layout = DEFAULT_LAYOUT
    make_key = layout.record_key if status == "recognized" else layout.failure_key
    document = {"status": status, "source": {"etag": etag}, "result": result or RESULT}
    return exchange("put", began, make_key(KEY), caller, document=document, **more)


def remove(began: float, **more: Any) -> Exchange:
    """The removal of the failure record."""
    return exchange("delete", began, DEFAULT_LAYOUT.failure_key(KEY), status=204, **more)


def log_of(*exchanges: Exchange) -> ExchangeLog:
    log = ExchangeLog({KEY: [FORMER, PRESENT]})
    for one in exchanges:
        log(one)
    return log
