"""What happens to a request, in the order in which it is judged.

Who are you, is there room, what did you send, what is in it. See `codes` for every refusal.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from local.ocr import documents, iam, images, tickets
from local.ocr.auth import Gate
from local.ocr.codes import (
    BAD_PARAMETER,
    NOT_AN_INVOICE,
    NOT_DECLARED_JSON,
    RECOGNITION_FAILED,
    Refusal,
)
from local.ocr.limits import LONGEST_BODY, PerMinute, Slots, read_body
from local.ocr.models import (
    Invoice,
    QuotaInvoiceRequestBody,
    QuotaInvoiceResponse,
    QuotaInvoiceResult,
    SourceBody,
    parse,
)
from local.ocr.openapi import describe
from local.ocr.signature import Message
from local.ocr.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from starlette.requests import Request

    from local.ocr.fetch import Fetcher
    from local.ocr.images import Pixels
    from local.ocr.keyring import Keyring
    from local.ocr.settings import Settings

LONGEST_TOKEN_REQUEST = 64 << 10

Body = TypeVar("Body", bound=SourceBody)
Found = TypeVar("Found")

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Reads an image; may be called by several threads at once."""

    def read(self, image: Pixels) -> Invoice | None:
        """Give what stands on the invoice, None where the image shows none."""

    def read_all(self, image: Pixels) -> Sequence[tickets.Ticket]:
        """Give every invoice on the image, and where it lies."""


class Service:
    """The parts that a request meets, and the routes over them."""

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        keyring: Keyring,
        fetcher: Fetcher,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._clock = clock
        self._tokens = Tokens(timedelta(seconds=settings.token_seconds), settings.token, clock)
        self._gate = Gate(settings.project, keyring, self._tokens, clock)
        self._identities = iam.Identities(settings, self._gate)
        self._slots = Slots(settings.concurrency)
        self._logins = Slots(settings.concurrency)
        self._rate = PerMinute(settings.rate_per_minute)
        self._turns = asyncio.Semaphore(settings.workers)
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="read")
        self._description = describe()
        self._fetcher = fetcher

    async def quota_invoice(self, request: Request) -> JSONResponse:
        """Quota Invoice OCR."""
        async with self._taken(request, QuotaInvoiceRequestBody) as given:
            found = await self._read(given, request, images.decode, self._reader.read)
        if found is None:
            raise Refusal(NOT_AN_INVOICE)
        answer = QuotaInvoiceResponse(result=QuotaInvoiceResult.of(found))
        return JSONResponse(answer.model_dump())

    async def auto_classification(self, request: Request) -> JSONResponse:
        """Auto Classification OCR."""
        async with self._taken(request, tickets.AutoClassificationRequestBody) as given:
            if not tickets.wanted(given):
                raise Refusal(NOT_AN_INVOICE)
            decode = partial(documents.decode, page=given.pdf_page_number)
            found = await self._read(given, request, decode, self._reader.read_all)
        if not found:
            raise Refusal(NOT_AN_INVOICE)
        return JSONResponse(tickets.results(found).model_dump())

    async def token(self, request: Request) -> JSONResponse:
        """IAM's token endpoint."""
        _check_type(request)
        with self._logins.hold():
            raw = await read_body(request, LONGEST_TOKEN_REQUEST, self._settings.head_seconds)
        body = parse(iam.TokenRequestBody, raw.data)
        until = self._identities.check(body, request.headers.get("x-security-token", ""))
        project = self._identities.project(body)
        token, end = self._tokens.issue(project, until)
        answer = iam.answer(body, project, self._clock(), end)
        return JSONResponse(answer, 201, {"X-Subject-Token": token})

    async def health(self, _request: Request) -> JSONResponse:
        """Tell that the service is up."""
        return JSONResponse({"status": "ok"})

    async def description(self, _request: Request) -> JSONResponse:
        """Describe the API."""
        return JSONResponse(self._description)

    async def close(self) -> None:
        """Wait for what is being read, and close what is open."""
        self._threads.shutdown()
        await self._fetcher.aclose()

    @asynccontextmanager
    async def _taken(self, request: Request, model: type[Body]) -> AsyncIterator[Body]:
        """Let the caller in, and hold a slot while its request is worked on."""
        prove = self._gate.admit(_message(request), request.path_params["project_id"])
        _check_type(request)
        with self._slots.hold():
            body = await read_body(request, LONGEST_BODY, self._settings.body_seconds)
            prove(body.sha256)
            self._rate.take()
            given = parse(model, body.data)
            del body  # up to 16 MiB that nobody needs while the image waits for its turn
            yield given

    async def _read(
        self,
        given: SourceBody,
        request: Request,
        decode: Callable[[bytes], Pixels],
        how: Callable[[Pixels], Found],
    ) -> Found:
        """Wait for a turn: only so many images are in memory, and none for a caller that left."""
        source = await self._source(given)
        async with self._turns:
            if await request.is_disconnected():
                raise ClientDisconnect
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, _read_now, source, decode, how)

    async def _source(self, given: SourceBody) -> Callable[[], bytes]:
        if (given.image is None) == (given.url is None):
            raise Refusal(BAD_PARAMETER, "set either image or url")
        if given.url is not None:
            data = await self._fetcher.get(given.url)
            return lambda: data
        text = given.image or ""
        return lambda: images.from_base64(text)


def _read_now(
    source: Callable[[], bytes],
    decode: Callable[[bytes], Pixels],
    how: Callable[[Pixels], Found],
) -> Found:
    pixels = decode(source())
    try:
        return how(pixels)
    except Exception:  # noqa: BLE001 - whatever the engine raises, the caller is told one thing
        _log.exception("reader failed")
        raise Refusal(RECOGNITION_FAILED) from None


def _message(request: Request) -> Message:
    scope = request.scope
    return Message(request.method, scope["raw_path"], scope["query_string"], scope["headers"])


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(NOT_DECLARED_JSON)
