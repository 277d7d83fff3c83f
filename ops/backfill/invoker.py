"""FunctionGraph's asynchronous invocation by the official SDK, not faster than allowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import certifi
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    SdkException,
    ServiceResponseException,
)
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkfunctiongraph.v2 import AsyncInvokeFunctionRequest, FunctionGraphClient
from requests.exceptions import RequestException
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ops.backfill.account import Account

_TRIES = 6
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class InvocationRefused(Exception):
    """FunctionGraph did not take an event; its code and words say why."""


class Invoker:
    """Hands events to the function; it works on them later.

    Args:
        account: whose function.
        per_minute: events in a minute at the most, evenly spaced.
        sleep: waits so many seconds.
    """

    def __init__(
        self, account: Account, per_minute: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        config = HttpConfig.get_default_config()
        config.ssl_ca_cert = account.settings.ca_file or certifi.where()
        config.allow_redirects = False
        config.timeout = (10, 30)
        keys = account.credentials
        credentials = BasicCredentials(keys.access_key, keys.secret_key, account.project_id)
        if keys.security_token:
            credentials = credentials.with_security_token(keys.security_token)
        self._client = (
            FunctionGraphClient.new_builder()
            .with_http_config(config)
            .with_credentials(credentials)
            .with_endpoint(account.functiongraph)
            .build()
        )
        self._credentials = keys
        self._urn = account.function_urn
        self._spacing = 60 / per_minute
        self._next = 0.0
        self._sleep = sleep

    def send(self, event: Mapping[str, Any]) -> str:
        """Hand over one event, tried again where that may help.

        Returns:
            The request's id, under which the function logs.

        Raises:
            InvocationRefused: it was not taken.
        """
        retrying = Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=1, max=30, min=0.5),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return str(retrying(self._send, event))
        except ServiceResponseException as error:
            told = self._credentials.masked(error.error_msg)
            message = f"{error.error_code}: {told} (request {error.request_id})"
            raise InvocationRefused(message) from None
        except (SdkException, RequestException, OSError) as error:
            # The texts of these hold addresses and whatever was sent.
            message = f"FunctionGraph was not reached: {type(error).__name__}"
            raise InvocationRefused(message) from None

    def _send(self, event: Mapping[str, Any]) -> str:
        now = time.monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._spacing
        request = AsyncInvokeFunctionRequest(function_urn=self._urn, body=dict(event))
        return str(self._client.async_invoke_function(request).request_id)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, ServiceResponseException):
        status = int(error.status_code or 0)
        return status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
    return isinstance(error, SdkException | RequestException | OSError) and not isinstance(
        error, ClientRequestException
    )
