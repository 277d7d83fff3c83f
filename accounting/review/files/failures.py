"""Inputs that could not be read: the image, the cause, the next step, and another attempt."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accounting.errors import AccountingError
from accounting.review.context import ReviewContext, context_of, key_of
from accounting.review.files.outcomes import sentence
from accounting.review.files.sending import TooLargeToRenew, Uploader
from accounting.review.invoice.order import Order
from accounting.review.invoice.reviewed import Reviewed, load
from accounting.review.pages import render
from accounting.review.queue.filters import Filters
from quota_invoice.recognition.formats.kinds import Kind
from quota_invoice.records.record import Status
from quota_invoice.reviews.states import texts_of

_LONGEST_FORM = 4096  # bytes


async def show_failure(request: Request) -> Response:
    """Show an input without a record; one that has its record now is shown as an invoice."""
    return await run_in_threadpool(_show, request)


async def retry_failure(request: Request) -> Response:
    """Have an input read again."""
    body = await request.body()
    form = parse_qs(body[:_LONGEST_FORM].decode("utf-8", "replace"))
    return await run_in_threadpool(_retry, request, (form.get("etag") or [""])[0])


def _show(request: Request) -> Response:
    reviewed = _load(request)
    if _status(reviewed) == Status.RECOGNIZED.value:
        return RedirectResponse(Order(request).url(reviewed.key, 1), 303)
    return _page(request, reviewed)


def _retry(request: Request, etag: str) -> Response:
    """Store the content again, if it is still the one that the person saw.

    Invoices that people entered by hand apply to this content only: they would be outdated.
    """
    context, reviewed = context_of(request), _load(request)
    is_failed = _status(reviewed) == Status.FAILED.value
    if not is_failed or reviewed.source is None or reviewed.etag != etag:
        return _page(request, reviewed, 412, "files.retry.changed")
    if reviewed.places():
        return _page(request, reviewed, 422, "files.retry.by_hand")
    try:
        context.part(_uploader).renew(reviewed.source)
    except TooLargeToRenew:
        return _page(request, reviewed, 422, "files.retry.too_large")
    except AccountingError:
        return _page(request, _load(request), 412, "files.retry.changed")
    return _page(request, _load(request))


def _uploader(context: ReviewContext) -> Uploader:
    return Uploader(context.bucket)


def _load(request: Request) -> Reviewed:
    context = context_of(request)
    reviewed = load(context.bucket, key_of(request), context.confidence_below)
    if reviewed is None:
        raise HTTPException(404)
    return reviewed


def _status(reviewed: Reviewed) -> str:
    return str(reviewed.record.get("status", Status.PENDING.value))


def _page(request: Request, reviewed: Reviewed, code: int = 200, problem: str = "") -> Response:
    error, language = reviewed.record.get("error") or {}, context_of(request).language
    kind, order = reviewed.kind, Order(request)
    before, after = order.around(reviewed.key, 0)
    by_hand = [
        (int(each["place"]), texts_of(each))
        for each in reviewed.effective().get("invoices", [])
        if each.get("place")
    ]
    return render(
        request,
        "files/failure.html",
        code,
        key=reviewed.key,
        path=reviewed.key.removeprefix(context_of(request).bucket.layout.input_prefix),
        state=_status(reviewed),
        is_gone=reviewed.source is None,
        etag=reviewed.etag,
        is_shown=reviewed.source is not None and (kind.is_image or kind in {Kind.PDF, Kind.AVIF}),
        message=sentence(error.get("message"), language),
        hint=sentence(error.get("hint"), language),
        error_code=error.get("code", ""),
        service_message=error.get("service_message") or "",
        by_hand=by_hand,
        next_place=reviewed.next_place(),
        problem=problem,
        order=order,
        before=before,
        after=after,
        query=Filters.of(request.query_params).query(),
    )
