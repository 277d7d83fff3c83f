"""The routes of the queue: the page, further rows, and the state of the index."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accounting.review.context import context_of
from accounting.review.pages import render
from accounting.review.queue.filters import NAMES, STATES, Filters
from accounting.review.queue.index import ReviewIndex, open_index
from accounting.review.queue.view import Words, yuan
from accounting.review.texts import Translator

_SIZE = 50  # rows of a page


def show_queue(request: Request) -> Response:
    """Answer the page with the first rows of a selection, or with those after a row."""
    index, filters = _index(request), Filters.of(request.query_params)
    state = index.status()
    selection = index.selection(filters)
    return render(
        request,
        "queue/queue.html",
        state=state,
        selection=selection,
        states=STATES,
        names=NAMES,
        seen=state.version,
        **_rows(request, index, filters),
    )


def show_rows(request: Request) -> Response:
    """Answer the rows after a row, as a fragment of the page."""
    filters = Filters.of(request.query_params)
    return render(request, "queue/rows.html", **_rows(request, _index(request), filters))


def show_status(request: Request) -> Response:
    """Answer the state of the index; the browser loads the page anew when the index is there."""
    state = _index(request).status()
    seen = request.query_params.get("seen", "")
    answer = render(request, "queue/status.html", state=state, seen=seen)
    if state.is_ready and request.query_params.get("was") == "building":
        answer.headers["HX-Refresh"] = "true"
    return answer


def refresh(request: Request) -> Response:
    """Compare the index with the bucket soon, and answer its state."""
    _index(request).refresh()
    return show_status(request)


def _rows(request: Request, index: ReviewIndex, filters: Filters) -> dict[str, Any]:
    context = context_of(request)
    layout = context.bucket.layout
    page = index.page(filters, request.query_params.get("after"), _SIZE)
    words = Words(Translator(context.language), filters, layout.input_prefix)
    return {"page": page, "filters": filters, "words": words, "yuan": yuan}


def _index(request: Request) -> ReviewIndex:
    return context_of(request).part(open_index)


ROUTES: list[Route] = [
    Route("/", show_queue),
    Route("/queue/rows", show_rows),
    Route("/queue/status", show_status),
    Route("/queue/refresh", refresh, methods=["POST"]),
]
