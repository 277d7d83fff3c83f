"""The OCR service: the only module that knows its SDK."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import certifi
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ConnectionException,
    RequestTimeoutException,
    SdkException,
    ServiceResponseException,
    SslHandShakeException,
)
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.http.http_handler import HttpHandler
from huaweicloudsdkocr.v1 import (
    AutoClassificationRequestBody,
    OcrClient,
    QuotaInvoiceRequestBody,
    RecognizeAutoClassificationRequest,
    RecognizeQuotaInvoiceRequest,
)
from requests import Response
from requests.exceptions import RequestException, Timeout

from quota_invoice.errors import ServiceUnavailable
from quota_invoice.json_values import no_constant
from quota_invoice.ocr.error_codes import from_service
from quota_invoice.recognition.reading import Given, Recognition
from quota_invoice.retry import within
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

_CONNECT_SECONDS = 5.0
# The SDK would print failed connections, in lines that are no JSON; they are errors of ours anyway.
logging.getLogger("HuaweiCloud-SDK-OcrClient").addHandler(logging.NullHandler())
_TYPES = ["quota_invoice"]  # of Auto Classification's: what is not asked for is not billed


class OcrService:
    """Quota Invoice OCR and Auto Classification OCR by the official SDK.

    One instance for the life of the function's; its methods may be called by several threads, and
    raise

    - ``ImageRefused``: the service will never read this image;
    - ``ServiceRefused``: it refuses the account or the request;
    - ``ServiceUnavailable``: it did not answer in time, or not with what the contract says.

    Args:
        settings: where the service is, and how long to wait for it.
        credentials: of the first invocation.
        watch: counts the time that requests take.
    """

    def __init__(
        self, settings: Settings, credentials: Credentials, watch: Stopwatch | None = None
    ) -> None:
        self._watch = watch or Stopwatch()
        config = HttpConfig.get_default_config()
        config.ssl_ca_cert = settings.ca_file or certifi.where()
        config.allow_redirects = False  # a signed request means one address
        config.timeout = (min(_CONNECT_SECONDS, settings.ocr_timeout), settings.ocr_timeout)
        self._answer = threading.local()  # its headers; each request has a thread of its own
        self._credentials = credentials
        self._endpoint = settings.ocr_endpoint
        self._project_id = settings.project_id
        self._timeout = settings.ocr_timeout
        self._client = (
            OcrClient.new_builder()
            .with_http_config(config)
            .with_http_handler(HttpHandler().add_response_handler(self._note))
            .with_credentials(self._sdk_credentials(credentials))
            .with_endpoint(settings.ocr_endpoint)
            .build()
        )

    def use(self, credentials: Credentials) -> None:
        """Go on with the credentials of the invocation at hand: the former may have expired."""
        self._credentials = credentials
        self._client.with_credentials(self._sdk_credentials(credentials))

    def recognize(self, given: Given, seconds: float) -> Recognition:
        """Have the one quota invoice on an image read.

        Args:
            given: the image.
            seconds: until the whole answer must be there, if that is less than the settings allow.
        """
        body = QuotaInvoiceRequestBody(**given.members())
        request = RecognizeQuotaInvoiceRequest(body=body)
        return self._read(
            lambda: self._client.recognize_quota_invoice(request), seconds, of_kind=dict
        )

    def classify(self, given: Given, page: int | None, seconds: float) -> Recognition:
        """Have all quota invoices on an image, or on a page of a PDF, found and read.

        Args:
            given: the image or PDF.
            page: which page of a PDF, from 1; None for an image.
            seconds: as for ``recognize``.
        """
        body = AutoClassificationRequestBody(
            type_list=_TYPES, pdf_page_number=page, **given.members()
        )
        request = RecognizeAutoClassificationRequest(body=body)
        return self._read(
            lambda: self._client.recognize_auto_classification(request), seconds, of_kind=list
        )

    def _read(self, ask: Callable[[], Any], seconds: float, of_kind: type) -> Recognition:
        started = time.perf_counter()
        response = self._call(ask, min(seconds, self._timeout))
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        return Recognition(_result(response, of_kind), response.x_request_id, elapsed_ms)

    def _call(self, ask: Callable[[], Any], limit: float) -> Any:  # noqa: ANN401 - the SDK has no types
        # "from None" throughout: the SDKs' own messages and chains hold whatever was sent.
        try:
            with self._watch.waiting("ocr"):
                return within(limit, lambda: self._asked(ask))
        except (RequestTimeoutException, Timeout, TimeoutError):
            message = f"the OCR service gave no answer within {limit:g} s"
            raise ServiceUnavailable("Service.Timeout", message) from None
        except SslHandShakeException:
            message = "the OCR service's certificate is not to be trusted"
            raise ServiceUnavailable("Service.Certificate", message) from None
        except (ConnectionException, RequestException, OSError) as error:
            message = f"{self._endpoint} was not reached: {type(error).__name__}"
            raise ServiceUnavailable("Service.Unreachable", message) from None
        except (SdkException, ValueError, TypeError, AttributeError, RecursionError) as error:
            # The SDK takes answers apart without looking at them first.
            message = f"the OCR service's answer made no sense: {type(error).__name__}"
            raise ServiceUnavailable("Service.BadAnswer", message) from None

    def _asked(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - the SDK has no types
        """Make a request in its thread, where the headers of its answer are seen."""
        self._answer.retry_after = 0.0
        try:
            return ask()
        except ServiceResponseException as error:
            status, message = int(error.status_code or 0), self._credentials.masked(error.error_msg)
            refusal = from_service(error.error_code, message, status, error.request_id)
            refusal.retry_after = self._answer.retry_after
            raise refusal from None

    def _note(self, *, response: Response, **_: object) -> None:
        """Keep the one header of a refusal that the SDK's exceptions do not."""
        text = response.headers.get("Retry-After", "")
        self._answer.retry_after = float(text) if text.isascii() and text.isdigit() else 0.0

    def _sdk_credentials(self, credentials: Credentials) -> Any:  # noqa: ANN401 - the SDK has no types
        return BasicCredentials(
            credentials.access_key, credentials.secret_key, self._project_id
        ).with_security_token(credentials.security_token)


def _result(response: Any, of_kind: type) -> Any:  # noqa: ANN401 - the SDK has no types
    """Give the API's ``result``, an object or a list of them, as it was sent.

    The SDK's own model drops members that it does not know, and passes HTML, redirects and error
    bodies under status 200 as an answer without a result.
    """
    try:
        # JSON has no NaN: what Python would let pass here would spoil the record.
        body = response.to_json_object(parse_constant=no_constant)
    except (ValueError, AttributeError, RecursionError):
        body = None
    result = body.get("result") if isinstance(body, dict) else None
    if not isinstance(result, of_kind):
        message = f"the OCR service answered {response.status_code} without a result"
        raise ServiceUnavailable("Service.BadAnswer", message, response.x_request_id)
    return result
