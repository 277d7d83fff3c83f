"""The OCR service by its SDK: requests, timeouts, errors."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Any

from huaweicloudsdkcore.exceptions.exceptions import (
    ConnectionException,
    RequestTimeoutException,
    ServiceResponseException,
    SslHandShakeException,
)
from huaweicloudsdkocr.v1 import (
    AutoClassificationRequestBody,
    QuotaInvoiceRequestBody,
    RecognizeAutoClassificationRequest,
    RecognizeQuotaInvoiceRequest,
)
from requests.exceptions import RequestException, Timeout
from urllib3.exceptions import HTTPError

from quota_invoice.errors import QuotaInvoiceError, ServiceUnavailable, UnusableAnswer
from quota_invoice.json_values import parse_json
from quota_invoice.ocr.client import BoundedOcrClient, make_client, sdk_credentials
from quota_invoice.ocr.connections import LARGEST_ANSWER, UnusableBody
from quota_invoice.ocr.error_codes import error_of
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api, Recognition
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.sockets import Exchange, exchange
from quota_invoice.stopwatch import Stopwatch

_MOST_RECEIVED = LARGEST_ANSWER + (256 << 10)  # bytes, with the headers
_LONGEST_ID = 200
_SUCCESS = 2  # the class of statuses
_TIMEOUTS = (RequestTimeoutException, Timeout, TimeoutError)
_NETWORK = (ConnectionException, RequestException, HTTPError, OSError)
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
        client: BoundedOcrClient,
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
        kept = self._client.kept
        with self._stopwatch.waiting("ocr"), exchange(limit, _MOST_RECEIVED, kept) as bounds:
            try:
                response = send()
            # "from None": messages and causes of the SDK's exceptions hold the request.
            except ServiceResponseException as error:
                raise self._error(error) from None
            except Exception as error:  # noqa: BLE001 - the SDK does not check responses' shapes
                kept.distrust()
                raise _failure(error, bounds, limit) from None
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        request_id = _request_id(response.x_request_id)
        return Recognition(_result(response, result_type), request_id, elapsed_ms)

    def _call(
        self, ocr_input: OcrInput, api: Api, page: int | None
    ) -> tuple[partial[Any], type[dict[str, Any] | list[Any]]]:
        """Return the SDK's call, and the type of the result that it returns."""
        billed_to = self._settings.enterprise_project_id or None
        if api is Api.QUOTA_INVOICE:
            quota = RecognizeQuotaInvoiceRequest(
                billed_to, QuotaInvoiceRequestBody(**ocr_input.members())
            )
            return partial(self._client.recognize_quota_invoice, quota), dict
        body = AutoClassificationRequestBody(
            type_list=_TYPES, pdf_page_number=page, **ocr_input.members()
        )
        auto = RecognizeAutoClassificationRequest(billed_to, body)
        return partial(self._client.recognize_auto_classification, auto), list

    def _error(self, error: ServiceResponseException) -> QuotaInvoiceError:
        message = self._credentials.masked(error.error_msg)
        status = int(error.status_code or 0)
        found = error_of(error.error_code, message, status, _request_id(error.request_id))
        found.retry_after = _retry_after(error)
        return found


def _failure(error: Exception, bounds: Exchange, limit: float) -> ServiceUnavailable:
    """Return the error for an exception of the SDK, which is none of the service's own errors."""
    name = type(error).__name__
    if isinstance(error, UnusableBody) or bounds.bytes_left < 0:
        return _bad_answer(bounds.status, str(error) if isinstance(error, UnusableBody) else name)
    if isinstance(error, _TIMEOUTS) or bounds.is_over():
        message = f"the OCR service did not respond within {limit:g} s"
        late = ServiceUnavailable("Service.Timeout", message)
        late.tries = 2  # the service may read the image to its end, and bill it
        return late
    if isinstance(error, SslHandShakeException):
        message = "the OCR service's certificate is not trusted"
        return ServiceUnavailable("Service.Certificate", message)
    if isinstance(error, _NETWORK):
        # The endpoint is the operator's: API callers read this message.
        message = f"the connection to the OCR service failed: {name}"
        return ServiceUnavailable("Service.Unreachable", message)
    # The SDK reads responses without checking their shape.
    return _bad_answer(bounds.status, name)


def _bad_answer(
    status: int, reason: str, request_id: str | None = None
) -> ServiceUnavailable | UnusableAnswer:
    """Return the error for a response that is neither a result nor an error; 2xx is billed."""
    kind = UnusableAnswer if status // 100 == _SUCCESS else ServiceUnavailable
    message = f"the OCR service's response {status} has no result: {reason}"
    return kind("Service.BadAnswer", message, request_id)


def _request_id(text: object) -> str | None:
    return str(text)[:_LONGEST_ID] if text else None


def _retry_after(error: BaseException) -> float:
    """Return the seconds of the header Retry-After, which the SDK's exception does not hold.

    The exception was raised while ``requests.HTTPError`` was handled, which holds the response.
    """
    cause: BaseException | None = error
    while cause is not None:
        response = getattr(cause, "response", None)
        if response is not None:
            text = response.headers.get("Retry-After", "")
            return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0.0
        cause = cause.__context__
    return 0.0


def _result(response: Any, result_type: type) -> Any:  # noqa: ANN401 - the SDK has no types
    """Return the API's ``result``, an object or a list of them, as it was sent.

    The SDK's own model drops members that it does not know. It takes HTML, redirects and error
    bodies with status 200 for a response without a result.
    """
    try:
        body = parse_json(response.raw_content or b"")
    except ValueError as error:
        reason = str(error) if response.raw_content else "it is empty"
        raise _bad_answer(response.status_code, reason) from None
    result = body.get("result") if isinstance(body, dict) else None
    if not isinstance(result, result_type):
        raise _bad_answer(response.status_code, "there is none", _request_id(response.x_request_id))
    return result
