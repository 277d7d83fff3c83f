"""One request from routing to answer: whatever happens, the gateway gets one it understands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from quota_invoice.api.request_context import Call
from quota_invoice.api.responses import Answer, preflight, refusal, shaped
from quota_invoice.api.routes import route
from quota_invoice.errors import (
    OutOfTime,
    QuotaInvoiceError,
    ServiceUnavailable,
    StoreError,
    UnexpectedFault,
)
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.logs import Log, Step
from quota_invoice.parts import Parts
from quota_invoice.retry import LEAST_SECONDS


def answer(
    request: ApiRequest, connect: Callable[[], Parts], log: Log, begun: float
) -> dict[str, Any]:
    """Answer a caller.

    Args:
        request: what he asks.
        connect: puts together what there is to answer it with.
        log: takes a line for the request; nothing of its headers and its body is on it.
        begun: when the invocation began, by ``time.perf_counter``.

    Returns:
        API Gateway's ``statusCode``, ``headers``, ``body`` and ``isBase64Encoded``.
    """
    call: Call | None = None
    try:
        with log.step("api") as step:
            step.gateway_request_id = request.request_id
            try:
                call = Call(request, connect())
                call.parts.watch.taken()  # of earlier requests
                found = _found(call, step)
            except QuotaInvoiceError:
                raise
            except Exception as error:  # noqa: BLE001 - a fault of ours has an answer, too
                raise UnexpectedFault(error) from None
            finally:
                step.key = call.key if call else ""
            step.outcome = str(found.status)
    except OutOfTime as error:
        found = _late(error, call, log.request_id)
    except QuotaInvoiceError as error:
        found = refusal(error, log.request_id)
    origins = call.parts.settings.cors_origins if call else frozenset[str]()
    return shaped(found, request, origins, _timing(call, begun))


def _found(call: Call, step: Step) -> Answer:
    found = route(call.request)
    step.reason = f"{call.request.method} {found.path}"
    call.base, call.rest = found.base, found.rest
    if call.request.method == "OPTIONS":
        return preflight(found.methods)
    try:
        return found.act(call.request.method)(call)
    except (ServiceUnavailable, StoreError):
        # Whatever keeps us waiting ends when nobody waits any longer.
        left = call.parts.seconds_left()
        if left < LEAST_SECONDS:
            raise OutOfTime(left) from None
        raise


def _late(error: OutOfTime, call: Call | None, request_id: str) -> Answer:
    """Say what to do where an answer takes longer than the gateway waits."""
    given = refusal(error, request_id)
    if call is None or not call.key:
        message = "this takes too long: POST /uploads takes files whose records are fetched later"
        return Answer(given.status, given.document | {"error_msg": message})
    address = call.address(call.key)
    message = f"this takes too long: ask for {address} in a while"
    known = {"error_msg": message, "key": call.key, "record": address}
    return Answer(given.status, given.document | known)


def _timing(call: Call | None, begun: float) -> str:
    """Tell where the time went: with the OCR service, with the bucket, and our own share."""
    taken = call.parts.watch.taken() if call else {}
    taken["own"] = time.perf_counter() - begun - sum(taken.values())
    return ", ".join(f"{name};dur={seconds * 1000:.2f}" for name, seconds in taken.items())
