"""Errors of the SDKs as one readable line, without credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

from huaweicloudsdkcore.exceptions.exceptions import SdkException, ServiceResponseException
from requests.exceptions import RequestException

from ops.errors import OpsError
from quota_invoice.errors import StoreError
from quota_invoice.obs.responses import is_success


@contextlib.contextmanager
def readable_errors(service: str, mask: Callable[[object], str] = str) -> Iterator[None]:
    """Raise the exceptions of an SDK as an ``OpsError`` that names the service.

    Args:
        service: the name of the service.
        mask: removes credentials from the message of the service.
    """
    try:
        yield
    except ServiceResponseException as error:
        message = f"{error.status_code} {error.error_code}: {mask(error.error_msg)}"
        raise OpsError(f"{service}: {message} (request {error.request_id})") from None
    except (SdkException, RequestException, OSError, HTTPException) as error:
        # Their messages contain the URL and the request.
        raise OpsError(f"{service} was not reached: {type(error).__name__}") from None


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """Raise the errors of the function's own store as an ``OpsError``."""
    try:
        yield
    except StoreError as error:
        raise OpsError(f"the bucket: {error.message} ({error.code})") from None


def response_body(response: Any, action: str) -> Any:  # noqa: ANN401 - the SDK has no types
    """Return the body of a response of the OBS SDK.

    Raises:
        OpsError: the bucket refused the action.
    """
    if not is_success(response.status):
        reason = response.errorCode or response.reason
        raise OpsError(f"the bucket refused to {action}: {response.status} {reason}")
    return response.body
