"""Handles the requests: authentication, limits, validation, then reading.

``errors`` has all error codes.
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
from ocr_service.contract import auto_classification, models
from ocr_service.contract.openapi import describe
from ocr_service.decode import images
from ocr_service.errors import BAD_PARAMETER, NOT_AN_INVOICE, NOT_DECLARED_JSON, ApiError
from ocr_service.fetch import Fetcher
from ocr_service.http.limits import MAX_BODY_BYTES, PerMinute, Slots, read_body
from ocr_service.reader_pool import ReaderPool
from ocr_service.settings import Settings

_MAX_TOKEN_REQUEST_BYTES = 64 << 10

Body = TypeVar("Body", bound=models.SourceBody)


class Service:
    """The endpoints of the API."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        fetcher: Fetcher,
        readers: ReaderPool,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = Tokens(timedelta(seconds=settings.token_seconds), settings.token, clock)
        self._authenticator = Authenticator(settings.project, keyring, self._tokens, clock)
        self._identities = iam.IdentityVerifier(settings, self._authenticator)
        self._slots = Slots(settings.concurrency)
        self._logins = Slots(settings.concurrency)
        self._rate = PerMinute(settings.rate_per_minute)
        self._description = describe(settings.project)
        self._fetcher = fetcher
        self._readers = readers

    async def quota_invoice(self, request: Request) -> JSONResponse:
        """Quota Invoice OCR."""
        async with self._accept(request, models.QuotaInvoiceRequestBody) as body:
            data = await self._image(body)
            found = await self._readers.read(data, partial(_check_connected, request))
        if found is None:
            raise ApiError(NOT_AN_INVOICE)
        response = models.QuotaInvoiceResponse(result=models.QuotaInvoiceResult.of(found))
        return JSONResponse(response.model_dump())

    async def auto_classification(self, request: Request) -> JSONResponse:
        """Auto Classification OCR."""
        async with self._accept(request, auto_classification.AutoClassificationRequestBody) as body:
            if not auto_classification.is_supported(body):
                raise ApiError(NOT_AN_INVOICE)
            data, page = await self._image(body), body.pdf_page_number or 1
            found = await self._readers.read_all(data, page, partial(_check_connected, request))
        if not found:
            raise ApiError(NOT_AN_INVOICE)
        return JSONResponse(auto_classification.AutoClassificationResponse.of(found).model_dump())

    async def token(self, request: Request) -> JSONResponse:
        """IAM's token endpoint."""
        _check_type(request)
        with self._logins.hold():
            raw = await read_body(request, _MAX_TOKEN_REQUEST_BYTES, self._settings.head_seconds)
        body = models.parse(iam.TokenRequestBody, raw.data)
        until = self._identities.check(body, request.headers.get("x-security-token", ""))
        project = self._identities.project(body)
        token, end = self._tokens.issue(project, until)
        response = iam.token_body(body, project, self._clock(), end)
        return JSONResponse(response, 201, {"X-Subject-Token": token})

    async def health(self, _request: Request) -> JSONResponse:
        """Return a status, to show that the service is up."""
        return JSONResponse({"status": "ok"})

    async def description(self, _request: Request) -> JSONResponse:
        """Return the OpenAPI description."""
        return JSONResponse(self._description)

    async def close(self) -> None:
        """End the readers, and close the transport."""
        await self._readers.close()
        await self._fetcher.aclose()

    @asynccontextmanager
    async def _accept(self, request: Request, model: type[Body]) -> AsyncIterator[Body]:
        """Authenticate, read and validate a request; hold a slot during the block."""
        verify = self._authenticator.authenticate(
            _message(request), request.path_params["project_id"]
        )
        _check_type(request)
        with self._slots.hold():
            body = await read_body(request, MAX_BODY_BYTES, self._settings.body_seconds)
            verify(body.sha256)
            self._rate.take()
            parsed = models.parse(model, body.data)
            del body  # up to 16 MiB, not needed while the image waits for a worker
            yield parsed

    async def _image(self, body: models.SourceBody) -> bytes:
        if (body.image is None) == (body.url is None):
            raise ApiError(BAD_PARAMETER, "set either image or url")
        if body.url is not None:
            return await self._fetcher.get(body.url)
        text, body.image = body.image or "", None  # frees the text before a possibly long wait
        return images.from_base64(text)


async def _check_connected(request: Request) -> None:
    if await request.is_disconnected():
        raise ClientDisconnect


def _message(request: Request) -> Message:
    scope = request.scope
    return Message(request.method, scope["raw_path"], scope["query_string"], scope["headers"])


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(NOT_DECLARED_JSON)
