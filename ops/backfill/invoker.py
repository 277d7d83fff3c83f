"""Asynchronous invocations by the official SDK, with retries and a rate limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import certifi
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    SdkException,
    ServiceResponseException,
)
from huaweicloudsdkfunctiongraph.v2 import AsyncInvokeFunctionRequest, FunctionGraphClient
from requests.exceptions import RequestException
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ops.backfill.account import Account
from ops.sdk.clients import api_client
from ops.sdk.errors import readable_errors

_ATTEMPTS = 6
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
# Events take different times to arrive: without this, some would be closer together than allowed.
_SLOWER = 1.01


class Invoker:
    """Sends events to the function, which processes them later.

    Args:
        account: the account and its function.
        per_minute: maximum events per minute, evenly spaced, and one percent below it.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self, account: Account, per_minute: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = api_client(
            FunctionGraphClient,
            account.functiongraph,
            account.credentials,
            account.project_id,
            timeout=(10, 30),
            ca_file=account.settings.ca_file or certifi.where(),
        )
        self._mask = account.credentials.masked
        self._urn = account.function_urn
        self._spacing = 60 / per_minute * _SLOWER
        self._next = 0.0
        self._sleep = sleep

    def send(self, event: Mapping[str, Any]) -> str:
        """Send one event, and retry after errors that may be temporary.

        Returns:
            The request's id, which is in the function's log.

        Raises:
            OpsError: FunctionGraph refused the event or was not reached.
        """
        retrying = Retrying(
            retry=retry_if_exception(_is_temporary),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=1, max=30, min=0.5),
            sleep=self._sleep,
            reraise=True,
        )
        with readable_errors("FunctionGraph", self._mask):
            return str(retrying(self._send, event))

    def _send(self, event: Mapping[str, Any]) -> str:
        now = time.monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._spacing
        request = AsyncInvokeFunctionRequest(function_urn=self._urn, body=dict(event))
        return str(self._client.async_invoke_function(request).request_id)


def _is_temporary(error: BaseException) -> bool:
    if isinstance(error, ServiceResponseException):
        status = int(error.status_code or 0)
        return status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
    return isinstance(error, SdkException | RequestException | OSError) and not isinstance(
        error, ClientRequestException
    )
