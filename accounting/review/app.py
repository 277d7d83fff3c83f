"""The page as an ASGI app: the routes of its parts, its static files and its error pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from accounting.review.context import ReviewContext
from accounting.review.files.routes import ROUTES as FILES
from accounting.review.invoice.routes import ROUTES as INVOICE
from accounting.review.pages import STATIC, error_page
from accounting.review.queue.routes import ROUTES as QUEUE
from accounting.review.texts import texts
from quota_invoice.errors import StoreError

ROUTES = [*QUEUE, *INVOICE, *FILES]
"""The routes of all parts."""
_UNAVAILABLE = 503


def review_app(context: ReviewContext) -> Starlette:
    """Return the app without its guard.

    Args:
        context: closed when the app stops.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(context.close)

    return Starlette(
        routes=[*ROUTES, Mount("/static", StaticFiles(directory=STATIC))],
        lifespan=lifespan,
        exception_handlers={
            HTTPException: _refused,
            StoreError: _store_failed,
            Exception: _failed,
        },
    )


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    key = f"shell.error.{status}"
    return error_page(request, status, key if key in texts() else "shell.error.500")


async def _store_failed(request: Request, _: Exception) -> Response:
    return error_page(request, _UNAVAILABLE, "shell.error.503")


async def _failed(request: Request, _: Exception) -> Response:
    return error_page(request, 500, "shell.error.500")
