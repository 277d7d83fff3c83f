"""What the SDKs raise, as one line that tells no keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http.client import HTTPException

from huaweicloudsdkcore.exceptions.exceptions import SdkException, ServiceResponseException
from requests.exceptions import RequestException

from ops.errors import OpsError


@contextlib.contextmanager
def readable_errors(service: str) -> Iterator[None]:
    """Turn what a call raises into a ``OpsError`` that names the service."""
    try:
        yield
    except ServiceResponseException as error:
        message = f"{service}: {error.status_code} {error.error_code} {error.error_msg}"
        raise OpsError(message) from None
    except (SdkException, RequestException, OSError, HTTPException) as error:
        # Their texts hold the request.
        raise OpsError(f"{service} was not reached: {type(error).__name__}") from None
