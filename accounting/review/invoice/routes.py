"""The routes of this part."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from accounting.review.context import context_of, key_of
from accounting.review.invoice.checks import typed_findings
from accounting.review.invoice.decisions import Action, Refused, Wish, parse_wish
from accounting.review.invoice.order import Order
from accounting.review.invoice.page import InvoicePage, Message
from accounting.review.invoice.picture import NotShown, pictures_of
from accounting.review.invoice.reviewed import Reviewed, load
from accounting.review.invoice.saving import Decider, Result, Saving
from accounting.review.invoice.view import Typed
from accounting.review.pages import render
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.reviews.entry import FIRST_BY_HAND

_LARGEST_FORM = 64 << 10
_MOST_PLACES = 999_999
_KEPT_SECONDS = 3600
_IN_PLACE = {
    "HX-Retarget": "#decision",
    "HX-Reselect": "#decision",
    "HX-Reswap": "outerHTML",
    "HX-Push-Url": "false",
}
"""The answer replaces the form only: the image stays as it is."""


def show_invoice(request: Request) -> Response:
    """Show one invoice."""
    reviewed, place = _reviewed(request)
    return InvoicePage(request, reviewed, place).response()


async def decide(request: Request) -> Response:
    """Save a decision, and go on to the next invoice of the queue; stay after an undo."""
    form = await _form(request)
    return await run_in_threadpool(_decide, request, form)


def _decide(request: Request, form: Mapping[str, list[str]]) -> Response:
    reviewed, place = _reviewed(request)
    try:
        wish = parse_wish(form)
    except Refused as refusal:
        raise HTTPException(422) from refusal
    context = context_of(request)
    order = Order(request)
    following = order.going_on(reviewed.key, place)  # its image was loaded in advance
    decider = Decider(
        context.bucket,
        context.reviewer,
        context.confidence_below,
        order.appearances,
        inputs_named=order.inputs_named,
    )
    saving = decider.save(reviewed, place, wish, _revision(request))
    if saving.result in {Result.SAVED, Result.CONFLICT}:
        order.update(reviewed.key)
    if saving.result is Result.SAVED and wish.action is Action.UNDO:
        undone = InvoicePage(request, saving.reviewed, place).response()
        undone.headers["HX-Push-Url"] = "false"
        return undone
    if saving.result is Result.SAVED:
        return _go_on(following or order.first_open(reviewed.key, place) or order.queue_url)
    return _stay(request, saving, place, wish)


def _go_on(url: str) -> Response:
    if url.startswith("/invoices/"):
        return RedirectResponse(url, 303)
    return Response(headers={"HX-Redirect": url})


def _stay(request: Request, saving: Saving, place: int, wish: Wish) -> Response:
    """Show the form again, with the person's input and the reason why it is not saved."""
    typed = Typed(wish.texts, wish.reason, wish.duplicate_of, wish.entered.value)
    message = Message(saving.result, saving.reason, saving.unseen)
    is_kept = saving.result is not Result.CONFLICT
    page = InvoicePage(request, saving.reviewed, place, typed if is_kept else None, message)
    answer = page.response(saving.result.status)
    answer.headers.update(_IN_PLACE)
    return answer


async def check(request: Request) -> Response:
    """Apply the rules to the texts that a person types."""
    form = await _form(request)
    return await run_in_threadpool(_check, request, form)


def _check(request: Request, form: Mapping[str, list[str]]) -> Response:
    texts = {name: values[0] for name, values in form.items()}
    uploaded_at, key = texts.get("uploaded_at", ""), texts.get("key", "")
    language = context_of(request).language
    findings = typed_findings(texts, uploaded_at, key, Order(request), language)
    return render(request, "invoice/findings.html", findings=findings)


def show_image(request: Request) -> Response:
    """Show a page of an input; the browser keeps it while its URL names the same content."""
    context, key, page = context_of(request), key_of(request), _number(request, "page")
    store, bucket = context.bucket.store, context.bucket.name
    source = store.describe(bucket, key)
    if source is None:
        raise HTTPException(404)
    tag = f'"{source.etag}-{page}"'
    is_named = request.query_params.get("etag") == source.etag
    headers = {
        "ETag": tag,
        "Cache-Control": f"private, max-age={_KEPT_SECONDS}, immutable"
        if is_named
        else "private, no-cache",
        "Content-Disposition": "inline",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    try:
        picture = pictures_of(context).of(source, page)
    except (NotShown, ObjectUnavailable):
        raise HTTPException(415) from None
    return Response(picture.content, media_type=picture.media_type, headers=headers)


def _reviewed(request: Request) -> tuple[Reviewed, int]:
    """Return the input and the place that a request names.

    Raises:
        HTTPException: 404, there is no such invoice.
    """
    context, place = context_of(request), _number(request, "place")
    try:
        reviewed = load(context.bucket, key_of(request), context.confidence_below)
    except ObjectUnavailable:
        raise HTTPException(404) from None
    if reviewed and place == 1 and reviewed.record and not reviewed.has(place):
        place = FIRST_BY_HAND  # of an input that was not read
    if reviewed is None or not reviewed.has(place):
        raise HTTPException(404)
    return reviewed, place


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0  # noqa: PLR2004
    if not 1 <= number <= _MOST_PLACES:
        raise HTTPException(404)
    return number


def _revision(request: Request) -> str | None:
    text = request.headers.get("if-match")
    return None if text is None else text.strip().removeprefix("W/").strip('"')


async def _form(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form.

    Raises:
        HTTPException: 413, it is too large; 422, it is no form.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_FORM:
            raise HTTPException(413)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=300)
    except ValueError:
        raise HTTPException(422) from None


ROUTES: list[Route] = [
    Route("/invoices/{key:path}/decisions", decide, methods=["POST"]),
    Route("/invoices/{key:path}", show_invoice, methods=["GET"]),
    Route("/check", check, methods=["POST"]),
    Route("/images/{key:path}", show_image, methods=["GET"]),
]
