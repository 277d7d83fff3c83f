"""Admits requests: authentication first, then a slot, then the work.

Without valid credentials a caller gets no slot and no work, only room for a body that a signature
must be compared with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from starlette.requests import Request

from ocr_service.auth.authenticator import Authenticator, Caller
from ocr_service.auth.signature import Message
from ocr_service.errors import NOT_DECLARED_JSON, TOKEN_EMPTY, TOKEN_EXPIRED, ApiError
from ocr_service.http.connections import address_of, trust
from ocr_service.http.failure_delays import FailureDelays
from ocr_service.http.fair_shares import FairSlots
from ocr_service.http.limits import MAX_BODY_BYTES, Body, PerMinute, read_body
from ocr_service.http.pending_bodies import PendingBodies
from ocr_service.settings import Settings

_MAX_LOGIN_BYTES = 64 << 10
_UNAUTHORIZED = 401
_NO_GUESS = (TOKEN_EMPTY, TOKEN_EXPIRED)

Parsed = TypeVar("Parsed")


class Admission:
    """The limits that each request passes."""

    def __init__(self, settings: Settings, authenticator: Authenticator) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self.slots = FairSlots(settings.concurrency)
        self.pending = PendingBodies()
        self.failures = FailureDelays()
        self._rate = PerMinute(settings.rate_per_minute)

    @asynccontextmanager
    async def admit(
        self, request: Request, parse: Callable[[bytes], Parsed]
    ) -> AsyncIterator[Parsed]:
        """Authenticate a request, read and parse its body; hold a slot during the block.

        ``request.state.key`` becomes the key of the caller.
        """
        async with self.delaying_failures(request):
            caller = self._authenticator.authenticate(
                _message(request), request.path_params["project_id"]
            )
            request.state.key = caller.key
            body = await self._signed_body(request, caller)
        trust(request)
        with self.slots.hold(caller.key):
            self._rate.take(caller.key)
            if body is None:
                body = await read_body(request, MAX_BODY_BYTES, self._settings.body_seconds)
            parsed = parse(body.data)
            del body  # up to 16 MiB, not needed while the image waits for a worker
            yield parsed

    async def login_body(self, request: Request) -> Body:
        """Read the body of a request for a token, which has no other authentication."""
        _check_type(request)
        return await self.pending.read(request, _MAX_LOGIN_BYTES, self._settings.head_seconds)

    @asynccontextmanager
    async def delaying_failures(self, request: Request) -> AsyncIterator[None]:
        """Delay the response if the block ends with wrong credentials."""
        try:
            yield
        except ApiError as error:
            if error.code.status == _UNAUTHORIZED and error.code not in _NO_GUESS:
                address = address_of(request.scope.get("client"))
                await anyio.sleep(self.failures.after_failure(address))
            raise

    async def _signed_body(self, request: Request, caller: Caller) -> Body | None:
        """Return the body of a signed request; None if the caller is proven without it."""
        _check_type(request)
        if caller.is_proven:
            caller.verify("")
            return None
        body = await self.pending.read(request, MAX_BODY_BYTES, self._settings.body_seconds)
        caller.verify(body.sha256)
        return body


def _message(request: Request) -> Message:
    scope = request.scope
    return Message(request.method, scope["raw_path"], scope["query_string"], scope["headers"])


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(NOT_DECLARED_JSON)
