"""Request and response bodies of Quota Invoice OCR, for validation and the API description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ocr_service.decode.images import BASE64, MAX_BYTES
from ocr_service.errors import BAD_PARAMETER, NOT_JSON, ApiError, Code
from ocr_service.fetch import MAX_URL_LENGTH
from ocr_service.reading.invoice import QuotaInvoice

Model = TypeVar("Model", bound=BaseModel)


class SourceBody(BaseModel):
    """The image: exactly one of ``image`` and ``url``."""

    model_config = ConfigDict(strict=True)

    image: str | None = Field(
        default=None,
        description="Base64 of a JPEG, PNG, BMP or TIFF image: at most 10 MiB of characters, its "
        "narrow side at least 15 and its wide side at most 4,096 pixels.",
        json_schema_extra={
            "contentEncoding": "base64",
            "pattern": BASE64,
            "minLength": 4,
            "maxLength": MAX_BYTES,
        },
    )
    url: str | None = Field(
        default=None,
        description="HTTP or HTTPS URL of such an image, of at most 10 MiB.",
        json_schema_extra={"format": "uri", "pattern": "^https?://", "maxLength": MAX_URL_LENGTH},
    )


class QuotaInvoiceRequestBody(SourceBody):
    """Exactly one of ``image`` and ``url``."""


Confidence = Annotated[float, Field(ge=0, le=1)]


class QuotaInvoiceConfidence(BaseModel):
    """The confidence of each field, to four decimals."""

    amount: Confidence
    code: Confidence
    location: Confidence
    number: Confidence


class QuotaInvoiceResult(BaseModel):
    """The recognized fields; an unreadable field is "" with confidence 0."""

    amount: str
    code: str
    location: str
    number: str
    confidence: QuotaInvoiceConfidence

    @classmethod
    def of(cls, invoice: QuotaInvoice) -> QuotaInvoiceResult:
        """Convert an invoice from the reader."""
        fields = {name: getattr(invoice, name) for name in QuotaInvoiceConfidence.model_fields}
        sure = {name: round(float(field.confidence), 4) for name, field in fields.items()}
        texts = {name: field.text for name, field in fields.items()}
        return cls(**texts, confidence=QuotaInvoiceConfidence(**sure))


class QuotaInvoiceResponse(BaseModel):
    """The response to a successful request."""

    result: QuotaInvoiceResult


class ErrorResponse(BaseModel):
    """The response to a failed request."""

    error_code: str
    error_msg: str


def parse(model: type[Model], body: bytes) -> Model:
    """Parse a JSON body.

    Raises:
        ApiError: the body is not JSON, or a member has the wrong type.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise ApiError(_code(error.errors(include_url=False, include_input=False)[0])) from None


def _code(problem: Mapping[str, object]) -> Code:
    return NOT_JSON if problem["type"] == "json_invalid" else BAD_PARAMETER
