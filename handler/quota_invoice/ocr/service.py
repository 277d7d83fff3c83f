"""The OCR service by its SDK: requests, timeouts, errors."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from huaweicloudsdkcore.exceptions.exceptions import (
    ConnectionException,
    RequestTimeoutException,
    SdkException,
    ServiceResponseException,
    SslHandShakeException,
)
from huaweicloudsdkocr.v1 import (
    AutoClassificationRequestBody,
    OcrClient,
    QuotaInvoiceRequestBody,
    RecognizeAutoClassificationRequest,
    RecognizeQuotaInvoiceRequest,
)
from requests.exceptions import RequestException, Timeout

from quota_invoice.deadline import run_with_timeout
from quota_invoice.errors import QuotaInvoiceError, ServiceUnavailable
from quota_invoice.json_values import no_constant
from quota_invoice.ocr.client import make_client, sdk_credentials
from quota_invoice.ocr.error_codes import error_of
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api, Recognition
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

_TYPES = ["quota_invoice"]  # the ticket types of Auto Classification; others are not billed


class OcrService:
    """Quota Invoice OCR and Auto Classification OCR, for one invocation; threads may share it.

    Args:
        settings: endpoint, project and timeout.
        client: the SDK's client, whose connections outlive an invocation.
        credentials: the invocation's.
        stopwatch: counts the time of requests.
    """

    def __init__(
        self,
        settings: Settings,
        client: OcrClient,
        credentials: Credentials,
        stopwatch: Stopwatch,
    ) -> None:
        self._settings = settings
        self._client = client
        self._credentials = credentials
        self._stopwatch = stopwatch

    @classmethod
    def connect(cls, settings: Settings, credentials: Credentials) -> OcrService:
        """Return a service with connections of its own; no request is sent."""
        return cls(settings, make_client(settings, credentials), credentials, Stopwatch())

    def for_invocation(self, credentials: Credentials, stopwatch: Stopwatch) -> OcrService:
        """Return a service over the same connections, with another invocation's credentials."""
        self._client.with_credentials(sdk_credentials(self._settings, credentials))
        return OcrService(self._settings, self._client, credentials, stopwatch)

    def recognize(
        self, ocr_input: OcrInput, api: Api, page: int | None, seconds: float
    ) -> Recognition:
        """Send an image, or a page of a PDF, to OCR.

        Args:
            ocr_input: the image or PDF.
            api: one invoice per image, or any number of them.
            page: the page of a PDF, from 1; None for an image.
            seconds: maximum time until the whole response, if less than the settings allow.

        Raises:
            ImageRefused: the service cannot read this image.
            ServiceRefused: it refused the account or the request.
            ServiceUnavailable: no response in time, or an invalid one.
        """
        limit = min(seconds, self._settings.ocr_timeout)
        send, result_type = self._call(ocr_input, api, page)
        started = time.perf_counter()
        # "from None": messages and causes of the SDK's exceptions hold the request.
        try:
            with self._stopwatch.waiting("ocr"):
                response = run_with_timeout(limit, send)
        except ServiceResponseException as error:
            raise self._error(error) from None
        except (RequestTimeoutException, Timeout, TimeoutError):
            message = f"the OCR service did not respond within {limit:g} s"
            raise ServiceUnavailable("Service.Timeout", message) from None
        except SslHandShakeException:
            message = "the OCR service's certificate is not trusted"
            raise ServiceUnavailable("Service.Certificate", message) from None
        except (ConnectionException, RequestException, OSError) as error:
            message = f"{self._settings.ocr_endpoint} was not reached: {type(error).__name__}"
            raise ServiceUnavailable("Service.Unreachable", message) from None
        except (SdkException, ValueError, TypeError, AttributeError, RecursionError) as error:
            # The SDK reads responses without checking their shape.
            message = f"the OCR service's response is invalid: {type(error).__name__}"
            raise ServiceUnavailable("Service.BadAnswer", message) from None
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        return Recognition(_result(response, result_type), response.x_request_id, elapsed_ms)

    def _call(
        self, ocr_input: OcrInput, api: Api, page: int | None
    ) -> tuple[partial[Any], type[dict[str, Any] | list[Any]]]:
        """Return the SDK's call, and the type of the result that it returns."""
        if api is Api.QUOTA_INVOICE:
            quota = RecognizeQuotaInvoiceRequest(
                body=QuotaInvoiceRequestBody(**ocr_input.members())
            )
            return partial(self._client.recognize_quota_invoice, quota), dict
        body = AutoClassificationRequestBody(
            type_list=_TYPES, pdf_page_number=page, **ocr_input.members()
        )
        auto = RecognizeAutoClassificationRequest(body=body)
        return partial(self._client.recognize_auto_classification, auto), list

    def _error(self, error: ServiceResponseException) -> QuotaInvoiceError:
        message = self._credentials.masked(error.error_msg)
        status = int(error.status_code or 0)
        found = error_of(error.error_code, message, status, error.request_id)
        found.retry_after = _retry_after(error)
        return found


def _retry_after(error: BaseException) -> float:
    """Return the seconds of the header Retry-After, which the SDK's exception does not hold.

    The exception was raised while ``requests.HTTPError`` was handled, which holds the response.
    """
    cause: BaseException | None = error
    while cause is not None:
        response = getattr(cause, "response", None)
        if response is not None:
            text = response.headers.get("Retry-After", "")
            return float(text) if text.isascii() and text.isdigit() else 0.0
        cause = cause.__context__
    return 0.0


def _result(response: Any, result_type: type) -> Any:  # noqa: ANN401 - the SDK has no types
    """Return the API's ``result``, an object or a list of them, as it was sent.

    The SDK's own model drops members that it does not know. It takes HTML, redirects and error
    bodies with status 200 for a response without a result.
    """
    try:
        # Python's parser accepts NaN, which JSON has not: the record would be invalid.
        body = response.to_json_object(parse_constant=no_constant)
    except (ValueError, AttributeError, RecursionError):
        body = None
    result = body.get("result") if isinstance(body, dict) else None
    if not isinstance(result, result_type):
        message = f"the OCR service's response {response.status_code} has no result"
        raise ServiceUnavailable("Service.BadAnswer", message, response.x_request_id)
    return result
