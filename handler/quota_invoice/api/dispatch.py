"""One API request from its route to its response; every request gets a valid response."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from quota_invoice.api.request_context import RequestContext
from quota_invoice.api.responses import Response, error_response, for_gateway, preflight
from quota_invoice.api.routes import Route, find_route
from quota_invoice.deadline import FOR_GATEWAY, RETRIES_PER_CALLER, SHORTEST_REQUEST, Deadline
from quota_invoice.errors import (
    OutOfTime,
    QuotaInvoiceError,
    ServiceUnavailable,
    StoreError,
    UnexpectedFault,
)
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.logs import Log
from quota_invoice.obs.store import ObsStore
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.recognition.requests import OcrService
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

Connect = Callable[[], tuple[Settings, ObsStore, OcrService]]
"""Returns settings, bucket and OCR service; raises ``ConfigurationError`` if settings are wrong."""


def dispatch(
    request: ApiRequest, connect: Connect, log: Log, deadline: Deadline, stopwatch: Stopwatch
) -> dict[str, Any]:
    """Answer an API request.

    Args:
        request: the caller's request.
        connect: returns settings, bucket and OCR service.
        log: takes a line for the request, without anything from its headers or its body.
        deadline: the end of the invocation.
        stopwatch: started with the invocation; its times go into Server-Timing.

    Returns:
        API Gateway's ``statusCode``, ``headers``, ``body`` and ``isBase64Encoded``.
    """
    context: RequestContext | None = None
    try:
        with log.step("api") as step:
            step.gateway_request_id = request.request_id
            try:
                context = _context(request, connect, log, deadline, stopwatch)
                route = find_route(request)
                step.reason = f"{request.method} {route.path}"
                context = replace(context, base=route.base, rest=route.rest)
                response = _respond(context, route)
            except QuotaInvoiceError as error:
                step.key = error.key
                raise
            except Exception as error:  # noqa: BLE001 - a defect gets a response as well
                raise UnexpectedFault(error) from None
            step.key, step.outcome = response.key, str(response.status)
    except OutOfTime as error:
        response = _timeout_response(error, context, log.request_id)
    except QuotaInvoiceError as error:
        response = error_response(error, log.request_id)
    origins = context.settings.cors_origins if context else frozenset[str]()
    timing = ", ".join(
        f"{name};dur={seconds * 1000:.2f}" for name, seconds in stopwatch.by_name().items()
    )
    return for_gateway(response, request, origins, timing)


def _context(
    request: ApiRequest, connect: Connect, log: Log, deadline: Deadline, stopwatch: Stopwatch
) -> RequestContext:
    settings, store, ocr = connect()
    deadline = deadline.at_most(settings.api_seconds - stopwatch.elapsed() - FOR_GATEWAY)
    deadline = deadline.retries_at_most(RETRIES_PER_CALLER)
    store = store.until(deadline)
    recognizer = Recognizer(store, ocr, log, settings.layout, auto=settings.recognize_all)
    pipeline = Pipeline(
        settings.layout,
        settings.region,
        store,
        recognizer,
        log,
        keep_history=settings.keep_history,
        confidence_below=settings.confidence_below,
    )
    return RequestContext(request, settings, store, recognizer, pipeline, deadline)


def _respond(context: RequestContext, route: Route) -> Response:
    method = context.request.method
    if method == "OPTIONS":
        return preflight(route.methods)
    try:
        return route.handler(method)(context)
    except (ServiceUnavailable, StoreError) as error:
        # Once the caller's time is over, that is the reason: the wait was cut short.
        seconds = context.deadline.remaining()
        if seconds < SHORTEST_REQUEST:
            late = OutOfTime(seconds)
            late.key = error.key
            raise late from None
        raise


def _timeout_response(
    error: OutOfTime, context: RequestContext | None, request_id: str
) -> Response:
    """Return a response that says how to get the result later."""
    response = error_response(error, request_id)
    if context is None or not error.key:
        message = "this takes too long: POST /uploads takes files whose records are fetched later"
        return replace(response, body=response.body | {"error_msg": message})
    path = context.record_path(error.key)
    known = {"error_msg": f"this takes too long: ask for {path} in a while", "key": error.key}
    return replace(response, body=response.body | known | {"record": path})
