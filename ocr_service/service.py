"""Handles the requests: admission, validation, then reading.

``errors`` has all error codes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ocr_service import metrics
from ocr_service.auth import iam
from ocr_service.auth.authenticator import Authenticator
from ocr_service.auth.keyring import Keyring
from ocr_service.auth.tokens import Tokens
from ocr_service.contract import auto_classification, models
from ocr_service.contract.openapi import Json, describe
from ocr_service.decode import images
from ocr_service.errors import BAD_PARAMETER, NOT_AN_INVOICE, STOPPING, ApiError
from ocr_service.fetch import Fetcher
from ocr_service.http.admission import Admission
from ocr_service.metrics import Metrics
from ocr_service.reader_pool import ReaderPool, Turn
from ocr_service.readiness import Readiness
from ocr_service.settings import Settings

_QUOTA_INVOICE = partial(models.parse, models.QuotaInvoiceRequestBody)
_AUTO_CLASSIFICATION = partial(models.parse, auto_classification.AutoClassificationRequestBody)


class Service:
    """The endpoints of the API."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the service
        self,
        settings: Settings,
        keyring: Keyring,
        fetcher: Fetcher,
        readers: ReaderPool,
        readiness: Readiness,
        measured: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        life = timedelta(seconds=settings.token_seconds)
        self._tokens = Tokens(life, settings.token, clock, settings.token_secret)
        authenticator = Authenticator(settings.project, keyring, self._tokens, clock)
        self._identities = iam.IdentityVerifier(settings, authenticator)
        self.admission = Admission(settings, authenticator)
        self._project = settings.project
        self._fetcher = fetcher
        self._readers = readers
        self._readiness = readiness
        self._metrics = measured

    async def quota_invoice(self, request: Request) -> JSONResponse:
        """Quota Invoice OCR."""
        async with self.admission.admit(request, _QUOTA_INVOICE) as body:
            data = await self._image(body)
            found = await self._readers.read(data, _turn(request))
        if found is None:
            raise ApiError(NOT_AN_INVOICE)
        response = models.QuotaInvoiceResponse(result=models.QuotaInvoiceResult.of(found))
        return JSONResponse(response.model_dump())

    async def auto_classification(self, request: Request) -> JSONResponse:
        """Auto Classification OCR."""
        async with self.admission.admit(request, _AUTO_CLASSIFICATION) as body:
            if not auto_classification.is_supported(body):
                raise ApiError(NOT_AN_INVOICE)
            data, page = await self._image(body), body.pdf_page_number or 1
            found = await self._readers.read_all(data, page, _turn(request))
        if not found:
            raise ApiError(NOT_AN_INVOICE)
        return JSONResponse(auto_classification.AutoClassificationResponse.of(found).model_dump())

    async def token(self, request: Request) -> JSONResponse:
        """IAM's token endpoint."""
        raw = await self.admission.login_body(request)
        body = models.parse(iam.TokenRequestBody, raw.data)
        async with self.admission.delaying_failures(request):
            until = self._identities.check(body, request.headers.get("x-security-token", ""))
        request.state.key = owner = self._identities.owner(body)
        project = self._identities.project(body)
        token, end = self._tokens.issue(project, until, owner)
        response = iam.token_body(body, project, self._clock(), end)
        return JSONResponse(response, 201, {"X-Subject-Token": token})

    async def health(self, _request: Request) -> JSONResponse:
        """Return a status, to show that the service is up."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> JSONResponse:
        """Return whether the service wants requests."""
        if self._readiness.is_stopping:
            raise ApiError(STOPPING)
        return JSONResponse({"status": "ready"})

    async def metrics(self, _request: Request) -> Response:
        """Return the numbers for Prometheus."""
        return Response(self._metrics.text(), media_type=metrics.CONTENT_TYPE)

    async def description(self, _request: Request) -> JSONResponse:
        """Return the OpenAPI description."""
        return JSONResponse(self._description)

    @cached_property
    def _description(self) -> Json:
        return describe(self._project)  # its schemas would delay the start

    async def close(self) -> None:
        """End the readers, and close the transport."""
        await self._readers.close()
        await self._fetcher.aclose()

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


def _turn(request: Request) -> Turn:
    return Turn(request.state.key, partial(_check_connected, request))
