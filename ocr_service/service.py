"""What happens to a request, in the order in which it is judged.

Who are you, is there room, what did you send, what is in it. See `codes` for every refusal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from ocr_service.auth import iam
from ocr_service.auth.authenticator import Authenticator
from ocr_service.auth.keyring import Keyring
from ocr_service.auth.signature import Message
from ocr_service.auth.tokens import Tokens
from ocr_service.contract import auto_classification
from ocr_service.contract.errors import BAD_PARAMETER, NOT_AN_INVOICE, NOT_DECLARED_JSON, ApiError
from ocr_service.contract.models import (
    QuotaInvoiceRequestBody,
    QuotaInvoiceResponse,
    QuotaInvoiceResult,
    SourceBody,
    parse,
)
from ocr_service.contract.openapi import describe
from ocr_service.decode import images
from ocr_service.fetch import Fetcher
from ocr_service.http.limits import LONGEST_BODY, PerMinute, Slots, read_body
from ocr_service.reader_pool import Readings
from ocr_service.settings import Settings

LONGEST_TOKEN_REQUEST = 64 << 10

Body = TypeVar("Body", bound=SourceBody)


class Service:
    """The parts that a request meets, and the routes over them."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        fetcher: Fetcher,
        readings: Readings,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = Tokens(timedelta(seconds=settings.token_seconds), settings.token, clock)
        self._authenticator = Authenticator(settings.project, keyring, self._tokens, clock)
        self._identities = iam.Identities(settings, self._authenticator)
        self._slots = Slots(settings.concurrency)
        self._logins = Slots(settings.concurrency)
        self._rate = PerMinute(settings.rate_per_minute)
        self._description = describe(settings.project)
        self._fetcher = fetcher
        self._readings = readings

    async def quota_invoice(self, request: Request) -> JSONResponse:
        """Quota Invoice OCR."""
        async with self._taken(request, QuotaInvoiceRequestBody) as given:
            data = await self._data(given)
            found = await self._readings.one(data, partial(_wanted, request))
        if found is None:
            raise ApiError(NOT_AN_INVOICE)
        answer = QuotaInvoiceResponse(result=QuotaInvoiceResult.of(found))
        return JSONResponse(answer.model_dump())

    async def auto_classification(self, request: Request) -> JSONResponse:
        """Auto Classification OCR."""
        async with self._taken(request, auto_classification.AutoClassificationRequestBody) as given:
            if not auto_classification.wanted(given):
                raise ApiError(NOT_AN_INVOICE)
            data, page = await self._data(given), given.pdf_page_number or 1
            found = await self._readings.every(data, page, partial(_wanted, request))
        if not found:
            raise ApiError(NOT_AN_INVOICE)
        return JSONResponse(auto_classification.results(found).model_dump())

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
        """End what is under way, and close what is open."""
        await self._readings.close()
        await self._fetcher.aclose()

    @asynccontextmanager
    async def _taken(self, request: Request, model: type[Body]) -> AsyncIterator[Body]:
        """Let the caller in, and hold a slot while its request is worked on."""
        prove = self._authenticator.authenticate(
            _message(request), request.path_params["project_id"]
        )
        _check_type(request)
        with self._slots.hold():
            body = await read_body(request, LONGEST_BODY, self._settings.body_seconds)
            prove(body.sha256)
            self._rate.take()
            given = parse(model, body.data)
            del body  # up to 16 MiB that nobody needs while the image waits for its turn
            yield given

    async def _data(self, given: SourceBody) -> bytes:
        if (given.image is None) == (given.url is None):
            raise ApiError(BAD_PARAMETER, "set either image or url")
        if given.url is not None:
            return await self._fetcher.get(given.url)
        text, given.image = given.image or "", None  # it may wait long, and its bytes are enough
        return images.from_base64(text)


async def _wanted(request: Request) -> None:
    if await request.is_disconnected():
        raise ClientDisconnect


def _message(request: Request) -> Message:
    scope = request.scope
    return Message(request.method, scope["raw_path"], scope["query_string"], scope["headers"])


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(NOT_DECLARED_JSON)
