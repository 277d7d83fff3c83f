"""Uploads: one request per file, streamed to the bucket under a name that is free."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from accounting.bucket import Bucket
from accounting.review.context import ReviewContext, context_of
from accounting.review.files import limits
from accounting.review.files.names import (
    NameRefused,
    folder_of_month,
    free_key,
    safe_folder,
    safe_name,
)
from accounting.review.files.outcomes import outcome_of
from accounting.review.files.sending import Body, Uploader
from accounting.review.pages import render
from accounting.review.queue.index import open_index
from accounting.review.texts import Translator
from quota_invoice.errors import StoreError, UnusableKey
from quota_invoice.obs.objects import BEGINNING
from quota_invoice.records.record import Status
from quota_invoice.times import utc_now

_MOST_KEYS = 100  # of one question for outcomes


class Sent(NamedTuple):
    """A file that was stored.

    Attributes:
        key: its key.
        same_as: the key of an input with the same content that was uploaded here before, or None.
    """

    key: str
    same_as: str | None


class Uploads:
    """The uploads of this server.

    Args:
        context: the bucket.
    """

    def __init__(self, context: ReviewContext) -> None:
        self._bucket: Bucket = context.bucket
        self._uploader = Uploader(context.bucket)
        self._lock = threading.Lock()
        self._reserved: set[str] = set()
        self._keys: dict[str, str] = {}  # the first key of each content, by its ETag

    def store(self, folder: str, name: str, body: Body) -> Sent:
        """Store a file under a name that no object has.

        The bucket has no way to write only if a key is free: another server may take the same name
        at the same moment. Uploads of this server never do.

        Raises:
            NameRefused: as ``free_key``.
            StoreError: the bucket refused the file, or the sender stopped.
        """
        with self._free_key(folder, name) as key:
            etag = self._uploader.put(key, body)
        with self._lock:
            first = self._keys.setdefault(etag, key)
        return Sent(key, None if first == key else first)

    @contextmanager
    def _free_key(self, folder: str, name: str) -> Iterator[str]:
        store, bucket = self._bucket.store, self._bucket.name

        def is_taken(key: str) -> bool:
            return key in self._reserved or store.describe(bucket, key) is not None

        with self._lock:
            key = free_key(folder, name, self._bucket.layout, is_taken)
            self._reserved.add(key)
        try:
            yield key
        finally:
            with self._lock:
                self._reserved.discard(key)


async def show_uploads(request: Request) -> Response:
    """Show the page on which files are chosen."""
    return render(
        request,
        "files/uploads.html",
        folder=request.query_params.get("folder", folder_of_month(utc_now())),
        limits=limits,
    )


async def check_upload(request: Request) -> Response:
    """Check a file's name, size and first bytes, before all of it is sent."""
    body = Body(request.stream(), _length(request) or 0)
    size = request.query_params.get("size", "")
    return await run_in_threadpool(_checked, request, body, int(size) if size.isdecimal() else 0)


def _checked(request: Request, body: Body, size: int) -> Response:
    if body.size > BEGINNING:
        return _refused(request, 413, "files.too_large", megabytes=limits.LARGEST_PDF_MB)
    try:
        safe_folder(request.query_params.get("folder", ""), context_of(request).bucket.layout)
    except NameRefused as refused:
        return _refused(request, 422, f"files.name.{refused.reason}", **refused.values)
    try:
        return _refusal_of(request, body.beginning(), size) or Response(status_code=204)
    except EOFError:
        return _refused(request, 400, "files.incomplete")


async def put_upload(request: Request) -> Response:
    """Store one file."""
    size = _length(request)
    if size is None:
        return _refused(request, 411, "files.no_length")
    return await run_in_threadpool(_put, request, Body(request.stream(), size))


def _put(request: Request, body: Body) -> Response:
    context = context_of(request)
    try:
        refusal = _refusal_of(request, body.beginning(), body.size)
        if refusal is not None:
            return refusal
        folder = safe_folder(request.query_params.get("folder", ""), context.bucket.layout)
        name = safe_name(request.path_params["name"])
        sent = context.part(Uploads).store(folder, name, body)
    except NameRefused as refused:
        return _refused(request, 422, f"files.name.{refused.reason}", **refused.values)
    except EOFError:
        return _refused(request, 400, "files.incomplete")
    except StoreError:
        return _refused(request, 503, "files.not_stored")
    stored = sent.key.removeprefix(folder)
    said = _html(
        request, "files/sent.html", sent=sent, name=request.path_params["name"], stored=stored
    )
    return JSONResponse({"key": sent.key, "html": said}, 201)


async def show_outcomes(request: Request) -> Response:
    """Tell what became of the uploads with some keys."""
    return await run_in_threadpool(_outcomes, request)


def _outcomes(request: Request) -> Response:
    context = context_of(request)
    found = []
    for text in request.query_params.getlist("key")[:_MOST_KEYS]:
        try:
            key = context.bucket.layout.requested_key(text)
        except UnusableKey:
            continue
        outcome = outcome_of(context.bucket, key, context.language)
        if outcome.status is not Status.PENDING:
            context.part(open_index).update(key)  # the queue shows it at once
        html = _html(request, "files/outcome.html", outcome=outcome)
        found.append({"key": text, "status": outcome.status.value, "html": html})
    return JSONResponse(found)


def _refusal_of(request: Request, beginning: bytes, size: int) -> Response | None:
    """Return the answer to a file that the function could not read; None if it may."""
    refusal = limits.refusal(beginning)
    if refusal is not None:
        language = context_of(request).language
        message, hint = (getattr(text, language) for text in refusal)
        return JSONResponse({"message": message, "hint": hint}, 415)
    largest = limits.largest(beginning)
    if size > largest:
        return _refused(request, 413, "files.too_large", megabytes=largest >> 20)
    return None


def _html(request: Request, template: str, **values: Any) -> str:  # noqa: ANN401 - as render
    return bytes(render(request, template, **values).body).decode()


def _refused(request: Request, status: int, text: str, **values: object) -> Response:
    t = Translator(context_of(request).language)
    return JSONResponse({"message": t(text, **values), "hint": t("files.again")}, status)


def _length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isdecimal() else None
