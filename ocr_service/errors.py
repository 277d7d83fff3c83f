"""The error codes of the service, with HTTP status and message.

Codes and messages come from the error code pages of Huawei Cloud's OCR (AIS and ModelArts) and API
Gateway (APIG). The contract documents status 400 for failed recognition. Authentication, unknown
paths, sizes and rates have the status that HTTP defines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A documented error: ``error_code``, HTTP status and ``error_msg``."""

    code: str
    status: int
    message: str


BAD_PARAMETER = Code("AIS.0101", 400, "The input parameter is invalid.")
BAD_FORMAT = Code("AIS.0102", 400, "The image format is not supported.")
BAD_SIZE = Code("AIS.0103", 400, "The image size does not meet the requirements.")
NOT_AN_INVOICE = Code("AIS.0104", 400, "The image is not supported or the image quality is poor.")
RECOGNITION_FAILED = Code("AIS.0105", 500, "Recognition failed.")

TOKEN_WRONG = Code("ModelArts.0203", 401, "Invalid token.")
TOKEN_WITHOUT_PROJECT = Code(
    "ModelArts.0212", 401, "Invalid Token header. The Token not contain project item."
)
TOKEN_EMPTY = Code("ModelArts.4101", 401, "The token is empty.")
TOKEN_UNPARSABLE = Code("ModelArts.4102", 401, "Failed to parse the token.")
TOKEN_EXPIRED = Code("ModelArts.4103", 401, "The token is invalid: it has expired.")
BODY_TOO_LONG = Code("ModelArts.4104", 413, "The length of the request body is invalid.")
NOT_JSON = Code("ModelArts.4105", 400, "The request body is not in JSON format.")
NOT_DECLARED_JSON = Code(
    "ModelArts.4105", 415, "The request body is not in JSON format: Content-Type must say so."
)
BAD_REQUEST = Code("ModelArts.4202", 400, "The request is not valid HTTP.")
HEAD_TOO_LONG = Code("ModelArts.4202", 431, "The request's URL and headers are too long.")
WRONG_PROJECT = Code("ModelArts.4203", 403, "No permission to access this project.")
TOO_MANY_AT_ONCE = Code("ModelArts.4401", 429, "The number of concurrent requests is too large.")
BODY_TOO_SLOW = Code("ModelArts.4402", 408, "The request timed out.")
TOO_MANY_CONNECTIONS = Code("ModelArts.4403", 503, "The service is unavailable: too many callers.")
STOPPING = Code("ModelArts.4403", 503, "The service is unavailable: it is being stopped.")
INTERNAL = Code("ModelArts.4505", 500, "Internal error.")
URL_REFUSED = Code("ModelArts.4601", 400, "The URL is not allowed.")
DOWNLOAD_FAILED = Code("ModelArts.4603", 400, "Obtaining the file from the URL failed.")

NO_SUCH_API = Code(
    "APIG.0101", 404, "The API does not exist or has not been published in the environment."
)
NO_SUCH_METHOD = Code("APIG.0101", 405, "The API does not exist for this method.")
WRONG_SIGNATURE = Code("APIG.0301", 401, "Incorrect IAM authentication information")
TOO_MANY_A_MINUTE = Code("APIG.0308", 429, "The throttling threshold has been reached.")

ALL = tuple(value for value in vars().values() if isinstance(value, Code))


class ApiError(Exception):
    """An error response with ``code``; ``detail`` never contains a secret, a URL or an image."""

    def __init__(
        self, code: Code, detail: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code.code, detail)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        if code.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2: a 401 names an authentication scheme
            self.headers.setdefault("WWW-Authenticate", "SDK-HMAC-SHA256")

    def body(self) -> dict[str, str]:
        """Return the body of the error response."""
        message = self.code.message
        if self.detail:
            message = f"{message.rstrip('.')}: {self.detail}"
        return {"error_code": self.code.code, "error_msg": message}
