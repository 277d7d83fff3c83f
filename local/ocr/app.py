"""The service's routes: what the contract asks for, in the order in which a request is judged.

Who are you, is there room, what did you send, what is in it. See `codes` for every refusal.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.ocr import iam, images
from local.ocr.auth import Gate
from local.ocr.codes import (
    BAD_PARAMETER,
    NOT_AN_INVOICE,
    NOT_DECLARED_JSON,
    RECOGNITION_FAILED,
    Refusal,
)
from local.ocr.envelope import Envelope, misrouted, refused, unforeseen
from local.ocr.fetch import Fetcher
from local.ocr.keyring import Credential, FileKeyring, Keyring, Keyrings, StaticKeyring
from local.ocr.limits import LONGEST_BODY, PerMinute, Slots, read_body
from local.ocr.models import (
    Invoice,
    QuotaInvoiceRequestBody,
    QuotaInvoiceResponse,
    QuotaInvoiceResult,
    parse,
)
from local.ocr.openapi import describe
from local.ocr.signature import Message
from local.ocr.tokens import Tokens, utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from local.ocr.images import Pixels
    from local.ocr.settings import Settings

LONGEST_TOKEN_REQUEST = 64 << 10
PATH = "/v2/{project_id}/ocr/quota-invoice"


_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Reads an image; may be called by several threads at once."""

    def read(self, image: Pixels) -> Invoice | None:
        """Give what stands on the invoice, None where the image shows none."""


class Service:
    """The parts that a request meets, and the routes over them."""

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        keyring: Keyring | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._clock = clock
        self._tokens = Tokens(timedelta(seconds=settings.token_seconds), settings.token, clock)
        self._gate = Gate(settings.project, keyring or keys_of(settings), self._tokens, clock)
        self._identities = iam.Identities(settings, self._gate)
        self._slots = Slots(settings.concurrency)
        self._logins = Slots(settings.concurrency)
        self._rate = PerMinute(settings.rate_per_minute)
        self._turns = asyncio.Semaphore(settings.workers)
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="read")
        self._description = describe()
        self._fetcher = Fetcher(transport_of(settings), settings.allow_hosts, settings.max_seconds)

    async def quota_invoice(self, request: Request) -> JSONResponse:
        """Quota Invoice OCR."""
        prove = self._gate.admit(_message(request), request.path_params["project_id"])
        _check_type(request)
        with self._slots.hold():
            body = await read_body(request, LONGEST_BODY, self._settings.body_seconds)
            prove(body.sha256)
            self._rate.take()
            given = parse(QuotaInvoiceRequestBody, body.data)
            del body  # up to 16 MiB that nobody needs while the image waits for its turn
            found = await self._read(await self._source(given), request)
        if found is None:
            raise Refusal(NOT_AN_INVOICE)
        answer = QuotaInvoiceResponse(result=QuotaInvoiceResult.of(found))
        return JSONResponse(answer.model_dump())

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

    async def _source(self, given: QuotaInvoiceRequestBody) -> Callable[[], bytes]:
        if (given.image is None) == (given.url is None):
            raise Refusal(BAD_PARAMETER, "set either image or url")
        if given.url is not None:
            data = await self._fetcher.get(given.url)
            return lambda: data
        text = given.image or ""
        return lambda: images.from_base64(text)

    async def _read(self, source: Callable[[], bytes], request: Request) -> Invoice | None:
        """Wait for a turn: only so many images are in memory, and none for a caller that left."""
        async with self._turns:
            if await request.is_disconnected():
                raise ClientDisconnect
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._read_now, source)

    def _read_now(self, source: Callable[[], bytes]) -> Invoice | None:
        pixels = images.decode(source())
        try:
            return self._reader.read(pixels)
        except Exception:  # noqa: BLE001 - whatever the engine raises, the caller is told one thing
            _log.exception("reader failed")
            raise Refusal(RECOGNITION_FAILED) from None


def make_app(
    settings: Settings,
    reader: Reader,
    keyring: Keyring | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> ASGIApp:
    """Make the ASGI application; without a `keyring` the settings' keys count."""
    service = Service(settings, reader, keyring, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await service.close()

    routes = [
        Route(PATH, service.quota_invoice, methods=["POST"]),
        Route("/v3/auth/tokens", service.token, methods=["POST"]),
        Route("/healthz", service.health),
        Route("/openapi.json", service.description),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={Refusal: refused, HTTPException: misrouted, Exception: unforeseen},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # the contract's paths have none; a redirected POST is lost
    return Envelope(app, routes)


def keys_of(settings: Settings) -> Keyring:
    """Give the keys that the settings name."""
    fixed = [Credential(settings.ak, settings.sk)] if settings.ak else []
    rings: list[Keyring] = [StaticKeyring(fixed)]
    if settings.key_file:
        rings.append(FileKeyring(settings.key_file))
    return Keyrings(*rings)


def transport_of(settings: Settings) -> httpx.AsyncHTTPTransport:
    """Make the transport for image URLs: no proxies, no connection kept, certificates verified."""
    context = httpx.create_ssl_context(trust_env=False)
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    limits = httpx.Limits(max_connections=settings.concurrency, max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)


def _message(request: Request) -> Message:
    scope = request.scope
    return Message(request.method, scope["raw_path"], scope["query_string"], scope["headers"])


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(NOT_DECLARED_JSON)
